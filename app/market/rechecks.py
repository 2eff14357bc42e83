"""Re-checking unsold stock under today's rules: started, looked through by a worker, applied on a person's word, given up.

Invariants: of one scope one re-check runs at a time; looking changes nothing on the market; what is applied was in the
report its agency saw. A dead worker's re-check is woken where it stood.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.leads import news, sources, verticals
from app.leads.batch_states import demand_state
from app.market.recheck_slices import FIRST, next_slice
from tenants import audit, clock
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.jobs import SLOW, enqueue, job, sweep, wake
from tenants.language import N_

KEPT_FOR = timedelta(days=30)
"""How long the leads behind a report are kept; its counts stay."""
BATCH_STATES = ("checked", "staged", "published", "paused")

_START = text("""
INSERT INTO recheck (tenant_id, id, scope, batch_id, vertical, source_id, state, after_id, judged_at, created_by,
  created_at, due_at, paced_at)
VALUES (:tenant, :id, :scope, CAST(:batch AS uuid), :vertical, CAST(:source AS uuid), 'checking', :first, :now, :by,
  :now, :now, :now)
ON CONFLICT (tenant_id, scope) WHERE state IN ('checking', 'applying') DO NOTHING RETURNING id
""")
_LOCK = text("SELECT * FROM recheck WHERE tenant_id = :tenant AND id = :id FOR UPDATE")
_APPLY = text("""
UPDATE recheck SET state = 'applying', after_id = :first, judged_at = :now, due_at = :now, paced_at = :now,
  pace_rows = 0, pace_ms = 0 WHERE tenant_id = :tenant AND id = :id AND NOT EXISTS (
    SELECT FROM recheck o WHERE o.tenant_id = :tenant AND o.scope = :scope AND o.state IN ('checking', 'applying'))
