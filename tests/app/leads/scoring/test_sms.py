"""Text messages through a real HTTP gateway: filled in safely, sent once, tried again, given up; never to a private address."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from app.delivery.addresses import UnsafeDestination
from app.leads.scoring import gateway, sms, telling
from app.leads.scoring.gateway import Gateway, read_headers
from tenants import clock, crypto
from tenants.db import transaction
from tenants.errors import Invalid
from tests.app.delivery.receiver import Receiver, Reply, receiving
from tests.app.leads.scoring.desk import ScoringDesk
from tests.world import World

JSON_BODY = '{"to": "{to}", "message": "{text}"}'
PHONE = "+380671112233"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def _set_up(world: World, receiver: Receiver, body: str = JSON_BODY, kind: str = "json") -> ScoringDesk:
    allowed = frozenset({("127.0.0.1", receiver.port)})
    with transaction(world.acme.id) as session:
        wanted = Gateway(receiver.url, kind, body, (("Authorization", "Bearer s3cret"),))
        gateway.save(session, world.acme.owner, wanted, allowed)
    desk = ScoringDesk(world.acme)
    desk.watch(20, members=(), phones=(PHONE,))
    desk.send()
    assert telling.tell(world.acme.id, clock.now()) == 1
    return desk


def _send(receiver: Receiver, later: timedelta = timedelta(0)) -> int:
    return sms.send_due(clock.now() + later, frozenset({("127.0.0.1", receiver.port)}))


def test_a_rise_becomes_one_message_with_the_gateways_own_secret(world: World, receiver: Receiver) -> None:
    desk = _set_up(world, receiver)
    assert _send(receiver) == 1
    assert _send(receiver) == 0
    [heard] = receiver.heard
    assert heard.message["to"] == PHONE
    assert "/leads/" in heard.message["message"]
    assert heard.headers["authorization"] == "Bearer s3cret"
    [row] = desk.rows("SELECT state, message_sealed, last_status FROM sms")
    assert (row.state, row.message_sealed, row.last_status) == ("sent", None, 200)


def test_numbers_and_secrets_lie_sealed(world: World, receiver: Receiver) -> None:
    desk = _set_up(world, receiver)
    [row] = (
        desk.rows("""SELECT t.phones_sealed, s.message_sealed, g.settings_sealed FROM score_threshold t, sms s,
        sms_gateway g""")
    )
    for sealed in row:
        assert b"1112233" not in bytes(sealed)
        assert b"s3cret" not in bytes(sealed)


def test_a_form_is_filled_in_as_a_form(world: World, receiver: Receiver) -> None:
    _set_up(world, receiver, "To={to}&Body={text}&From=Floe", "form")
    _send(receiver)
    [heard] = receiver.heard
    assert parse_qs(heard.body)["To"] == [PHONE]
    assert parse_qs(heard.body)["From"] == ["Floe"]


def test_what_fails_is_tried_again_and_then_given_up(world: World, receiver: Receiver) -> None:
    desk = _set_up(world, receiver)
    receiver.reply = Reply(503)
    for hours in range(0, 20, 4):
        _send(receiver, timedelta(hours=hours))
    [row] = desk.rows("SELECT state, attempts, last_error, message_sealed FROM sms")
    assert (row.state, row.attempts, row.message_sealed) == ("dead", 1 + len(sms.RETRY_SECONDS), None)
    assert "503" in row.last_error


def test_the_gateways_no_is_final_and_so_is_a_gateway_that_is_gone(world: World, receiver: Receiver) -> None:
    desk = _set_up(world, receiver)
    receiver.reply = Reply(422)
    _send(receiver)
    [row] = desk.rows("SELECT state, attempts FROM sms")
    assert (row.state, row.attempts) == ("dead", 1)
    with transaction(world.acme.id) as session:
        sms.post(session, crypto.vault(session, world.acme.id), [PHONE], "again", clock.now())
        gateway.remove(session, world.acme.owner)
    _send(receiver)
    assert len(receiver.heard) == 1
    assert [row.state for row in desk.rows("SELECT state FROM sms")] == ["dead", "dead"]


def test_a_claim_of_a_worker_that_died_comes_back(world: World, receiver: Receiver) -> None:
    _set_up(world, receiver)
    sms._claim(clock.now())
    assert _send(receiver) == 0
    assert _send(receiver, sms.LEASE + timedelta(seconds=1)) == 1


@pytest.mark.parametrize(
    ("url", "kind", "body"),
    [
        ("https://sms.example.com/send", "xml", JSON_BODY),
        ("https://sms.example.com/send", "json", ""),
        ("https://sms.example.com/send", "json", '{"to": "{to}"}'),
        ("https://sms.example.com/send", "json", '{"to": "{to}", "text": {text}}'),
        ("https://{to}.example.com/send", "json", JSON_BODY),
        ("https://sms.example.com/send", "json", "x" * 4001),
    ],
)
def test_a_gateway_that_makes_no_sense_is_refused(world: World, url: str, kind: str, body: str) -> None:
    with transaction(world.acme.id) as session, pytest.raises(Invalid):
        gateway.save(session, world.acme.owner, Gateway(url, kind, body))


@pytest.mark.parametrize(
    "url", ["http://sms.example.com/", "https://127.0.0.1/", "https://10.0.0.1/x", "https://localhost/", "ftp://a.b/",
            "https://169.254.169.254/latest", "https://user:pw@sms.example.com/"],
)  # fmt: skip
def test_a_gateway_is_never_at_a_private_address(world: World, url: str) -> None:
    with transaction(world.acme.id) as session, pytest.raises(UnsafeDestination):
        gateway.save(session, world.acme.owner, Gateway(url, "json", JSON_BODY))


def test_what_is_filled_in_cannot_break_out() -> None:
    evil = '"}, {"admin": true} \n &To=1 {to}'
    _, body, _ = Gateway("https://sms.example.com/", "json", JSON_BODY).request("+1", evil)
    assert body.count(b"{") == 3, "two braces of the words stay words"
    _, form, _ = Gateway("https://sms.example.com/", "form", "To={to}&Body={text}").request("+1", evil)
    assert parse_qs(form.decode())["To"] == ["+1"]
    url, _, _ = Gateway("https://sms.example.com/{to}?t={text}", "form", "x").request("../admin", "a&b=c#d")
    assert url == "https://sms.example.com/..%2Fadmin?t=a%26b%3Dc%23d"


def test_headers_are_read_line_by_line() -> None:
    assert read_headers("Authorization: Bearer x\n\nX-Key: 1") == (
        ("Authorization", "Bearer x"),
        ("X-Key", "1"),
    )
    for bad in ("no colon", "Host: evil", "A b: c", "X-A: ü", "\n".join(f"X-{n}: 1" for n in range(11))):
        with pytest.raises(Invalid):
            read_headers(bad)
