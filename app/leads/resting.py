"""Putting a lead away into quarantine: what was sent is kept sealed, with the reasons why it waits and whence it came.

Invariant: nothing that names a person is kept here except sealed under a salt of its own; a lead under an
`external_id` that rests already is that lead, however often it is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import duplicates
from app.leads.intake_facts import IntakeFacts
from app.leads.targets import canonical
from app.leads.unsafe_text import without_unsafe
from tenants import clock, crypto
from tenants.crypto import Vault
from tenants.ids import new_id

ORIGINS = ("file", "api", "form", "mail", "webhook")
RESTS_FOR = timedelta(days=14)
"""How long a lead waits for somebody to look at it; then it is deleted."""
AWAITING_CONFIRMATION = "awaiting_confirmation"
"""The person has not yet confirmed their address: only their confirmation lets the lead go on."""
FIELD, CAME = "quarantined", "came"
"""The field names that the values of a resting lead, and whence it came, are sealed under."""

_REST = text("""
INSERT INTO quarantined_lead (tenant_id, id, vertical, lead_type, source_id, country, legal_basis, consent_text_id,
  addressee_id, max_sales, external_id, origin, origin_id, line, reasons, sealed, came_sealed, state, rested_at,
  expires_at)
VALUES (:tenant, :id, :vertical, :lead_type, :source_id, :country, :legal_basis, CAST(:consent_text_id AS uuid),
  CAST(:addressee_id AS uuid), CAST(:max_sales AS bigint), :external_id, :origin, CAST(:origin_id AS uuid),
  CAST(:line AS bigint), :reasons, :sealed, :came_sealed, 'resting', :now, :expires)
ON CONFLICT (tenant_id, external_id) WHERE state = 'resting' AND external_id IS NOT NULL DO NOTHING
""")
_SALT = text("INSERT INTO quarantine_salt (tenant_id, quarantined_id, salt) VALUES (:tenant, :id, :salt)")
_RESTING = text("""
SELECT external_id, id FROM quarantined_lead
WHERE tenant_id = :tenant AND state = 'resting' AND external_id = ANY(:external_ids)
""")


@dataclass(frozen=True, slots=True)
class Origin:
    """By which way a lead came in (one of `ORIGINS`), and the file, form or rule it came by.

    `came` is what has to stand beside the lead once it is one; until then it rests sealed with it.
    """

    kind: str
    id: UUID | None = None
    came: Mapping[str, object] | None = None


BY_API = Origin("api")


@dataclass(frozen=True, slots=True)
class Resting:
    """A lead to put away: its values as `intake.take` takes them, why it waits, and the line of its file."""

    values: Mapping[str, object]
    reasons: Sequence[str]
    line: int | None = None


def rest(
    session: Session,
    tenant_id: UUID,
    values: Mapping[str, object],
    facts: IntakeFacts,
    reasons: Sequence[str],
    origin: Origin,
) -> UUID:
    """Put one lead away; gives its id in the quarantine. `facts` must be sound (`intake_facts.demand_sound`).

    Repeating with the same `external_id` gives the id it rests under already.
    """
    (found,) = _keep(
        session, crypto.vault(session, tenant_id), facts, origin, [Resting(values, tuple(reasons))]
    )
    return found


def rest_rows(
    session: Session, vault: Vault, batch_id: UUID, facts: IntakeFacts, rows: Sequence[Resting]
) -> list[UUID]:
    """Put rows of a file away, a block at a time, in the transaction that counts them; one id for each, in order.

    A row whose `external_id` rests already gets that lead's id: the caller counts it as a duplicate.
    """
    return _keep(session, vault, facts, Origin("file", batch_id), rows)


def opened(vault: Vault, row: Any) -> dict[str, object]:
    """The values of a resting lead; `row` has its `id`, `salt` and `sealed`."""
    values: dict[str, object] = orjson.loads(vault.open(bytes(row.salt), row.id, FIELD, bytes(row.sealed)))
    return values


def _keep(
    session: Session, vault: Vault, facts: IntakeFacts, origin: Origin, leads: Sequence[Resting]
) -> list[UUID]:
    if origin.kind not in ORIGINS:
        raise ValueError(f"no way in is called {origin.kind}")
    if not leads:
        return []
    known = _known(session, vault.tenant_id, [_external_id(one) for one in leads])
    new: list[dict[str, Any]] = []
    found = []
    for one in leads:
        external_id = _external_id(one)
        lead_id = known.get(external_id)
        if lead_id is None:
            new.append(_row(vault, facts, origin, one))
            lead_id = new[-1]["id"]
            if external_id is not None:
                known[external_id] = lead_id
        found.append(lead_id)
    if new:
        session.execute(_REST, new)
        session.execute(_SALT, new)
    return found


def _known(session: Session, tenant_id: UUID, external_ids: Sequence[str | None]) -> dict[str | None, UUID]:
    named = sorted({one for one in external_ids if one is not None})
    if not named:
        return {}
    # two senders of one external_id: the second waits here, and then finds the first one's row
    told_by = [key for one in named for key in duplicates.told_apart(one)]
    duplicates.lock_leads(session, tenant_id, told_by)
    words = {"tenant": tenant_id, "external_ids": named}
    return {row.external_id: row.id for row in session.execute(_RESTING, words)}


def _external_id(lead: Resting) -> str | None:
    written = next((one for name, one in lead.values.items() if canonical(name) == "external_id"), None)
    return str(written).strip() or None if written is not None else None


def _row(vault: Vault, facts: IntakeFacts, origin: Origin, lead: Resting) -> dict[str, Any]:
    lead_id, salt, now = new_id(), crypto.new_salt(), clock.now()
    return {
        "tenant": vault.tenant_id,
        "id": lead_id,
        "vertical": facts.vertical,
        "lead_type": facts.lead_type,
        "source_id": facts.source_id,
        "country": facts.country,
        "legal_basis": facts.legal_basis,
        "consent_text_id": facts.consent_text_id,
        "addressee_id": facts.addressee_id,
        "max_sales": facts.max_sales,
        "external_id": _external_id(lead),
        "origin": origin.kind,
        "origin_id": origin.id,
        "line": lead.line,
        "reasons": list(lead.reasons),
        "sealed": vault.seal(salt, lead_id, FIELD, orjson.dumps(without_unsafe(dict(lead.values)))),
        "came_sealed": vault.seal(salt, lead_id, CAME, orjson.dumps(origin.came)) if origin.came else None,
        "salt": salt,
        "now": now,
        "expires": now + RESTS_FOR,
    }
