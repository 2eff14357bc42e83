"""The record Stripe keeps of a company that pays: made once, found again by what was stored here.

Invariant: no person's data is sent, only the company's name and our id of it. A lost answer costs nothing but a second
record at Stripe, so each attempt has a key of its own: a failure that Stripe stored is never given back.
"""

import json

from sqlalchemy import text

from billing.stripe.gateway import gateway
from tenants import clock
from tenants.actor import TenantCard
from tenants.db import transaction
from tenants.ids import new_id

_ROUTE, _KEY = "stripe_customer", "payer"

_FIND = text(
    "SELECT response ->> 'id' FROM idempotency WHERE tenant_id = :tenant AND route = :route AND key = :key"
)
_KEEP = text("""
INSERT INTO idempotency (tenant_id, route, key, request_hash, response, created_at)
VALUES (:tenant, :route, :key, :hash, CAST(:response AS jsonb), :at) ON CONFLICT DO NOTHING
""")


def customer_of(card: TenantCard) -> str:
    """The company's customer id at Stripe; made on the first call. A network deed: never inside a transaction.

    Repeating is safe: a stored id is used again.
    """
    where = {"tenant": card.id, "route": _ROUTE, "key": _KEY}
    with transaction(card.id) as session:
        known = session.execute(_FIND, where).scalar()
    if known is not None:
        return str(known)
    made = gateway().create_customer(str(new_id()), None, card.name, {"tenant": str(card.id)})
    answer = json.dumps({"id": made.id})
    with transaction(card.id) as session:
        session.execute(_KEEP, {**where, "hash": b"", "response": answer, "at": clock.now()})
    return made.id
