"""E-mail deliveries: the words are written by whoever knows the events; here they are only asked for and posted.

Invariants: a mail is posted outside any transaction and never stored; personal data reach the writer only for a
destination that may carry them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.delivery.claim import Claimed
from app.delivery.payload import for_mail
from tenants.mail import Letter, send_now


@dataclass(frozen=True, slots=True)
class MailDestination:
    """The destination as the writer of a mail sees it."""

    name: str
    address: str
    includes_contacts: bool


RenderMail = Callable[[str, Mapping[str, Any], MailDestination, str], tuple[str, str]]
"""(event_type, body, destination, language) -> (subject, text)"""


class NoWriter(RuntimeError):
    """Nobody has said how the mails of events are written: a bug of the composition root."""


_render: RenderMail | None = None


def use_renderer(render: RenderMail) -> None:
    """Name who writes the mails, of `ping` too. Called once by the composition root."""
    global _render
    _render = render


def send_mail(claimed: Claimed, written: str) -> None:
    """Write and post the mail of one delivery; raises `tenants.mail.NotSent` when the mail server does not take it."""
    if _render is None:
        raise NoWriter("app.delivery.mails.use_renderer() was not called")
    destination = MailDestination(claimed.name, claimed.address, claimed.includes_contacts)
    body = for_mail(written, includes_contacts=claimed.includes_contacts)
    subject, words = _render(claimed.event_type, body, destination, claimed.language)
    send_now(Letter(claimed.address, subject, words))
