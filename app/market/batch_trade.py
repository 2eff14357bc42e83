"""What became of an upload on the market: sold, returned, earned, still on offer."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.market.queries import EARNED

_TRADE = text(f"""
SELECT count(DISTINCT x.lead_id), count(*), count(*) FILTER (WHERE x.state = 'returned'),
  coalesce(sum(x.earned_minor), 0)
FROM (SELECT s.lead_id, s.state, {EARNED} FROM sale s
  JOIN lead l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id WHERE l.tenant_id = :tenant AND l.batch_id = :batch) x
""")  # noqa: S608 (our own words)
_ON_OFFER = text("""
SELECT count(*) FROM lead l WHERE l.tenant_id = :tenant AND l.batch_id = :batch AND l.state = 'offered'
  AND NOT EXISTS (SELECT FROM held_batch h WHERE h.batch_id = l.batch_id)
""")


@dataclass(frozen=True, slots=True)
class BatchTrade:
    """Leads sold at least once, their sales, how many were returned, and what the agency earned, net minor units."""

    leads_sold: int
    sales: int
    returned: int
    earned_minor: int
    on_offer: int


def batch_trade(session: Session, tenant_id: UUID, batch_id: UUID) -> BatchTrade:
    """The trade with the leads of one upload of the agency."""
    words = {"tenant": tenant_id, "batch": batch_id}
    sold = session.execute(_TRADE, words).one()
    on_offer = session.execute(_ON_OFFER, words).scalar_one()
    return BatchTrade(sold[0], sold[1], sold[2], int(sold[3]), on_offer)
