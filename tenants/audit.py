"""Who did what to what, when, and to how many: the record a tenant can read and nobody can change.

Invariant: a record is written in the transaction of the deed, so that neither exists without the other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import clock
from tenants.actor import Actor
from tenants.ids import new_id

_RECORD = text("""
INSERT INTO audit (tenant_id, id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, count, detail)
VALUES (:tenant, :id, :at, :kind, :actor, :name, :action, :type, :subject, :count, CAST(:detail AS jsonb))
""")

_READ = text("""
SELECT id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, count, detail FROM audit
WHERE tenant_id = :tenant AND (CAST(:older AS uuid) IS NULL OR id < :older)
  AND (CAST(:actor AS uuid) IS NULL OR actor_id = :actor)
  AND (CAST(:subject AS uuid) IS NULL OR subject_id = :subject)
  AND (CAST(:actions AS text[]) IS NULL OR action = ANY(:actions))
  AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
ORDER BY id DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Record:
    """One deed."""

    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    action: str
    subject_type: str
    subject_id: UUID | None
    count: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records to read; nothing named means all."""

    actor_id: UUID | None = None
    subject_id: UUID | None = None
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: UUID | None,
    *,
    count: int = 1,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    tenant_id: UUID | None = None,
) -> None:
    """Write one deed into the caller's transaction.

    It belongs to the actor's tenant, or to `tenant_id` when somebody else did it to that tenant (the operator, the
    system). `action` is a word of the deed such as "key.created"; `detail` holds no personal data and no secrets.
    """
    owner = tenant_id or actor.tenant_id
    if owner is None:
        raise ValueError(f"whose record is {action}? Name the tenant")
    session.execute(
        _RECORD,
        {
            "tenant": owner,
            "id": new_id(),
            "at": at or clock.now(),
            "kind": actor.kind,
            "actor": actor.id,
            "name": actor.name,
            "action": action,
            "type": subject_type,
            "subject": subject_id,
            "count": count,
            "detail": json.dumps(dict(detail or {}), default=str),
        },
    )


def read(
    session: Session, tenant_id: UUID, wanted: Wanted, *, older_than: UUID | None = None, limit: int = 50
) -> list[Record]:
    """A page of records, newest first; the next page is `older_than` the last id of this one."""
    rows = session.execute(
        _READ,
        {
            "tenant": tenant_id,
            "older": older_than,
            "actor": wanted.actor_id,
            "subject": wanted.subject_id,
            "actions": list(wanted.actions) or None,
            "since": wanted.since,
            "until": wanted.until,
            "limit": limit,
        },
    )
    return [Record(*row) for row in rows]


def actions(session: Session, tenant_id: UUID) -> list[str]:
    """The deeds that occur in this tenant's records, for a filter."""
    found = session.execute(_ACTIONS, {"tenant": tenant_id})
    return list(found.scalars())


_ACTIONS = text("SELECT DISTINCT action FROM audit WHERE tenant_id = :tenant ORDER BY action")
