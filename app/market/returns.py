"""Returns: a company's claim within the window, the agency's answer within its clock, one appeal to the operator.

A return never rewrites a sale's money: acceptance posts the mirror of its journal. While a claim is open the agency's
share stays held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.delivery.deliver import deliver
from app.delivery.payload import Event
from app.market import notices
from app.market.lead_score import story_changed
from billing import charges
from tenants import audit
from tenants.actor import SYSTEM, Actor
from tenants.db import as_platform, platform_transaction
from tenants.errors import Forbidden, Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.jobs import sweep
from tenants.language import N_

DECIDE_WITHIN = timedelta(hours=48)
"""The agency's clock; silence accepts."""
APPEAL_WITHIN = timedelta(hours=72)
"""How long after a refusal the company may appeal, once."""

BAD_FOR_ALL = ("wrong_number", "wrong_person", "no_consent", "spam")
"""Reasons that make the lead unfit for any other buyer: accepted, it leaves the market."""
REASONS = (*BAD_FOR_ALL, "duplicate", "outside_criteria")


class ReturnClosed(Refused):
    """The window has passed, the sale pays per action, or a claim was made before; nothing was written."""

    status, code = 409, "return_closed"


class AlreadyDecided(Refused):
    """The claim is no longer where this deed expects it; nothing was written."""

    status, code = 409, "already_decided"


@dataclass(frozen=True, slots=True)
class Claim:
    """Why a lead goes back."""

    reason: str
    note: str


def claim(session: Session, actor: Actor, purchase_id: UUID, why: Claim, at: datetime) -> UUID:
    """The company claims one PPL purchase back; the claim's id. The agency is told at once.

    Raises `NotFound`, `Invalid` (reason, note), `ReturnClosed`; then nothing was written.
    """
    if why.reason not in REASONS or not why.note.strip() or len(why.note) > 2000:
        raise Invalid(
            N_("Choose a reason and say in a note what happened."),
            fields={"reason": N_("Choose a reason from the list."), "note": N_("1 to 2,000 characters.")},
        )
    with as_platform(session, "a return is between two sides"):
        bought = _returnable(session, actor.card().id, purchase_id, at)
        claim_id = new_id()
        session.execute(
            _OPEN,
            {
                "id": claim_id,
                "sale": purchase_id,
                "agency": bought.agency_id,
                "company": bought.tenant_id,
                "reason": why.reason,
                "note": why.note.strip(),
                "gross": bought.net_minor + bought.vat_minor,
                "net": bought.net_minor,
                "currency": bought.currency,
                "at": at,
                "by": at + DECIDE_WITHIN,
            },
        )
        body = {"sale_id": str(purchase_id), "reason": why.reason}
        _tell(session, bought.agency_id, "return.claimed", claim_id, body, at)
        notices.tell_claim(session, bought.agency_id, why.reason, f"{at + DECIDE_WITHIN:%Y-%m-%d %H:%M} UTC")
    detail = {"reason": why.reason}
    audit.record(session, actor, "return.claimed", "purchase", purchase_id, detail=detail, at=at)
    return claim_id


_OPEN = text("""
INSERT INTO return_claim (id, sale_id, agency_id, company_id, reason, note, state, gross_minor, net_minor, currency,
  opened_at, decide_by)
VALUES (:id, :sale, :agency, :company, :reason, :note, 'open', :gross, :net, :currency, :at, :by)
""")
_BOUGHT = text("""
SELECT p.*, c.id AS claim_id FROM purchase p JOIN sale s ON s.id = p.id LEFT JOIN return_claim c ON c.sale_id = p.id
WHERE p.tenant_id = :company AND p.id = :id FOR UPDATE OF s
""")


def _returnable(session: Session, company_id: UUID, purchase_id: UUID, at: datetime) -> Row[Any]:
    bought = session.execute(_BOUGHT, {"company": company_id, "id": purchase_id}).one_or_none()
    if bought is None:
        raise NotFound
    if bought.terms != "ppl" or bought.state != "active" or bought.claim_id or bought.return_until < at:
        until = bought.return_until.isoformat()
        raise ReturnClosed(N_("This purchase can no longer be returned."), return_until=until)
    return bought


