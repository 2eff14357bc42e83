"""The words of mails about events, in the destination's language, and of notices about destinations that fail.

A mail carries a link to the log-in; contact data only where an owner allowed it for that destination.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.delivery import mails
from app.delivery.failing import Notice, claim_notices
from app.delivery.mails import MailDestination
from tenants import letters, mail
from tenants.db import platform_transaction
from tenants.jobs import sweep
from tenants.language import N_, say

_SUBJECTS = {
    "ping": N_("Floe: a test message"),
    "sale.created": N_("Floe: a lead was sold"),
    "sale.returned": N_("Floe: a sale was returned"),
    "return.claimed": N_("Floe: a return was claimed"),
    "return.refused": N_("Floe: a return was refused"),
    "action.reported": N_("Floe: an action was reported"),
    "action.captured": N_("Floe: an action was billed"),
    "action.withdrawn": N_("Floe: an action was withdrawn"),
    "action.disputed": N_("Floe: an action is disputed"),
    "action.decided": N_("Floe: a dispute was decided"),
    "lead.reserved": N_("Floe: enquiries are reserved for you"),
    "lead.declined": N_("Floe: a reserved lead was declined"),
    "lead.consent_withdrawn": N_("Floe: a consent was withdrawn"),
    "lead.score_reached": N_("Floe: a lead reached a score you watch"),
}
_OTHER = N_("Floe: news")
_LINK = N_("See it at Floe: %(link)s")
_TEST = N_("This is a test. The destination “%(name)s” works.")
_STOP = N_("The person withdrew their consent: stop using their data and delete your copy.")
_PATHS = {"purchase_id": "/leads/bought/", "sale_id": "/sales/", "lead_id": "/leads/"}

_FAILING_SUBJECT = N_("The destination “%(name)s” does not take deliveries")
_FAILING = N_(
    "Hello,\n\nFloe could not deliver to “%(name)s” for a while and goes on trying. Look at the attempts:\n\n%(link)s"
)
_OFF_SUBJECT = N_("The destination “%(name)s” was switched off")
_OFF = N_(
    "Hello,\n\n“%(name)s” did not take deliveries for days, or said that it is gone, so it was switched off. Nothing is "
    "lost: replay the deliveries once it works again.\n\n%(link)s"
)
_OWNERS = text("""
SELECT m.email, t.language FROM membership m JOIN tenant t ON t.id = m.tenant_id
WHERE m.tenant_id = :tenant AND m.role IN ('owner', 'manager') ORDER BY m.email LIMIT 20
""")


def write(event_type: str, body: Mapping[str, Any], to: MailDestination, language: str) -> tuple[str, str]:
    """(subject, text) of the mail about one event."""
    data = body.get("data", body)
    parts = []
    if event_type == "ping":
        parts.append(say(language, _TEST, name=to.name))
    if event_type == "lead.consent_withdrawn":
        parts.append(say(language, _STOP))
    if to.includes_contacts and data.get("contacts"):
        parts.append(_people(data["contacts"]))
    parts.append(say(language, _LINK, link=letters.link(_path(data))))
    return say(language, _SUBJECTS.get(event_type, _OTHER)), "\n\n".join(parts) + "\n"


def _people(contacts: Mapping[str, Any]) -> str:
    lines = []
    for person in contacts.get("people", ()):
        channels = [*person.get("phones", ()), *person.get("emails", ()), *person.get("messengers", ())]
        lines.append(
            ", ".join(part for part in (person.get("name", ""), person.get("role", ""), *channels) if part)
        )
    return "\n".join(lines)


def _path(data: Mapping[str, Any]) -> str:
    for name, path in _PATHS.items():
        if name in data:
            return f"{path}{data[name]}"
    return "/"


@sweep(every_seconds=300)
def tell_failing(now: datetime) -> None:
    """Tell the people of a tenant whose destination fails, or was switched off. Each notice is given once."""
    with platform_transaction("notices about failing destinations") as session:
        for notice in claim_notices(session, now):
            subject, words = (_OFF_SUBJECT, _OFF) if notice.disabled_reason else (_FAILING_SUBJECT, _FAILING)
            for person in session.execute(_OWNERS, {"tenant": notice.tenant_id}):
                mail.post(
                    session, person.email, *_notice(person.language, notice, subject, words), notice.tenant_id
                )


def _notice(language: str, notice: Notice, subject: str, words: str) -> tuple[str, str]:
    values = {"name": notice.name, "link": letters.link("/destinations")}
    return say(language, subject, name=notice.name), say(language, words, **values)


def register() -> None:
    """Let deliveries by mail be written here."""
    mails.use_renderer(write)
