"""How many people come to a form, begin it, send it: without a cookie and without knowing who they are.

Invariants: a visitor is counted once a day by a hash under a salt that is random, never written to disk by us, and
forgotten after a day, so that nobody can be found again. Without Valkey people are counted at every visit, never refused.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.forms.origin import Visitor
from tenants import jobs

VISIT, START, SUBMIT, LEAD = "visit", "start", "submit", "lead"
STEPS = (VISIT, START, SUBMIT, LEAD)
DUPLICATE, AWAITING, CONFIRMED = "duplicate", "awaiting", "confirmed"
QUARANTINED, SUPPRESSED = "quarantined", "suppressed"
TRAPPED, REPLAYED, TOO_FAST, TOO_OLD, TOO_MANY = "trapped", "replayed", "too_fast", "too_old", "too_many"
REFUSED = (TRAPPED, REPLAYED, TOO_FAST, TOO_OLD, TOO_MANY, "link_in_name", "disposable_email")
"""Why something was not taken."""
DAYS = 30
"""Figures are of so many days, today with them."""
_A_DAY = 86_400
_MACHINE = re.compile(r"bot\b|bot/|crawl|spider|preview|monitor|headlesschrome-lighthouse", re.IGNORECASE)

_COUNT = text("""
INSERT INTO form_count (tenant_id, form_id, day, kind, times) VALUES (:tenant, :form, :day, :kind, 1)
ON CONFLICT (tenant_id, form_id, day, kind) DO UPDATE SET times = form_count.times + 1
""")
_DAYS = text("""
SELECT day, kind, times FROM form_count WHERE tenant_id = :tenant AND form_id = :form AND day >= :since ORDER BY day
""")
_TOTALS = text("""
SELECT form_id, kind, sum(times)::bigint AS times FROM form_count WHERE tenant_id = :tenant AND day >= :since
GROUP BY form_id, kind
""")


@dataclass(frozen=True, slots=True)
class Counts:
    """A form's figures over some days."""

    times: dict[str, int]

    def of(self, kind: str) -> int:
        """How often; 0 for what never happened."""
        return self.times.get(kind, 0)

    @property
    def conversion(self) -> float | None:
        """Leads by visit."""
        return self.of(LEAD) / self.of(VISIT) if self.of(VISIT) else None

    @property
    def bounce(self) -> float | None:
        """Visitors who left without a beginning."""
        return max(0.0, 1 - self.of(START) / self.of(VISIT)) if self.of(VISIT) else None

    @property
    def refused(self) -> dict[str, int]:
        """What was not taken, by reason."""
        return {kind: self.of(kind) for kind in REFUSED if self.of(kind)}


def count(session: Session, tenant_id: UUID, form_id: UUID, kind: str, day: date) -> None:
    """One more of a kind on this day."""
    session.execute(_COUNT, {"tenant": tenant_id, "form": form_id, "kind": kind, "day": day})


def local_day(at: datetime, zone: str) -> date:
    """The agency's day of an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def first_day(now: datetime, zone: str) -> date:
    """The first of the days whose figures are shown."""
    return local_day(now, zone) - timedelta(days=DAYS - 1)


def is_new_visitor(form_id: UUID, visitor: Visitor, day: date) -> bool:
    """Whether a person comes to the form for the first time this day; programs never do."""
    if _MACHINE.search(visitor.agent):
        return False
    try:
        mark = fleeting_mark(visitor, day)
        seen = f"floe:form:{form_id}:{day}"
        is_new = bool(jobs.connection().sadd(seen, mark))
        jobs.connection().expire(seen, 2 * _A_DAY)
    except RedisError:
        return True
    return is_new


def is_first_start(submission_id: UUID) -> bool:
    """Whether this opened form is begun for the first time: its page may tell us more than once."""
    try:
        return bool(jobs.connection().set(f"floe:form-start:{submission_id}", 1, nx=True, ex=_A_DAY))
    except RedisError:
        return False


def fleeting_mark(visitor: Visitor, day: date) -> str:
    """The same for the same IP and browser on one day, and for nobody on the next."""
    store, name = jobs.connection(), f"floe:visitor-salt:{day}"
    store.set(name, secrets.token_hex(16), nx=True, ex=_A_DAY + 3_600)
    salt = store.get(name)
    said = f"{visitor.ip}\0{visitor.agent}".encode()
    return hashlib.blake2b(said, key=bytes(salt or b"")[:64], digest_size=12).hexdigest()  # type: ignore[arg-type]


def by_day(session: Session, tenant_id: UUID, form_id: UUID, since: date) -> dict[date, Counts]:
    """The days on which anything happened, oldest first."""
    days: dict[date, dict[str, int]] = {}
    for row in session.execute(_DAYS, {"tenant": tenant_id, "form": form_id, "since": since}):
        days.setdefault(row.day, {})[row.kind] = row.times
    return {day: Counts(times) for day, times in days.items()}


def by_form(session: Session, tenant_id: UUID, since: date) -> dict[UUID, Counts]:
    """Each form's figures since a day."""
    forms: dict[UUID, dict[str, int]] = {}
    for row in session.execute(_TOTALS, {"tenant": tenant_id, "since": since}):
        forms.setdefault(row.form_id, {})[row.kind] = row.times
    return {form_id: Counts(times) for form_id, times in forms.items()}


def total(days: dict[date, Counts]) -> Counts:
    """All days together."""
    kinds = {kind for one in days.values() for kind in one.times}
    return Counts({kind: sum(one.of(kind) for one in days.values()) for kind in kinds})