def decide(
    session: Session, actor: Actor, claim_id: UUID, *, accept: bool, answer: str, at: datetime
) -> None:
    """The agency accepts (money goes back) or refuses (the company may appeal) an open claim.

    Raises `NotFound` to strangers, `AlreadyDecided`, `Invalid` for a refusal without a reason.
    """
    if not accept and not answer.strip():
        raise Invalid(
            N_("Say why the return is refused."), fields={"answer": N_("Say why the return is refused.")}
        )
    with as_platform(session, "a return is between two sides"):
        found = _lock(session, claim_id)
        if found is None or found.agency_id != actor.tenant_id:
            raise NotFound
        if found.state != "open":
            raise AlreadyDecided(N_("This return was decided before."), state=found.state)
        if accept:
            _settle(session, found, "accepted", actor.name, answer, at)
        else:
            session.execute(
                text("""UPDATE return_claim SET state = 'refused', answered_at = :at, answer = :answer,
                answered_by = :by, appeal_until = :until WHERE id = :id"""),
                {
                    "id": claim_id,
                    "at": at,
                    "answer": answer.strip()[:2000],
                    "by": actor.name,
                    "until": at + APPEAL_WITHIN,
                },
            )
            _tell(session, found.company_id, "return.refused", claim_id, {"sale_id": str(found.sale_id)}, at)
    audit.record(session, actor, "return.accepted" if accept else "return.refused", "return", claim_id, at=at)


def appeal(session: Session, actor: Actor, claim_id: UUID, why: str, at: datetime) -> None:
    """The company takes a refusal to the operator, once, in time. Raises `NotFound`, `AlreadyDecided`, `Invalid`."""
    if not why.strip():
        raise Invalid(N_("Say why you appeal."), fields={"appeal": N_("Say why you appeal.")})
    with as_platform(session, "a return is between two sides"):
        found = _lock(session, claim_id)
        if found is None or found.company_id != actor.tenant_id:
            raise NotFound
        if found.state != "refused" or found.appeal_until < at:
            raise AlreadyDecided(N_("This return can no longer be appealed."), state=found.state)
        session.execute(
            text(
                "UPDATE return_claim SET state = 'appealed', appealed_at = :at, appeal = :why WHERE id = :id"
            ),
            {"id": claim_id, "at": at, "why": why.strip()[:2000]},
        )
    audit.record(session, actor, "return.appealed", "return", claim_id, at=at)


def decide_appeal(
    session: Session, actor: Actor, claim_id: UUID, *, uphold: bool, answer: str, at: datetime
) -> None:
    """The operator decides an appeal, finally. Raises `Forbidden`, `NotFound`, `AlreadyDecided`."""
    if actor.card().kind != "operator":
        raise Forbidden(N_("Only the operator decides appeals."))
    with as_platform(session, "the operator decides an appeal"):
        found = _lock(session, claim_id)
        if found is None:
            raise NotFound
        if found.state != "appealed":
            raise AlreadyDecided(N_("There is no open appeal."), state=found.state)
        if uphold:
            _settle(session, found, "decided", actor.name, answer, at)
        else:
            session.execute(
                text("""UPDATE return_claim SET state = 'decided', is_upheld = false, settled_at = :at,
                answer = :answer, answered_by = :by WHERE id = :id"""),
                {"id": claim_id, "at": at, "answer": answer.strip()[:2000], "by": actor.name},
            )
            _tell(
                session,
                found.company_id,
                "return.refused",
                claim_id,
                {"sale_id": str(found.sale_id), "is_final": True},
                at,
            )
    audit.record(session, actor, "appeal.decided", "return", claim_id, detail={"upheld": uphold}, at=at)


