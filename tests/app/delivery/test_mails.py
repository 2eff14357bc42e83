"""An e-mail destination gets a link; contact data only where an owner allowed them."""

import email
import email.policy
import socket
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.delivery import destinations, mails
from app.delivery.destinations import NewDestination, shard_of
from app.delivery.drain import drain
from app.delivery.mails import MailDestination
from app.delivery.payload import Event
from tenants import clock, mail
from tenants.db import transaction
from tenants.ids import new_id
from tests.app.delivery.scene import CREATED, NOW, attempts, enqueue, only

CONTACTS = [{"phone": "+380501112233"}]


class Postbox:
    """A mail server's memory; `answer` is what it says to a mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it by this name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer


def render(event_type: str, body: Mapping[str, Any], to: MailDestination, language: str) -> tuple[str, str]:
    return f"Subject {event_type}", f"{event_type} {language} {to.name} {body}"


@pytest.fixture
def postbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Postbox]:
    """A running mail server, and a writer of mails."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setattr(mail, "_smtp", mail.SmtpSettings("127.0.0.1", port, "", "", "Floe <floe@floe.test>"))
    monkeypatch.setattr(mails, "_render", render)
    yield box
    server.stop()


def send(tenant_id: UUID, includes_contacts: bool) -> None:
    wanted = NewDestination("email", "Inbox", "sales@firm.example", includes_contacts, "uk")
    with clock.at(CREATED), transaction(tenant_id) as session:
        made = destinations.create(session, tenant_id, wanted).destination.id
    enqueue(tenant_id, [Event("sale.created", new_id(), {"link": "/leads/1"}, NOW, CONTACTS)])
    with clock.at(NOW):
        drain(shard_of(made), loopback=frozenset())


@pytest.mark.parametrize("includes_contacts", [False, True])
def test_contacts_go_by_mail_only_where_allowed(
    tenant_id: UUID, postbox: Postbox, includes_contacts: bool
) -> None:
    send(tenant_id, includes_contacts)
    (sent,) = postbox.mails
    assert (sent["To"], sent["Subject"]) == ("sales@firm.example", "Subject sale.created")
    words = sent.get_content()
    assert "uk Inbox" in words
    assert "/leads/1" in words
    assert ("+380501112233" in words) == includes_contacts
    assert only(tenant_id)["state"] == "delivered"


@pytest.mark.parametrize(
    ("answer", "state", "result"),
    [("451 try later", "pending", "error"), ("554 no such mailbox", "dead", "failure")],
)
def test_a_mail_that_is_not_taken_is_tried_again_unless_it_never_will_be(
    tenant_id: UUID, postbox: Postbox, answer: str, state: str, result: str
) -> None:
    postbox.answer = answer
    send(tenant_id, False)
    assert only(tenant_id)["state"] == state
    assert attempts(tenant_id)[0]["result"] == result
    assert answer[4:] in only(tenant_id)["last_error"]


def test_without_a_writer_the_delivery_waits_and_says_so(
    tenant_id: UUID, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails, "_render", None)
    send(tenant_id, False)
    assert only(tenant_id)["last_error"] == "could not be sent: NoWriter"
    assert postbox.mails == []
