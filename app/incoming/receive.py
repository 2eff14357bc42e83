"""A body arrives: its connection is found, its sender proven, the body sealed and kept; a job does the rest.

Invariant: an answer of 2xx means that the body is kept; nothing is kept of a body that is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.incoming.connections import FIELD
from app.incoming.documents import JSON, META, UnreadableBody, kind_of, parsed
from app.incoming.jobs import process_body
from app.incoming.proof_of_sender import challenge, demand_proof
from tenants import clock, crypto, jobs
from tenants.db import platform_transaction, transaction
from tenants.errors import NotFound
from tenants.ids import new_id
from tenants.language import N_
from tenants.secret_links import fingerprint

LARGEST_BYTES = 256_000
BODY = "body"
MOST_LEADS = 200

_FIND = text("""
SELECT tenant_id, id, kind, salt, secrets_sealed FROM intake_connection WHERE token_hash = :hash AND deleted_at IS NULL
""")
_KEEP = text("""
INSERT INTO received_body (tenant_id, id, connection_id, received_at, kind, salt, body_sealed, state, due_at)
VALUES (:tenant, :id, :connection, :now, :kind, :salt, :sealed, 'pending', :now)
""")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A request to a connection's address."""

    body: bytes
    mimetype: str
    signature: str = ""


def receive(token: str, arrived: Arrived) -> list[UUID]:
    """Keep what arrived. The same body again is kept again: its lead is known by its id or its person.

    Raises `NotFound` for an address that is none, `UnreadableBody`, `SenderUnproven`; then nothing was kept.
    """
    found = _find(token)
    kind = kind_of(arrived.mimetype)
    value = parsed(kind, arrived.body)
    with transaction(found.tenant_id) as session:
        secrets = _secrets(session, found)
        demand_proof(found.kind, secrets, arrived.body, value, arrived.signature)
        parts = _leads_of_meta(value) if found.kind == META else [(kind, arrived.body)]
        return [_keep(session, found, *part) for part in parts]


def answer_challenge(token: str, query: Mapping[str, str]) -> str:
    """What proves to Meta that the address is ours. Raises `NotFound`, `SenderUnproven`."""
    found = _find(token)
    if found.kind != META:
        raise NotFound
    with transaction(found.tenant_id) as session:
        return challenge(_secrets(session, found), query)


def _find(token: str) -> Any:
    with platform_transaction("a secret address names its tenant") as session:
        found = session.execute(_FIND, {"hash": fingerprint(token)}).one_or_none()
    if found is None:
        raise NotFound
    return found


def _secrets(session: Session, found: Any) -> dict[str, str]:
    opened = crypto.vault(session, found.tenant_id).open(
        bytes(found.salt), found.id, FIELD, bytes(found.secrets_sealed)
    )
    secrets: dict[str, str] = json.loads(opened)
    return secrets


def _keep(session: Session, found: Any, kind: str, body: bytes) -> UUID:
    made, salt = new_id(), crypto.new_salt()
    sealed = crypto.vault(session, found.tenant_id).seal(salt, made, BODY, body)
    words = {"tenant": found.tenant_id, "connection": found.id, "now": clock.now(), "kind": kind}
    session.execute(_KEEP, {**words, "id": made, "salt": salt, "sealed": sealed})
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
