"""The words of the mails that let people in, in their language, and the links in them.

Invariant: a link carries a one-time token that is kept nowhere but in the mail.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tenants import mail
from tenants.actor import TenantCard
from tenants.language import N_, say

CONFIRM_PATH, RESET_PATH, INVITATION_PATH = "/confirm/", "/reset/", "/invitation/"
LOG_IN_PATH, FORGOT_PATH = "/log-in", "/forgot"

_base_url = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a mail, and in which language."""

    email: str
    name: str
    language: str


def use_base_url(url: str) -> None:
    """Name the address people use. Called once at start-up."""
    global _base_url
    _base_url = url.rstrip("/")


def link(path: str) -> str:
    """A full address of a page, for a mail."""
    if not _base_url:
        raise RuntimeError("no address: tenants.letters.use_base_url() was not called")
    return _base_url + path


_GREETING = N_("Hello %(name)s,")

_CONFIRM_SUBJECT = N_("Confirm your e-mail address for Floe")
_CONFIRM = N_(
    "please confirm that this address is yours, then you can log in:\n\n%(link)s\n\n"
    "The link works for three days. If you did not sign up at Floe, ignore this mail and nothing will happen."
)
_KNOWN_SUBJECT = N_("You already have an account at Floe")
_KNOWN = N_(
    "somebody, probably you, signed up at Floe with this address. You already have an account, so none was made.\n\n"
    "Log in, and add another organisation there if you need one:\n\n%(log_in)s\n\n"
    "If you do not know your password, set a new one. This link works for one hour:\n\n%(reset)s"
)
_RESET_SUBJECT = N_("Set a new password for Floe")
_RESET = N_(
    "here you can set a new password. The link works once, for one hour:\n\n%(link)s\n\n"
    "If you did not ask for it, ignore this mail: your password stays as it is."
)
_CHANGED_SUBJECT = N_("Your Floe password was changed")
_CHANGED = N_(
    "the password of your account was changed just now, and you were logged out everywhere else.\n\n"
    "If it was not you, set a new one at once:\n\n%(link)s"
)
_INVITED_SUBJECT = N_("%(tenant)s invites you to Floe")
_INVITED = N_(
    "Hello,\n\n%(person)s invites you to work with %(tenant)s at Floe. Accept here:\n\n%(link)s\n\n"
    "The invitation is for this address and ends in seven days."
)
_APPROVED_SUBJECT = N_("%(tenant)s is approved at Floe")
_APPROVED = N_("%(tenant)s is approved and can trade leads now:\n\n%(link)s")
_SUSPENDED_SUBJECT = N_("%(tenant)s is suspended at Floe")
_SUSPENDED = N_(
    "%(tenant)s cannot trade leads until further notice. The reason:\n\n%(reason)s\n\n"
    "You can still log in, follow your leads and see your money."
)


def send_confirmation(session: Session, reader: Reader, token: str) -> None:
    """Ask the new user to confirm their address."""
    _send(session, reader, _CONFIRM_SUBJECT, _CONFIRM, link=link(CONFIRM_PATH + token))


def send_already_known(session: Session, reader: Reader, token: str) -> None:
    """Tell somebody who signs up again that they have an account; a stranger who tries learns nothing."""
    _send(session, reader, _KNOWN_SUBJECT, _KNOWN, log_in=link(LOG_IN_PATH), reset=link(RESET_PATH + token))


def send_reset(session: Session, reader: Reader, token: str) -> None:
    """Give the way to a new password."""
    _send(session, reader, _RESET_SUBJECT, _RESET, link=link(RESET_PATH + token))


def send_password_changed(session: Session, reader: Reader) -> None:
    """Tell the owner of an account that its password is another one now."""
    _send(session, reader, _CHANGED_SUBJECT, _CHANGED, link=link(FORGOT_PATH))


def send_approved(session: Session, reader: Reader, tenant: str) -> None:
    """Tell an owner that their tenant may trade."""
    _send(session, reader, _APPROVED_SUBJECT, _APPROVED, tenant=tenant, link=link("/"))


def send_suspended(session: Session, reader: Reader, tenant: str, reason: str) -> None:
    """Tell an owner that their tenant may not trade, and why."""
    _send(session, reader, _SUSPENDED_SUBJECT, _SUSPENDED, tenant=tenant, reason=reason)


def send_invitation(session: Session, to: str, person: str, card: TenantCard, token: str) -> None:
    """Invite somebody into the tenant on behalf of `person`, in the tenant's language: theirs is not known."""
    words = {"person": person, "tenant": card.name, "link": link(INVITATION_PATH + token)}
    subject = say(card.language, _INVITED_SUBJECT, tenant=card.name)
    mail.post(session, to, subject, say(card.language, _INVITED, **words) + "\n", card.id)


def _send(session: Session, reader: Reader, subject: str, sentence: str, **values: str) -> None:
    greeting = say(reader.language, _GREETING, name=reader.name)
    body = say(reader.language, sentence, **values)
    mail.post(session, reader.email, say(reader.language, subject, **values), f"{greeting}\n\n{body}\n", None)
