"""Telling what became of a bought lead: an append-only fact of the company, with type and time copied to the agency.

The deal's value and the note stay with the company. A billable outcome of a PPA purchase becomes an action.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.market.lead_score import story_changed
from app.market.terms import ACTIONS
from app.outcomes import settle
from app.outcomes.actions import Happened, can_bill, open_action
from billing.money import demand_currency
from tenants import audit, crypto
from tenants.actor import SYSTEM, Actor
from tenants.db import as_platform
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

TYPES = ("contacted", "call", "consultation", "qualified", "purchase", "rejected")
REJECT_REASONS = (
    "not_reached",
    "not_interested",
    "outside_criteria",
    "no_money",
    "bought_elsewhere",
    "other",
)
REPEAT_AFTER = timedelta(hours=24)
"""Without an event id of the reporter, the same type again within this time is taken for a mistake."""
BILLABLE_CALL_SECONDS = 60
"""A call counts as an action when it was spoken for at least this long; without a length it counts."""


class Repeated(Refused):
    """The same outcome was reported within 24 hours; say `repeat` if it is another one. Nothing was written."""

    status, code = 409, "repeated_outcome"


class CorrectionNeedsConsent(Refused):
    """The outcome was billed: only the agency can give that money back. Nothing was written."""

    status, code = 409, "correction_needs_consent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened. `external_id` is the reporter's own event id; `seconds` the length of a call."""

    type: str
    at: datetime
    external_id: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    seconds: int | None = None
    reason: str | None = None
    note: str = ""
    corrects_id: UUID | None = None
    repeat: bool = False


def report(session: Session, actor: Actor, purchase_id: UUID, what: Outcome, at: datetime) -> UUID:
    """Record an outcome of one of the company's purchases; its id. The same `external_id` again gives the first id.

    Raises `NotFound`, `Invalid`, `Repeated`, `CorrectionNeedsConsent`; then nothing was written. A late outcome is
    recorded and flagged, and bills nothing.
    """
    _demand_sound(what, at)
    company_id = actor.card().id
    with as_platform(session, "an outcome is told to both sides"):
        bought = session.execute(
            text("""SELECT s.*, s.tenant_id AS agency_id FROM sale s JOIN purchase p ON p.tenant_id = s.company_id
            AND p.id = s.id WHERE s.company_id = :company AND s.id = :id FOR UPDATE OF s"""),
            {"company": company_id, "id": purchase_id},
        ).one_or_none()
        if bought is None:
            raise NotFound
        known = _known(session, bought, what, at)
        if known is not None:
            return known
        if what.at < bought.sold_at - timedelta(minutes=10):
            sentence = N_("This happened before the lead was bought.")
            raise Invalid(sentence, fields={"at": sentence})
        outcome_id = _write(session, actor, bought, what, at)
        _follow(session, bought, what, outcome_id, at)
        story_changed(session, bought.agency_id, company_id, purchase_id)
    audit.record(session, actor, f"outcome.{what.type}", "purchase", purchase_id, at=at)
    return outcome_id


def _demand_sound(what: Outcome, at: datetime) -> None:
    wrong = {}
    if what.type not in TYPES:
        wrong["type"] = N_("Choose what became of the lead.")
    if what.at > at + timedelta(minutes=10):
        wrong["at"] = N_("This time lies in the future.")
    if what.value_minor is not None and not 0 <= what.value_minor <= 10**13:
        wrong["value_minor"] = N_("Write zero or more.")
    if what.type == "rejected" and what.reason not in REJECT_REASONS:
        wrong["reason"] = N_("Choose a reason from the list.")
    if what.seconds is not None and not 0 <= what.seconds <= 86_400:
        wrong["seconds"] = N_("A call lasts from 0 to 86,400 seconds.")
    if wrong:
        raise Invalid(N_("Please correct the marked fields."), fields=wrong)
    if what.value_minor is not None:
        demand_currency(what.currency or "EUR")


def _known(session: Session, bought: Row[Any], what: Outcome, at: datetime) -> UUID | None:
    if what.external_id:
        found = session.execute(
            text("""SELECT id FROM outcome WHERE tenant_id = :tenant AND purchase_id = :purchase
            AND external_id = :external"""),
            {"tenant": bought.company_id, "purchase": bought.id, "external": what.external_id},
        ).scalar()
        return UUID(str(found)) if found else None
    if what.repeat or what.corrects_id:
        return None
    again = session.execute(
        text("""SELECT 1 FROM outcome WHERE tenant_id = :tenant AND purchase_id = :purchase AND type = :type
        AND reported_at > :since LIMIT 1"""),
        {"tenant": bought.company_id, "purchase": bought.id, "type": what.type, "since": at - REPEAT_AFTER},
    ).scalar()
    if again:
        raise Repeated(
            N_("This was reported within the last 24 hours. If it happened again, say so."), type=what.type
        )
    return None


