"""What was bought and sold, for the tables and pages of both sides. Queries only; nothing here opens a sealed part.

Keyset pages: newest first, `after` is the id of the last row of the page before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.errors import NotFound

PPA_STATES, PPL_STATES = ("held", "part_captured", "closed"), ("active", "returned")
STATES = (*PPL_STATES, *PPA_STATES)
NO_OUTCOME = "none"
"""The filter value for "nothing reported yet"."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which purchases or sales; what is empty does not matter. `ids` narrows to these, also to none of them."""

    verticals: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    """Company's side: agencies by id. Agency's side: buyers by label."""
    since: datetime | None = None
    until: datetime | None = None
    order_id: UUID | None = None
    ids: tuple[UUID, ...] | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered at all."""
        return self != Wanted()


_BOUGHT = """
(CAST(:verticals AS text[]) IS NULL OR p.vertical = ANY(:verticals))
AND (CAST(:states AS text[]) IS NULL OR p.state = ANY(:states))
AND (CAST(:terms AS text[]) IS NULL OR p.terms = ANY(:terms))
AND (CAST(:parties AS uuid[]) IS NULL OR p.agency_id = ANY(CAST(:parties AS uuid[])))
AND (CAST(:outcomes AS text[]) IS NULL OR coalesce(p.last_outcome, 'none') = ANY(:outcomes))
AND (CAST(:since AS timestamptz) IS NULL OR p.bought_at >= :since)
AND (CAST(:until AS timestamptz) IS NULL OR p.bought_at < :until)
AND (CAST(:order AS uuid) IS NULL OR p.order_id = :order)
AND (CAST(:ids AS uuid[]) IS NULL OR p.id = ANY(:ids))
"""
_PURCHASES = text(f"""
SELECT p.* FROM purchase p WHERE {_BOUGHT} AND (CAST(:after AS uuid) IS NULL
  OR (p.bought_at, p.id) < (SELECT q.bought_at, q.id FROM purchase q WHERE q.id = :after))
ORDER BY p.bought_at DESC, p.id DESC LIMIT :limit
""")  # noqa: S608
_PURCHASE_COUNT = text(f"SELECT count(*) FROM (SELECT 1 FROM purchase p WHERE {_BOUGHT} LIMIT :most) counted")  # noqa: S608
_LAST = """LEFT JOIN LATERAL (SELECT o.type, o.at FROM sale_outcome o WHERE o.tenant_id = s.tenant_id
  AND o.sale_id = s.id ORDER BY o.at DESC, o.id DESC LIMIT 1) o ON true"""
EARNED = """CASE WHEN s.terms = 'ppl' THEN CASE s.state WHEN 'returned' THEN 0 ELSE s.net_minor - s.commission_minor END
  ELSE coalesce((SELECT sum(a.net_minor - a.commission_minor) FROM action a WHERE a.sale_id = s.id AND a.is_billed), 0)
  END AS earned_minor"""
_SOLD = """
(CAST(:verticals AS text[]) IS NULL OR s.vertical = ANY(:verticals))
AND (CAST(:states AS text[]) IS NULL OR s.state = ANY(:states))
AND (CAST(:terms AS text[]) IS NULL OR s.terms = ANY(:terms))
AND (CAST(:parties AS text[]) IS NULL OR s.buyer_label = ANY(CAST(:parties AS text[])))
AND (CAST(:outcomes AS text[]) IS NULL OR coalesce(o.type, 'none') = ANY(:outcomes))
AND (CAST(:since AS timestamptz) IS NULL OR s.sold_at >= :since)
AND (CAST(:until AS timestamptz) IS NULL OR s.sold_at < :until)
AND (CAST(:ids AS uuid[]) IS NULL OR s.id = ANY(:ids))
"""
_SALES = text(f"""
SELECT s.*, o.type AS last_outcome, o.at AS last_outcome_at, {EARNED} FROM sale s {_LAST}
WHERE {_SOLD} AND (CAST(:after AS uuid) IS NULL
  OR (s.sold_at, s.id) < (SELECT q.sold_at, q.id FROM sale q WHERE q.id = :after))
ORDER BY s.sold_at DESC, s.id DESC LIMIT :limit
""")  # noqa: S608
_SALE = text(f"""
SELECT s.*, o.type AS last_outcome, o.at AS last_outcome_at, {EARNED}, l.external_id, l.enquired_at, l.country,
  l.region, l.language, l.facts, l.vertical_version FROM sale s {_LAST}
