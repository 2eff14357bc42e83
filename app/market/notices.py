"""Mails of the market to a tenant's people, in the tenant's language; never with personal data."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import letters, mail
from tenants.language import N_, say

_PEOPLE = text("""
SELECT m.email, t.language, t.name FROM membership m JOIN tenant t ON t.id = m.tenant_id
WHERE m.tenant_id = :tenant AND m.role IN ('owner', 'manager') ORDER BY m.email LIMIT 20
""")

_RESERVED_SUBJECT = N_("%(count)s enquiries are reserved for you")
_RESERVED = N_(
    "Hello,\n\n%(agency)s has enquiries of people who answered you: %(count)s. Only you can see or buy them.\n\n"
    "Accept or decline them here:\n\n%(link)s"
)
_CLAIM_SUBJECT = N_("A return was claimed")
_CLAIM = N_(
    "Hello,\n\na company asks to return a lead (%(reason)s). Decide by %(by)s, silence accepts it:\n\n%(link)s"
)
_ACTION_SUBJECT = N_("An action waits for your answer")
_ACTION = N_(
    "Hello,\n\n%(who)s says that this happened: %(type)s. Answer by %(by)s, silence confirms it:\n\n%(link)s"
)

_SPOKEN = {
    "call": N_("Call"),
    "consultation": N_("Consultation"),
    "purchase": N_("Purchase"),
    "wrong_number": N_("Wrong number"),
    "wrong_person": N_("Wrong person"),
    "duplicate": N_("Duplicate of ours"),
    "outside_criteria": N_("Outside the criteria"),
    "no_consent": N_("No consent"),
    "spam": N_("Spam"),
}
"""Kinds of actions and reasons of returns, as people say them."""


def tell_reserved(session: Session, company_id: UUID, agency: str, count: int) -> None:
    """Say how many enquiries wait. Needs a platform door."""
    _tell(session, company_id, (_RESERVED_SUBJECT, _RESERVED), "/reserved", agency=agency, count=str(count))


def tell_claim(session: Session, agency_id: UUID, reason: str, by: str) -> None:
    """Tell the agency at once that a return is claimed. Needs a platform door."""
    _tell(session, agency_id, (_CLAIM_SUBJECT, _CLAIM), "/returns", reason=reason, by=by)


def tell_action(session: Session, tenant_id: UUID, who: str, kind: str, by: str) -> None:
    """Tell the other side at once that an action is claimed. Needs a platform door."""
    _tell(session, tenant_id, (_ACTION_SUBJECT, _ACTION), "/actions", who=who, type=kind, by=by)


def _tell(session: Session, tenant_id: UUID, words: tuple[str, str], path: str, **values: str) -> None:
    for person in session.execute(_PEOPLE, {"tenant": tenant_id}):
        told = {
            name: say(person.language, _SPOKEN[value]) if value in _SPOKEN else value
            for name, value in values.items()
        }
        subject, body = (
            say(person.language, sentence, **told, link=letters.link(path)) for sentence in words
        )
        mail.post(session, person.email, subject, body, tenant_id)
