"""The agency's daily mail: what was sold, which actions and returns came, the day before. Sent once a day and agency."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants import letters, mail
from tenants.db import platform_transaction
from tenants.jobs import sweep
from tenants.language import N_, say

SENT_FROM_HOUR = 7
"""Local hour of the agency from which yesterday's mail may go out."""
ROUTE = "daily_mail"

_SUBJECT = N_("Floe on %(day)s: %(sold)s sold, %(actions)s actions, %(returns)s returns")
_BODY = N_(
    "Hello,\n\non %(day)s %(agency)s had:\n\n"
    "Leads sold: %(sold)s, earned: %(earned)s\nActions: %(actions)s\nReturns claimed: %(returns)s\n\n%(link)s"
)

_AGENCIES = text(
    "SELECT id, name, language, time_zone FROM tenant WHERE kind = 'agency' AND state = 'approved'"
)
_CLAIM = text("""
INSERT INTO idempotency (tenant_id, route, key, request_hash, created_at)
VALUES (:tenant, :route, :key, '\\x', :now) ON CONFLICT DO NOTHING RETURNING true
""")
_DAY = text("""
SELECT (SELECT count(*) FROM sale WHERE tenant_id = :tenant AND sold_at >= :start AND sold_at < :stop) AS sold,
  (SELECT coalesce(-sum(amount_minor), 0) FROM entry WHERE tenant_id = :tenant AND event_at >= :start AND event_at < :stop
    AND (account = 'agency_held' AND kind = 'sale' OR account = 'agency_due' AND kind = 'capture')) AS earned,
  (SELECT count(*) FROM action WHERE agency_id = :tenant AND reported_at >= :start AND reported_at < :stop) AS actions,
  (SELECT count(*) FROM return_claim WHERE agency_id = :tenant AND opened_at >= :start AND opened_at < :stop) AS returns
""")
_PEOPLE = text("""
SELECT email FROM membership WHERE tenant_id = :tenant AND role IN ('owner', 'manager') ORDER BY email LIMIT 20
""")


@sweep(every_seconds=600)
def send_daily(now: datetime) -> None:
    """Write yesterday's mail for every agency whose morning has come; a day without news has no mail."""
    with platform_transaction("daily mails of the agencies") as session:
        for agency in session.execute(_AGENCIES).all():
            today = now.astimezone(ZoneInfo(agency.time_zone)).replace(minute=0, second=0, microsecond=0)
            if today.hour >= SENT_FROM_HOUR and _claim(session, agency.id, f"{today:%Y-%m-%d}", now):
                stop = today.replace(hour=0)
                _post(session, agency, (stop - timedelta(hours=12)).replace(hour=0), stop)


def _claim(session: Session, agency_id: UUID, day: str, now: datetime) -> bool:
    claimed = {"tenant": agency_id, "route": ROUTE, "key": day, "now": now}
    return bool(session.execute(_CLAIM, claimed).scalar())


def _post(session: Session, agency: Row[Any], start: datetime, stop: datetime) -> None:
    news = session.execute(_DAY, {"tenant": agency.id, "start": start, "stop": stop}).one()
    if not (news.sold or news.actions or news.returns):
        return
    values = {
        "day": f"{start:%Y-%m-%d}",
        "agency": agency.name,
        "sold": str(news.sold),
        "earned": f"{int(news.earned) / 100:.2f} EUR",
        "actions": str(news.actions),
        "returns": str(news.returns),
        "link": letters.link("/sales"),
    }
    short = {name: values[name] for name in ("day", "sold", "actions", "returns")}
    for person in session.execute(_PEOPLE, {"tenant": agency.id}):
        subject = say(agency.language, _SUBJECT, **short)
        mail.post(session, person.email, subject, say(agency.language, _BODY, **values), agency.id)
