"""What time alone does in the market: leads and reservations expire, held shares become due."""

from datetime import datetime

from sqlalchemy import text

from billing import charges
from billing.accounts import operator_id
from billing.charges import Parties
from billing.money import Split
from tenants.actor import SYSTEM
from tenants.db import platform_transaction
from tenants.jobs import sweep

AT_ONCE = 500
"""Rows one transaction moves; a sweep goes on until nothing is due."""


@sweep(every_seconds=60)
def expire_leads(now: datetime) -> None:
    """Leads past their time leave the market. Safe to repeat."""
    while True:
        with platform_transaction("leads expire") as session:
            expired = session.execute(
                text("""UPDATE lead SET state = 'expired' WHERE (tenant_id, id) IN (
                  SELECT tenant_id, id FROM lead WHERE state IN ('offered', 'paused') AND expires_at <= :now
                  ORDER BY expires_at LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING id"""),
                {"now": now, "most": AT_ONCE},
            ).scalars()
            leads = list(expired)
            session.execute(
                text("UPDATE listing SET state = 'closed' WHERE lead_id = ANY(:leads)"), {"leads": leads}
            )
        if len(leads) < AT_ONCE:
            return


@sweep(every_seconds=60)
def expire_reservations(now: datetime) -> None:
    """Reserved leads nobody answered in time expire; they never become consumer leads. Safe to repeat."""
    with platform_transaction("reserved leads expire") as session:
        session.execute(
            text("""WITH ended AS (
              UPDATE reserved_lead SET state = 'expired', answered_at = :now
              WHERE state = 'offered' AND expires_at <= :now RETURNING agency_id, lead_id)
            UPDATE lead l SET state = 'expired' FROM ended e
            WHERE l.tenant_id = e.agency_id AND l.id = e.lead_id AND l.state = 'offered'"""),
            {"now": now},
        )


_DUE = text("""
SELECT s.tenant_id, s.id, s.company_id, s.net_minor, s.vat_minor, s.commission_minor, s.currency FROM sale s
WHERE s.return_until <= :now AND s.released_at IS NULL AND s.state = 'active' AND s.terms = 'ppl'
  AND NOT EXISTS (SELECT FROM return_claim c WHERE c.sale_id = s.id AND (c.state IN ('open', 'appealed')
    OR c.state = 'refused' AND c.appeal_until > :now))
ORDER BY s.return_until LIMIT :most FOR UPDATE OF s SKIP LOCKED
""")


@sweep(every_seconds=60)
def release_shares(now: datetime) -> None:
    """The return window has passed and no claim is open: the agency's share becomes due. Safe to repeat."""
    while True:
        with platform_transaction("held shares become due") as session:
            due = session.execute(_DUE, {"now": now, "most": AT_ONCE}).all()
            if not due:
                return
            books = operator_id(session)
            sales = [
                (
                    row.id,
                    Parties(row.company_id, row.tenant_id, books, row.currency),
                    Split(row.net_minor, row.vat_minor, row.commission_minor),
                )
                for row in due
            ]
            charges.release(session, sales, now, SYSTEM.name)
            session.execute(
                text("UPDATE sale SET released_at = :now WHERE id = ANY(:ids)"),
                {"now": now, "ids": [row.id for row in due]},
            )
