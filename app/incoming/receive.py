"""A body or a mail arrives: its connection is found, its sender proven, the body sealed and kept; a job does the rest.

Invariants: an answer of 2xx means that the body is kept; nothing is kept of a body that is refused; nothing of what is
sent is read before its address is known; a mail that is delivered again is kept once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.incoming import sender_secrets
from app.incoming.documents import JSON, MAIL, META, UnreadableBody, kind_of, parsed
from app.incoming.jobs import process_body
from app.incoming.mail.mail import LARGEST_BYTES as LARGEST_MAIL
from app.incoming.mail.mail import read_mail
from app.incoming.mail.posted import raw_mail
from app.incoming.pace import demand_pace
from app.incoming.proof_of_sender import challenge, demand_proof
from tenants import clock, crypto, jobs
from tenants.db import platform_transaction, transaction
from tenants.errors import NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_
from tenants.secret_links import fingerprint

LARGEST_BYTES = 256_000
LARGEST_POST = 2 * LARGEST_MAIL
"""A mail in a field of a form takes more room than it has bytes."""
BODY = "body"
MOST_LEADS = 200

_FIND = text("""
SELECT tenant_id, id, kind, salt, secrets_sealed FROM intake_connection WHERE token_hash = :hash AND deleted_at IS NULL
""")
_KEEP = text("""
INSERT INTO received_body (tenant_id, id, connection_id, received_at, kind, salt, body_sealed, state, due_at, own_key)
VALUES (:tenant, :id, :connection, :now, :kind, :salt, :sealed, 'pending', :now, :own_key)
ON CONFLICT (tenant_id, connection_id, own_key) WHERE own_key IS NOT NULL DO NOTHING RETURNING id
""")
_KNOWN = text(
    "SELECT id FROM received_body WHERE tenant_id = :tenant AND connection_id = :connection AND own_key = :own_key"
)


class MailTooLarge(Refused):
    """The mail is larger than is taken; nothing was kept."""

    status, code = 413, "mail_too_large"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request to a connection's address."""

    body: bytes
    mimetype: str
    signature: str = ""


def enter(token: str) -> Any:
    """The connection whose address this is. Costs little and the same for an address that is none.

    Raises `NotFound`, `TooFast`.
    """
    with platform_transaction("a secret address names its tenant") as session:
        found = session.execute(_FIND, {"hash": fingerprint(token)}).one_or_none()
    demand_pace(found.id if found else None)
    if found is None:
        raise NotFound
    return found


def receive(token: str, arrived: Arrived) -> list[UUID]:
    """Enter and keep in one."""
    return keep(enter(token), arrived)


def keep(found: Any, arrived: Arrived) -> list[UUID]:
    """Keep what arrived. The same body again is kept again: its lead is known by its id or its person.

    Raises `UnreadableBody`, `SenderUnproven`; then nothing was kept.
    """
    if found.kind == MAIL:
        raise UnreadableBody(N_("This address takes mail: add /mail to it."))
    kind = kind_of(arrived.mimetype)
    value = parsed(kind, arrived.body)
    with transaction(found.tenant_id) as session:
        demand_proof(found.kind, _secrets(session, found), arrived.body, value, arrived.signature)
        parts = _leads_of_meta(value) if found.kind == META else [(kind, arrived.body)]
        return [_keep(session, found, *part) for part in parts]


def keep_mail(found: Any, content_type: str, body: bytes) -> UUID:
    """Keep a mail, as it is or in the field of a form that a provider posts. Repeating gives what was kept first.

    Raises `NotFound` for a connection that takes no mail, `UnreadableBody`, `NoMail`; then nothing was kept.
    """
    if found.kind != MAIL:
        raise NotFound
    raw = raw_mail(content_type, body)
    if len(raw) > LARGEST_MAIL:
        raise MailTooLarge(N_("A mail may have 10 MB at most."))
    own_key = read_mail(raw).key
    with transaction(found.tenant_id) as session:
        return _keep(session, found, MAIL, raw, own_key)


def answer_challenge(token: str, query: Mapping[str, str]) -> str:
    """What proves to Meta that the address is ours. Raises `NotFound`, `SenderUnproven`."""
    found = enter(token)
    if found.kind != META:
        raise NotFound
    with transaction(found.tenant_id) as session:
        return challenge(_secrets(session, found)[0], query)


def _secrets(session: Session, found: Any) -> list[sender_secrets.Secrets]:
    vault = crypto.vault(session, found.tenant_id)
    kept = sender_secrets.opened(vault, bytes(found.salt), found.id, bytes(found.secrets_sealed))
    return sender_secrets.valid(kept, clock.now())


def _keep(session: Session, found: Any, kind: str, body: bytes, own_key: str | None = None) -> UUID:
    made, salt = new_id(), crypto.new_salt()
    sealed = crypto.vault(session, found.tenant_id).seal(salt, made, BODY, body)
    words = {"tenant": found.tenant_id, "connection": found.id, "own_key": own_key}
    new = {**words, "now": clock.now(), "kind": kind, "id": made, "salt": salt, "sealed": sealed}
    if session.execute(_KEEP, new).one_or_none() is None:
        first: UUID = session.execute(_KNOWN, words).scalar_one()
        return first
    jobs.enqueue(session, process_body, str(found.tenant_id), str(made))
    return made


def _leads_of_meta(value: object) -> list[tuple[str, bytes]]:
    """One message tells of several leads: each is kept by itself. What is no lead is none."""
    found = [
        (JSON, json.dumps({"leadgen_id": str(lead["leadgen_id"])}).encode())
        for entry in _list(value, "entry")
        for change in _list(entry, "changes")
        if isinstance(change, Mapping) and change.get("field") == "leadgen"
        if isinstance(lead := change.get("value"), Mapping) and str(lead.get("leadgen_id", "")).isdigit()
    ]
    if len(found) > MOST_LEADS:
        raise UnreadableBody(N_("The body holds too many leads."))
    return found


def _list(value: object, name: str) -> list[Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, list) else []
