"""A company's report: what it bought, what a lead and an action cost, and what became of them, by agency and source.

Invariant: amounts are net of VAT and hold no commission: what the company pays, never how it is shared.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.reports import trade_report
from app.reports.measures import TradeReport
from app.reports.trade_report import Dimension, Side
from billing.periods import Period

SIDE = Side(
    rows="purchase s",
    at="s.bought_at",
    party="s.agency_name",
    source="s.source_label",
    amount="s.net_minor",
    action_amount="a.net_minor",
    kept="s.state <> 'returned'",
    outcomes="outcome",
    outcome_of="purchase_id",
    tenant="company_id",
    dimensions={
        "agency": Dimension("CAST(s.agency_id AS text)", "s.agency_name"),
        "source": Dimension(
            "CAST(s.agency_id AS text) || '~' || s.channel || '~' || s.source_label",
            "s.agency_name || ' · ' || s.source_label",
            "s.channel",
        ),
        "channel": Dimension("s.channel", "s.channel", "s.channel"),
        "vertical": Dimension("s.vertical", "s.vertical"),
    },
)
"""How a company reads its purchases."""

_VALUE = """
SELECT {key} AS key, sum(o.value_minor)::bigint AS amount
FROM purchase s JOIN outcome o ON o.tenant_id = s.tenant_id AND o.purchase_id = s.id
WHERE s.bought_at >= :start AND s.bought_at < :end AND s.state <> 'returned' AND o.type = 'purchase'
  AND o.currency = :currency AND NOT EXISTS (SELECT FROM outcome c WHERE c.tenant_id = o.tenant_id
    AND c.purchase_id = o.purchase_id AND c.corrects_id = o.id)
GROUP BY 1
"""


def report(session: Session, tenant_id: UUID, period: Period, by: str, currency: str) -> TradeReport:
    """The report of the session's company, with the worth of its deals: every purchase counts, not only the first."""
    found = trade_report.report(session, SIDE, tenant_id, period, by)
    where = {"start": period.start_at, "end": period.end_at, "currency": currency}
    rows = session.execute(text(_VALUE.format(key=SIDE.dimensions[by].key)), where)
    return trade_report.with_parts(found, "value_minor", {row.key: row.amount for row in rows})
