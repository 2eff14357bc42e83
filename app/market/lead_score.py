"""The score of a lead now and why, for its agency and for a company that bought it: facts, rules and what happened since.

Invariants: a company's copy is explained by the rules and facts it was sold under; what the agency's rules say of its own
sources is not told to the buyer, only that such a rule counted. Each side sees what it may know of the story.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import verticals
from app.leads.scoring import books
from app.leads.scoring.facts import Known, age_days, known_of
from app.leads.scoring.passing import Scored, watch
from app.leads.scoring.points import Scorer
from app.leads.scoring.rules import read
from app.leads.scoring.shipped import shipped
from app.leads.scoring.why import Why, explain
from tenants import clock
from tenants.db import as_platform, platform_transaction, transaction
from tenants.errors import NotFound
from tenants.jobs import FAST, enqueue, job, sweep, wake

_LEAD = text("""
SELECT l.*, s.channel FROM lead l JOIN source s ON s.tenant_id = l.tenant_id AND s.id = l.source_id
WHERE l.tenant_id = :tenant AND l.id = :id
""")
_COPY = text("""
SELECT p.*, l.signals, l.source_id, l.sub_id, l.consent_at, l.consent_text_id, l.consent_origin, r.rules
FROM purchase p JOIN lead l ON l.tenant_id = p.agency_id AND l.id = p.lead_id
LEFT JOIN scoring_rules r ON r.tenant_id = p.agency_id AND r.vertical = p.vertical AND r.version = p.score_version
WHERE p.tenant_id = :tenant AND p.id = :id
""")
_OF_LEAD = text("""
SELECT o.type, o.at, o.reported_at FROM sale_outcome o JOIN sale s ON s.tenant_id = o.tenant_id AND s.id = o.sale_id
WHERE s.tenant_id = :tenant AND s.lead_id = :id AND NOT EXISTS (
  SELECT FROM sale_outcome c WHERE c.tenant_id = o.tenant_id AND c.sale_id = o.sale_id AND c.corrects_id = o.id)
UNION ALL
SELECT 'returned', c.settled_at, c.settled_at FROM return_claim c JOIN sale s ON s.id = c.sale_id
WHERE s.tenant_id = :tenant AND s.lead_id = :id AND c.is_upheld
""")
_OF_COPY = text("""
SELECT o.type, o.at, o.reported_at FROM outcome o
WHERE o.tenant_id = :tenant AND o.purchase_id = :id AND NOT EXISTS (
  SELECT FROM outcome c WHERE c.tenant_id = o.tenant_id AND c.purchase_id = o.purchase_id AND c.corrects_id = o.id)
UNION ALL
SELECT 'returned', settled_at, settled_at FROM return_claim WHERE company_id = :tenant AND sale_id = :id AND is_upheld
""")
_SOLD = text("SELECT lead_id, agency_id FROM purchase WHERE tenant_id = :tenant AND id = :id")
_WATCHED = text("""
SELECT EXISTS (SELECT FROM score_threshold WHERE tenant_id = ANY(:tenants) AND enabled AND deleted_at IS NULL)
""")
_LATE = text("""
WITH watching AS (SELECT DISTINCT tenant_id FROM score_threshold WHERE enabled AND deleted_at IS NULL)
SELECT DISTINCT p.tenant_id, p.order_id, NULL::uuid FROM watching w
JOIN purchase p ON p.tenant_id = w.tenant_id AND p.bought_at > :since
UNION SELECT o.tenant_id, NULL, o.purchase_id FROM watching w
JOIN outcome o ON o.tenant_id = w.tenant_id AND o.reported_at > :since
LIMIT 5000
""")
LATE = timedelta(minutes=15)
_ORDER = text("SELECT id FROM purchase WHERE tenant_id = :tenant AND order_id = :id ORDER BY id")


def lead_why(session: Session, tenant_id: UUID, lead_id: UUID, at: datetime) -> Why:
    """Why a lead of the agency scores what it scores now, under the rules that hold now. Raises `NotFound`."""
    return _explained(*_lead(session, tenant_id, lead_id), at)


def lead_facts(
    session: Session, tenant_id: UUID, lead_id: UUID, at: datetime
) -> tuple[Known, float, dict[str, float]]:
    """What rules may know of a lead of the agency, its age in days and what happened, to try rules on.

    Raises `NotFound`.
    """
    row, _scorer, story = _lead(session, tenant_id, lead_id)
    return known_of(row), age_days(row.enquired_at, at), _events(story, at)


def bought_why(session: Session, tenant_id: UUID, purchase_id: UUID, at: datetime) -> Why:
    """Why a company's copy scores what it scores now, under the rules it was sold with. Raises `NotFound`."""
    return _explained(*_copy(session, tenant_id, purchase_id), at)