RETURNING id
""")
_END = text("""
UPDATE recheck SET state = :state, failure = :failure, due_at = NULL, ended_at = :now
WHERE tenant_id = :tenant AND id = :id AND state IN ('checking', 'applying')
""")
_FORGOTTEN = text("SELECT tenant_id, id FROM recheck WHERE due_at <= :now ORDER BY due_at LIMIT 100")
_OLD = text("""
DELETE FROM recheck_lead l USING recheck r WHERE r.tenant_id = l.tenant_id AND r.id = l.recheck_id
  AND r.created_at <= :before AND r.due_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which unsold leads: those of one upload, or of a vertical, of a source, or of both; with neither, all."""

    batch_id: UUID | None = None
    vertical: str | None = None
    source_id: UUID | None = None

    @property
    def word(self) -> str:
        """The same as one word."""
        return (
            f"batch:{self.batch_id}"
            if self.batch_id
            else f"stock:{self.vertical or ''}:{self.source_id or ''}"
        )


class RecheckRunning(Refused):
    """These leads are being checked already; nothing was started."""

    status, code = 409, "recheck_running"

    def __init__(self) -> None:
        super().__init__(N_("These leads are being re-checked already."))


class WrongRecheckState(Refused):
    """The re-check is not in a state for this deed; nothing was changed."""

    status, code = 409, "wrong_state"


def start(session: Session, actor: Actor, scope: Scope) -> UUID:
    """Have unsold leads looked through by a worker under the rules of now; gives the re-check's id.

    Raises `Invalid` for an upload and more, `NotFound`, `verticals.UnknownVertical`, `WrongState` for an upload that is not
    checked, or `RecheckRunning`; then nothing was started.
    """
    tenant_id = actor.card().id
    _demand_sound(session, tenant_id, scope)
    words = {
        "tenant": tenant_id,
        "id": new_id(),
        "scope": scope.word,
        "batch": scope.batch_id,
        "vertical": scope.vertical,
        "source": scope.source_id,
        "first": FIRST,
        "by": actor.name,
        "now": clock.now(),
    }
    recheck_id = session.execute(_START, words).scalar_one_or_none()
    if recheck_id is None:
        raise RecheckRunning
    news.ask(session, actor, "recheck", recheck_id)
    enqueue(session, recheck_stock, str(tenant_id), str(recheck_id))
    audit.record(session, actor, "recheck.started", "recheck", recheck_id, detail={"scope": scope.word})
    return UUID(str(recheck_id))


def apply(session: Session, actor: Actor, recheck_id: UUID) -> None:
    """Have what the report refuses taken off the market, and flags and scores brought up to date, by a worker.

    Each lead is judged once more: what holds no longer, and what was sold meanwhile, is left alone. Raises `NotFound`,
    `WrongRecheckState` unless it is checked, or `RecheckRunning`.
    """
    found = _demand(session, actor, recheck_id, ("checked",))
    words = {
        "tenant": found.tenant_id,
        "id": recheck_id,
        "scope": found.scope,
        "first": FIRST,
        "now": clock.now(),
    }
    if session.execute(_APPLY, words).one_or_none() is None:
        raise RecheckRunning
    news.ask(session, actor, "recheck", recheck_id)
    enqueue(session, recheck_stock, str(found.tenant_id), str(recheck_id))
    audit.record(session, actor, "recheck.applied", "recheck", recheck_id)


def cancel(session: Session, actor: Actor, recheck_id: UUID) -> None:
    """Stop a re-check where it is; what was applied by then stays so. Safe to repeat.

    Raises `NotFound`, or `WrongRecheckState` when it has ended by itself.
    """
    found = _demand(session, actor, recheck_id, ("checking", "applying", "cancelled"))
    if found.state != "cancelled":
        _end(session, found.tenant_id, recheck_id, "cancelled", None)
        news.forget(session, found.tenant_id, recheck_id)
        audit.record(session, actor, "recheck.cancelled", "recheck", recheck_id)


@job(SLOW)
def recheck_stock(tenant_id: str, recheck_id: str) -> None:
    """Look through stock, or apply what was found, woken by the deed or by the sweep."""
    go_on(UUID(tenant_id), UUID(recheck_id))


@sweep(every_seconds=30)
def wake_forgotten(now: datetime) -> None:
    """Wake the re-checks whose worker died or was never woken."""
    with platform_transaction("re-checks of all agencies that nobody works on") as session:
        forgotten = session.execute(_FORGOTTEN, {"now": now}).all()
    for tenant_id, recheck_id in forgotten:
        wake(recheck_stock, str(tenant_id), str(recheck_id))


@sweep(every_seconds=3_600)
def forget_leads(now: datetime) -> None:
    """Delete the lists of leads behind old reports. Safe to repeat."""
    with platform_transaction("re-checks: the leads behind a report are kept for 30 days") as session:
        session.execute(_OLD, {"before": now - KEPT_FOR})


def go_on(tenant_id: UUID, recheck_id: UUID) -> None:
    """Slice by slice to the end, safe beside another worker.

    A fault of the program leaves it `failed`; a database that is away leaves it due, and the sweep wakes it.
    """
    try:
        while next_slice(tenant_id, recheck_id):
            pass
    except (InterfaceError, OperationalError, PoolTimeout):
        raise
    except Exception:
        with transaction(tenant_id) as session:
            _end(session, tenant_id, recheck_id, "failed", "internal_error")
        raise


def _demand_sound(session: Session, tenant_id: UUID, scope: Scope) -> None:
    if scope.batch_id and (scope.vertical or scope.source_id):
        words = N_("Choose one upload, or a vertical or source.")
        raise Invalid(words, fields={"vertical": words})
    if scope.batch_id:
        demand_state(session, tenant_id, scope.batch_id, BATCH_STATES)
    if scope.vertical and scope.vertical not in {one.code for one in verticals.current()}:
        raise verticals.UnknownVertical(N_("There is no vertical “%(vertical)s”."), vertical=scope.vertical)
    if scope.source_id and scope.source_id not in {
        one.id for one in sources.listed(session, tenant_id, has_archived=True)
    }:
        raise NotFound


def _demand(session: Session, actor: Actor, recheck_id: UUID, states: Collection[str]) -> Row[Any]:
    row = session.execute(_LOCK, {"tenant": actor.card().id, "id": recheck_id}).one_or_none()
    if row is None:
        raise NotFound
    if row.state not in states:
        raise WrongRecheckState(
            N_("This cannot be done with the re-check any more, or not yet."), state=row.state
        )
    return row


def _end(session: Session, tenant_id: UUID, recheck_id: UUID, state: str, failure: str | None) -> None:
    words = {"tenant": tenant_id, "id": recheck_id, "state": state, "failure": failure, "now": clock.now()}
    session.execute(_END, words)