@sweep(every_seconds=60)
def accept_by_silence(now: datetime) -> None:
    """Claims whose clock ran out are accepted. Safe to repeat."""
    with platform_transaction("returns accepted by silence") as session:
        due = session.execute(
            text("""SELECT * FROM return_claim WHERE state = 'open' AND decide_by <= :now
            ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED"""),
            {"now": now},
        ).all()
        for found in due:
            _settle(session, found, "accepted", SYSTEM.name, "", found.decide_by)


def _lock(session: Session, claim_id: UUID) -> Row[Any] | None:
    return session.execute(
        text("SELECT * FROM return_claim WHERE id = :id FOR UPDATE"), {"id": claim_id}
    ).one_or_none()


_SETTLE = """
WITH sold AS (UPDATE sale SET state = 'returned' WHERE id = :sale RETURNING tenant_id, lead_id),
bought AS (UPDATE purchase SET state = 'returned' WHERE tenant_id = :company AND id = :sale),
freed AS (UPDATE slot x SET active = false FROM sold s WHERE x.lead_id = s.lead_id AND x.sale_id = :sale AND x.active
  RETURNING x.number)
SELECT s.tenant_id, s.lead_id, (SELECT count(*) FROM freed) AS freed FROM sold s
"""


def _settle(session: Session, found: Row[Any], state: str, by: str, answer: str, at: datetime) -> None:
    """Give the money back, free the slots, put the lead back on sale or take it off."""
    sold = session.execute(text(_SETTLE), {"sale": found.sale_id, "company": found.company_id}).one()
    _face(session, sold, found.reason, at)
    session.execute(
        text("""UPDATE return_claim SET state = :state, is_upheld = true, answered_at = coalesce(answered_at, :at),
        settled_at = :at, answer = coalesce(nullif(:answer, ''), answer), answered_by = :by WHERE id = :id"""),
        {"id": found.id, "state": state, "at": at, "answer": answer.strip()[:2000], "by": by},
    )
    for tenant_id in (found.company_id, found.agency_id):
        _tell(
            session,
            tenant_id,
            "sale.returned",
            found.sale_id,
            {"sale_id": str(found.sale_id), "reason": found.reason},
            at,
        )
    charges.refund(session, found.sale_id, at, by)
    story_changed(session, found.agency_id, found.company_id, found.sale_id)


def _face(session: Session, sold: Row[Any], reason: str, at: datetime) -> None:
    values = {"agency": sold.tenant_id, "lead": sold.lead_id, "freed": sold.freed, "at": at}
    session.execute(text("UPDATE listing SET slots_left = slots_left + :freed WHERE lead_id = :lead"), values)
    if reason in BAD_FOR_ALL:
        session.execute(text("UPDATE listing SET state = 'closed' WHERE lead_id = :lead"), values)
        session.execute(
            text("""UPDATE lead SET state = 'withdrawn', withdrawn_at = :at, withdrawn_for = 'quality'
            WHERE tenant_id = :agency AND id = :lead"""),
            values,
        )
        return
    session.execute(
        text("""UPDATE lead SET state = 'offered' WHERE tenant_id = :agency AND id = :lead AND state = 'sold_out'
        AND type = 'consumer' AND expires_at > :at"""),
        values,
    )
    session.execute(
        text("""UPDATE listing x SET state = 'open' FROM lead l WHERE x.lead_id = :lead AND l.tenant_id = :agency
        AND l.id = :lead AND l.state = 'offered' AND x.state = 'closed'"""),
        values,
    )


def _tell(
    session: Session, tenant_id: UUID, kind: str, subject: UUID, body: dict[str, Any], at: datetime
) -> None:
    deliver(session, tenant_id, Event(kind, subject, {**body, "at": at.isoformat()}, at))


def claims(
    session: Session, *, state: str = "", before: UUID | None = None, limit: int = 50
) -> Sequence[Row[Any]]:
    """The claims the session's tenant is a side of, newest first."""
    return session.execute(
        text("""SELECT * FROM return_claim WHERE (:state = '' OR state = :state)
        AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"""),
        {"state": state, "before": before, "limit": limit},
    ).all()