JOIN lead l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id WHERE s.id = :id
""")  # noqa: S608
_CLAIMED = """
SELECT c.*, coalesce(p.vertical, s.vertical) AS vertical, p.agency_name, s.buyer_label
FROM return_claim c LEFT JOIN purchase p ON p.id = c.sale_id LEFT JOIN sale s ON s.id = c.sale_id
"""
_CLAIMS = text(f"""{_CLAIMED} WHERE (CAST(:states AS text[]) IS NULL OR c.state = ANY(:states))
AND (CAST(:after AS uuid) IS NULL OR c.id < :after) ORDER BY c.id DESC LIMIT :limit""")
_CLAIM = text(f"{_CLAIMED} WHERE c.id = :id")
_CLAIM_OF = text(f"{_CLAIMED} WHERE c.sale_id = :sale")
_FACES = text("""
SELECT lead_id, vertical, country, region FROM listing WHERE lead_id = ANY(:leads)
UNION ALL SELECT lead_id, vertical, country, region FROM reserved_lead WHERE lead_id = ANY(:leads)
""")


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, newest first; `after` is where the next page goes on, None at the end."""

    rows: Sequence[Row[Any]]
    after: UUID | None


def purchases(session: Session, wanted: Wanted, *, after: UUID | None = None, limit: int = 50) -> Page:
    """What the session's company bought."""
    return _page(session, _PURCHASES, _values(wanted) | {"after": after}, limit)


def purchase_count(session: Session, wanted: Wanted, *, most: int = 1000) -> int:
    """How many purchases match, counted up to one more than `most`."""
    return int(session.execute(_PURCHASE_COUNT, _values(wanted) | {"most": most + 1}).scalar_one())


def purchase(session: Session, purchase_id: UUID) -> Row[Any]:
    """One purchase of the session's company. Raises `NotFound`."""
    found = session.execute(text("SELECT * FROM purchase WHERE id = :id"), {"id": purchase_id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def bought_from(session: Session) -> Sequence[Row[Any]]:
    """The agencies the company bought from (agency_id, agency_name), for a filter."""
    return session.execute(
        text("""SELECT agency_id, max(agency_name) AS agency_name FROM purchase GROUP BY agency_id
        ORDER BY 2 LIMIT 200""")
    ).all()


def sales(session: Session, wanted: Wanted, *, after: UUID | None = None, limit: int = 50) -> Page:
    """What the session's agency sold, with what it earned so far (net of commission) and the last outcome."""
    return _page(session, _SALES, _values(wanted) | {"after": after}, limit)


def sale(session: Session, sale_id: UUID) -> Row[Any]:
    """One sale of the session's agency. Raises `NotFound`."""
    found = session.execute(_SALE, {"id": sale_id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def sold_to(session: Session) -> Sequence[str]:
    """The buyers as the agency knows them, for a filter."""
    found = session.execute(text("SELECT DISTINCT buyer_label FROM sale ORDER BY buyer_label LIMIT 200"))
    return found.scalars().all()


def claims(
    session: Session, states: Sequence[str] = (), *, after: UUID | None = None, limit: int = 50
) -> Page:
    """Returns the session's tenant is a side of, with the vertical and the other side's name."""
    return _page(session, _CLAIMS, {"states": list(states) or None, "after": after}, limit)


def claim(session: Session, claim_id: UUID) -> Row[Any]:
    """One return the session's tenant is a side of. Raises `NotFound`."""
    found = session.execute(_CLAIM, {"id": claim_id}).one_or_none()
    if found is None:
        raise NotFound
    return found


def claim_of(session: Session, sale_id: UUID) -> Row[Any] | None:
    """The return of a sale, if there is one."""
    return session.execute(_CLAIM_OF, {"sale": sale_id}).one_or_none()


def faces(session: Session, lead_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """What kind of leads these are, for the answer to an order."""
    return {row.lead_id: row for row in session.execute(_FACES, {"leads": list(lead_ids)})}


def _page(session: Session, query: Any, values: dict[str, Any], limit: int) -> Page:
    rows = session.execute(query, {**values, "limit": limit + 1}).all()
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def _values(wanted: Wanted) -> dict[str, Any]:
    return {
        "verticals": list(wanted.verticals) or None,
        "states": list(wanted.states) or None,
        "terms": list(wanted.terms) or None,
        "outcomes": list(wanted.outcomes) or None,
        "parties": list(wanted.parties) or None,
        "since": wanted.since,
        "until": wanted.until,
        "order": wanted.order_id,
        "ids": None if wanted.ids is None else list(wanted.ids),
    }
