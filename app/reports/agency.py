"""An agency's report: leads, sales, earnings and conversion by source, with what each source cost.

Invariant: amounts are the agency's own share, net of VAT and commission; sales between one's own tenants are left out
of conversion. Spend is kept by month, so a period counts every month it touches.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.reports import trade_report
from app.reports.measures import Counted, TradeReport
from app.reports.trade_report import Dimension, Side
from billing.periods import Period, month_of

SIDE = Side(
    rows="sale s JOIN source x ON x.tenant_id = s.tenant_id AND x.id = s.source_id",
    at="s.sold_at",
    party="s.buyer_label",
    source="x.name",
    amount="(s.net_minor - s.commission_minor)",
    action_amount="(a.net_minor - a.commission_minor)",
    kept="s.state <> 'returned' AND NOT s.own_trade",
    outcomes="sale_outcome",
    outcome_of="sale_id",
    tenant="agency_id",
    dimensions={
        "source": Dimension("CAST(s.source_id AS text)", "x.name", "x.channel"),
        "channel": Dimension("x.channel", "x.channel", "x.channel"),
        "vertical": Dimension("s.vertical", "s.vertical"),
        "buyer": Dimension("s.buyer_label", "s.buyer_label"),
    },
)
"""How an agency reads its sales."""

_LEADS = text("""
SELECT CAST(x.id AS text) AS key, x.name, x.channel, count(l.id) AS leads FROM source x
LEFT JOIN lead l ON l.tenant_id = x.tenant_id AND l.source_id = x.id AND l.created_at >= :start AND l.created_at < :end
GROUP BY x.id, x.name, x.channel
""")
_SPEND = text("""
SELECT CAST(source_id AS text) AS key, sum(amount_minor)::bigint AS amount FROM source_spend
WHERE month >= :first AND month <= :last AND currency = :currency GROUP BY source_id
""")


def report(session: Session, tenant_id: UUID, period: Period, by: str, currency: str) -> TradeReport:
    """The report of the session's agency; leads and spend only by source, where they are kept."""
    found = trade_report.report(session, SIDE, tenant_id, period, by)
    if by != "source":
        return found
    came = session.execute(_LEADS, {"start": period.start_at, "end": period.end_at}).all()
    months = {"first": month_of(period.first_on), "last": period.last_on, "currency": currency}
    spend: dict[str, int] = {row.key: row.amount for row in session.execute(_SPEND, months)}
    leads = {row.key: row.leads for row in came}
    silent = [Counted(row.key, row.name, row.channel) for row in came if row.leads or row.key in spend]
    return trade_report.with_parts(
        trade_report.with_parts(found, "leads", leads, silent), "spend_minor", spend
    )
