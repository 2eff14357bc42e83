"""Buying: one order, one transaction, one typed answer per lead.

Lock order, the same for every purchase: idempotency key, leads by id, persons, sales, deliveries, ledger, and the
company's wallet last. Nothing here talks to a network. An order repeated with its key buys once.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.market import announce, candidates, record
from app.market.hand_over import Buyer, hand_over, open_lead
from app.market.judge import Verdict, judge
from app.market.record import Buying, NewSale
from app.market.terms import (
    MOST_ITEMS,
    SENTENCES,
    Answer,
    Item,
    KeyReused,
    NotAllSold,
    Order,
    Receipt,
    Result,
    Terms,
    receipt_from_json,
)
from billing import charges, ledger
from billing.charges import Parties
from billing.money import DEFAULT_CURRENCY
from billing.tax import tax
from tenants import crypto
from tenants.actor import Actor
from tenants.approval import require_approved
from tenants.db import as_platform
from tenants.errors import Forbidden, Invalid
from tenants.ids import new_id

ROUTE = "purchase"

_CLAIM = text("""
INSERT INTO idempotency (tenant_id, route, key, request_hash, created_at)
VALUES (:tenant, :route, :key, :hash, :at) ON CONFLICT DO NOTHING RETURNING true
""")
_STORED = text("""
SELECT request_hash, response FROM idempotency WHERE tenant_id = :tenant AND route = :route AND key = :key
""")
_ANSWER = text("""
WITH audited AS (
  INSERT INTO audit (tenant_id, id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, count)
  VALUES (:tenant, :audit_id, :at, :actor_kind, :actor_id, :actor_name, 'leads.bought', 'order', :order_id, :count))