_WRITE = text("""
WITH told AS (
  INSERT INTO outcome (tenant_id, id, purchase_id, type, at, reported_at, reporter, external_id, value_minor, currency,
    seconds, reason, note_sealed, corrects_id, is_late)
  VALUES (:tenant, :id, :purchase, :type, :happened, :at, :reporter, :external, :value, :currency, :seconds, :reason,
    :note, :corrects, :is_late)
), copied AS (
  INSERT INTO sale_outcome (tenant_id, id, sale_id, type, at, reported_at, corrects_id)
  VALUES (:agency, :id, :purchase, :type, :happened, :at, :corrects))
UPDATE purchase SET last_outcome = CASE WHEN last_outcome_at > :happened THEN last_outcome ELSE :type END,
  last_outcome_at = greatest(last_outcome_at, :happened),
  accepted_at = CASE WHEN :type IN ('contacted', 'qualified') THEN coalesce(accepted_at, :happened) ELSE accepted_at END,
  stage = CASE WHEN :type IN ('contacted', 'qualified') AND stage IN ('RQL', 'MQL') THEN 'SAL' ELSE stage END
WHERE tenant_id = :tenant AND id = :purchase
""")


def _write(session: Session, actor: Actor, bought: Row[Any], what: Outcome, at: datetime) -> UUID:
    outcome_id = new_id()
    note = None
    if what.note.strip():
        salt = crypto.new_salt()
        vault = crypto.vault(session, bought.company_id)
        note = salt + vault.seal(salt, outcome_id, "note", what.note.strip()[:4000].encode())
    if what.corrects_id:
        _demand_correctable(session, bought, what.corrects_id)
    session.execute(
        _WRITE,
        {
            "tenant": bought.company_id,
            "agency": bought.agency_id,
            "id": outcome_id,
            "purchase": bought.id,
            "type": what.type,
            "happened": what.at,
            "at": at,
            "reporter": actor.name,
            "external": what.external_id or None,
            "value": what.value_minor,
            "currency": (what.currency or "EUR") if what.value_minor is not None else None,
            "seconds": what.seconds,
            "reason": what.reason,
            "note": note,
            "corrects": what.corrects_id,
            "is_late": what.at > bought.bills_until or at > bought.report_until,
        },
    )
    return outcome_id


def _demand_correctable(session: Session, bought: Row[Any], corrects_id: UUID) -> None:
    old = session.execute(
        text("""SELECT o.id, a.captured_at FROM outcome o LEFT JOIN action a ON a.outcome_id = o.id
        WHERE o.tenant_id = :tenant AND o.purchase_id = :purchase AND o.id = :id"""),
        {"tenant": bought.company_id, "purchase": bought.id, "id": corrects_id},
    ).one_or_none()
    if old is None:
        raise NotFound(N_("There is no such outcome to correct."))
    if old.captured_at:
        raise CorrectionNeedsConsent(
            N_("This outcome was billed. Ask the agency to agree to the correction.")
        )


def _follow(session: Session, bought: Row[Any], what: Outcome, outcome_id: UUID, at: datetime) -> None:
    if what.corrects_id:
        _drop_action(session, what.corrects_id, at)
    if bought.terms != "ppa":
        return
    if what.type == "rejected":
        settle.close_sale(session, bought, f"rejected:{outcome_id}", at)
    elif what.type in ACTIONS and _counts(what):
        happened = Happened(what.type, what.at, outcome_id)
        if can_bill(bought, happened, at):
            open_action(session, bought, happened, "company", at)


def _drop_action(session: Session, outcome_id: UUID, at: datetime) -> None:
    found = session.execute(
        text("SELECT * FROM action WHERE outcome_id = :id AND state = 'pending' FOR UPDATE"),
        {"id": outcome_id},
    ).one_or_none()
    if found is not None:
        settle.end(session, found, "withdrawn", "corrected", SYSTEM.name, at)


def _counts(what: Outcome) -> bool:
    return what.type != "call" or what.seconds is None or what.seconds >= BILLABLE_CALL_SECONDS
