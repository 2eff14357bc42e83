"""What an agency's leads turned out to be worth, measured over all its buyers; trades with oneself do not count.

Invariant: only counts leave this module, never whose they are.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.db import as_platform

MEASURED_OVER = timedelta(days=90)
FEWEST_SALES = 20
"""Below this a rate says more about chance than about the agency, so none is shown."""

_MEASURE = text("""
SELECT count(*) AS sold, count(*) FILTER (WHERE s.state = 'returned') AS returned,
  count(*) FILTER (WHERE o.types IS NOT NULL) AS reported,
  count(*) FILTER (WHERE o.types && ARRAY['contacted', 'call', 'consultation', 'qualified', 'purchase']) AS reached,
  count(*) FILTER (WHERE 'purchase' = ANY (o.types)) AS won
FROM sale s LEFT JOIN LATERAL (SELECT array_agg(x.type) AS types FROM sale_outcome x
  WHERE x.tenant_id = s.tenant_id AND x.sale_id = s.id) o ON true
WHERE s.tenant_id = :agency AND s.sold_at >= :since AND NOT s.own_trade
""")


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of 90 days; the rates are None while too few sales are known to say anything."""

    sold: int
    returned: int
    reported: int
    reached: int
    won: int

    @property
    def return_rate(self) -> float | None:
        """Returned of sold."""
        return self.returned / self.sold if self.sold >= FEWEST_SALES else None

    @property
    def reach_rate(self) -> float | None:
        """People who were reached, of the leads whose buyers told an outcome."""
        return self.reached / self.reported if self.reported >= FEWEST_SALES else None

    @property
    def win_rate(self) -> float | None:
        """Leads that became a purchase, of the leads whose buyers told an outcome."""
        return self.won / self.reported if self.reported >= FEWEST_SALES else None


def measured(session: Session, agency_id: UUID, at: datetime) -> Quality:
    """The agency's quality over the last 90 days, the same for every reader."""
    with as_platform(session, "quality is measured over every buyer of an agency"):
        row = session.execute(_MEASURE, {"agency": agency_id, "since": at - MEASURED_OVER}).one()
    return Quality(*row)