@job(FAST)
def look_at_order(company_id: str, order_id: str) -> None:
    """Hold what was just bought against the company's thresholds."""
    with transaction(UUID(company_id)) as session:
        bought = session.execute(_ORDER, {"tenant": UUID(company_id), "id": UUID(order_id)}).scalars().all()
        for purchase_id in bought:
            _look(session, UUID(company_id), purchase_id, _copy(session, UUID(company_id), purchase_id))


@job(FAST)
def look_at_story(company_id: str, purchase_id: str) -> None:
    """Something became of a sold lead: hold the company's copy and the agency's lead against their thresholds."""
    company, copy_id = UUID(company_id), UUID(purchase_id)
    with transaction(company) as session:
        sold = session.execute(_SOLD, {"tenant": company, "id": copy_id}).one_or_none()
        if sold is None:
            return
        _look(session, company, copy_id, _copy(session, company, copy_id))
    with transaction(sold.agency_id) as session:
        _look(session, sold.agency_id, sold.lead_id, _lead(session, sold.agency_id, sold.lead_id))


@sweep(every_seconds=300)
def look_again(now: datetime) -> None:
    """Look at what was bought or told of late at tenants that watch, in case nobody was woken. Safe to repeat."""
    with platform_transaction("scores: late purchases and outcomes of tenants that watch") as session:
        late = session.execute(_LATE, {"since": now - LATE}).all()
    for company_id, order_id, purchase_id in late:
        if order_id is not None:
            wake(look_at_order, str(company_id), str(order_id))
        else:
            wake(look_at_story, str(company_id), str(purchase_id))


def bought(session: Session, company_id: UUID, order_id: UUID) -> None:
    """An order was bought by a company that watches scores: look at it after the commit."""
    enqueue(session, look_at_order, str(company_id), str(order_id))


def story_changed(session: Session, agency_id: UUID, company_id: UUID, purchase_id: UUID) -> None:
    """Something became of a sold lead: look at it after the commit, if a side watches. Needs a platform door."""
    if session.execute(_WATCHED, {"tenants": [agency_id, company_id]}).scalar():
        enqueue(session, look_at_story, str(company_id), str(purchase_id))


Story = list[Row[Any]]


def _lead(session: Session, tenant_id: UUID, lead_id: UUID) -> tuple[Row[Any], Scorer, Story]:
    words = {"tenant": tenant_id, "id": lead_id}
    row = session.execute(_LEAD, words).one_or_none()
    if row is None:
        raise NotFound
    return row, books.current(session, tenant_id, row.vertical), list(session.execute(_OF_LEAD, words))


def _copy(session: Session, tenant_id: UUID, purchase_id: UUID) -> tuple[Row[Any], Scorer, Story]:
    words = {"tenant": tenant_id, "id": purchase_id}
    with as_platform(session, "a buyer asks why: the rules a lead was sold under are its agency's"):
        row = session.execute(_COPY, words).one_or_none()
    if row is None:
        raise NotFound
    kind = verticals.get(row.vertical, row.vertical_version)
    rules = (
        read(row.rules, kind, row.score_version) if row.rules else shipped(row.vertical, row.score_version)
    )
    return row, Scorer(rules), list(session.execute(_OF_COPY, words))


def _explained(row: Row[Any], scorer: Scorer, story: Story, at: datetime) -> Why:
    events = _events(story, at)
    return explain(scorer, known_of(row), at, age_days(row.enquired_at, at), events, row.score)


def _events(story: Story, at: datetime) -> dict[str, float]:
    """Of each kind how long ago it last happened."""
    since: dict[str, float] = {}
    for one in story:
        age = age_days(one.at, at)
        since[one.type] = min(age, since.get(one.type, age))
    return since


def _look(session: Session, tenant_id: UUID, subject_id: UUID, found: tuple[Row[Any], Scorer, Story]) -> None:
    """The score now, and what it was before the newest event: a fall by time is noticed only when somebody looks."""
    row, scorer, story = found
    now = clock.now()
    known, age = known_of(row), age_days(row.enquired_at, now)
    newest = max((one.reported_at for one in story), default=None)
    before = [one for one in story if one.reported_at != newest]
    score = scorer.score(known, age, _events(story, now))
    was = scorer.score(known, age, _events(before, now))
    watch(session, tenant_id, [Scored(subject_id, row.vertical, score, was, newest)], now)