UPDATE idempotency SET response = CAST(:response AS jsonb)
WHERE tenant_id = :tenant AND route = :route AND key = :key
""")
_FORGET = text("DELETE FROM idempotency WHERE tenant_id = :tenant AND route = :route AND key = :key")


def buy(session: Session, actor: Actor, order: Order, at: datetime) -> Receipt:
    """Buy leads for the actor's company: debit its wallet (PPL) or hold the action prices (PPA).

    Every item gets its own answer; what can be sold is sold. Raises, having written nothing: `InsufficientFunds` if
    the wallet does not cover everything that could be sold, `NotAllSold` if `all_or_nothing` was asked, `KeyReused`
    if the key came with other items, `NotApproved`, `Invalid`.
    """
    company_id = _demand_company(actor, order)
    claim = {"tenant": company_id, "route": ROUTE, "key": order.key, "hash": _hash(order), "at": at}
    if session.execute(_CLAIM, claim).scalar() is None:
        return _replay(session, claim)
    with as_platform(session, "a purchase has two sides"):
        receipt = _sell(session, actor, order, at)
    bought = sum(result.answer is Answer.SOLD for result in receipt.results)
    if not bought:
        session.execute(_FORGET, claim)
        return receipt
    session.execute(
        _ANSWER,
        {
            **claim,
            "audit_id": new_id(),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "order_id": receipt.order_id,
            "count": bought,
            "response": json.dumps(receipt.as_json()),
        },
    )
    return receipt


def _demand_company(actor: Actor, order: Order) -> UUID:
    if actor.tenant is None or actor.tenant.kind != "company":
        raise Forbidden("Only companies buy leads.")
    require_approved(actor.tenant)
    leads = {item.lead_id for item in order.items}
    if not order.items or len(order.items) > MOST_ITEMS or len(leads) != len(order.items):
        raise Invalid(
            f"An order has 1 to {MOST_ITEMS} different leads.", fields={"items": "1..200, different"}
        )
    if not 1 <= len(order.key) <= 255:
        raise Invalid("An idempotency key has 1 to 255 characters.", fields={"key": "1..255 characters"})
    return actor.tenant.id


def _hash(order: Order) -> bytes:
    asked = [(str(i.lead_id), i.terms, i.mode, i.max_net_minor) for i in order.items]
    return hashlib.sha256(json.dumps([asked, order.all_or_nothing]).encode()).digest()


def _replay(session: Session, claim: dict[str, Any]) -> Receipt:
    stored = session.execute(_STORED, claim).one()
    if bytes(stored.request_hash) != claim["hash"]:
        raise KeyReused("This idempotency key was used for another order.", key=claim["key"])
    return receipt_from_json(stored.response)


def _sell(session: Session, actor: Actor, order: Order, at: datetime) -> Receipt:
    company_id = actor.tenant_id
    assert company_id is not None  # noqa: S101 (checked by _demand_company)
    sides = candidates.parties(session, company_id)
    vault = crypto.unwrap(company_id, bytes(sides.wrapped))
    buyer = Buyer(sides.name, sides.shows_name, vault, tax(sides.country, sides.operator_country))
    items = {item.lead_id: item for item in order.items}
    leads = candidates.lock_leads(session, company_id, items)
    opened = {lead.id: open_lead(lead, vault) for lead in leads if lead.sealed is not None}
    persons = {(lead.vertical, blind) for lead in leads if lead.id in opened for blind in opened[lead.id][1]}
    candidates.lock_persons(session, company_id, persons)
    taken = candidates.read_taken(session, company_id, list(items), persons, at)
    verdicts = {lead.id: _decide(items[lead.id], lead, opened, taken, at) for lead in leads}
    buying = Buying(new_id(), company_id, actor.id, buyer.tax, at)
    sales = [
        hand_over(items[lead.id], lead, verdicts[lead.id], opened[lead.id], buyer)
        for lead in leads
        if verdicts[lead.id].answer is Answer.SOLD
    ]
    receipt = _receipt(order, verdicts, sales, buying.order_id)
    if order.all_or_nothing and len(sales) < len(order.items):
        raise NotAllSold(
            "Not every lead could be bought, so none was.", items=[r.as_json() for r in receipt.results]
        )
    if sales:
        record.write(session, sales, buying)
        announce.sold(session, sales, buying)
        _charge(session, sales, buying, sides.operator_id, actor)
    return receipt


def _decide(item: Item, lead: Any, opened: dict[UUID, Any], taken: candidates.Taken, at: datetime) -> Verdict:
    if lead.id in taken.mine:
        return Verdict(Answer.ALREADY_YOURS)
    slots = taken.slots.get(lead.id, set())
    verdict = judge(item, lead, slots, was_ever_sold=lead.id in taken.ever, at=at)
    if verdict.answer is not Answer.SOLD:
        return verdict
    persons = {(lead.vertical, blind) for blind in opened[lead.id][1]}
    if persons & taken.persons:
        return Verdict(Answer.DUPLICATE_PERSON)
    taken.persons.update(persons)
    return verdict


def _receipt(
    order: Order, verdicts: dict[UUID, Verdict], sales: Sequence[NewSale], order_id: UUID
) -> Receipt:
    sold = {sale.lead.id: sale for sale in sales}
    results = []
    for item in order.items:
        verdict = verdicts.get(item.lead_id, Verdict(Answer.GONE))
        sale = sold.get(item.lead_id)
        results.append(
            Result(
                item.lead_id,
                verdict.answer,
                sale.id if sale else None,
                verdict.net_minor,
                sale.amount.gross if sale else None,
            )
        )
    return Receipt(order_id, DEFAULT_CURRENCY, tuple(results))


def _charge(
    session: Session, sales: Sequence[NewSale], buying: Buying, operator_id: UUID, actor: Actor
) -> None:
    journals, holds = [], {}
    for sale in sales:
        between = Parties(buying.company_id, sale.lead.agency_id, operator_id, sale.lead.currency)
        if sale.item.terms is Terms.PPA:
            holds[sale.id] = sale.amount.gross
            journals.append(charges.hold_journal(sale.id, between, sale.amount.gross, buying.at, actor.name))
        elif charge := charges.sale_journal(sale.id, between, sale.amount, buying.at, actor.name):
            journals.append(charge)
    charges.add_holds(session, buying.company_id, DEFAULT_CURRENCY, holds, buying.at)
    ledger.post(session, journals)


def sentence(result: Result) -> str:
    """What to tell the person about one item."""
    return SENTENCES[result.answer]
