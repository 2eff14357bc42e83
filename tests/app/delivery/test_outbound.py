"""Nothing of ours ever connects to a private address, whatever name, literal or answer leads there."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from app.delivery.addresses import Loopback
from app.delivery.outbound import LONGEST_ANSWER, Answer, Outbound, Timeouts, UnsafeAddress, _GuardedSocket
from tests.app.delivery.forms import PRIVATE_FORMS
from tests.app.delivery.receiver import Receiver, Reply, receiving, tripwire

BRIEF = Timeouts(connect_seconds=0.5, read_seconds=0.5)


def names(*answers: list[str]) -> Callable[[str, int], "asyncio.Future[list[str]]"]:
    """A name server that gives these answers in turn, the last one for ever."""
    left = list(answers)

    async def lookup(_host: str, _port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return lookup


async def generous(host: str, _port: int) -> list[str]:
    """A resolver that, like some systems', takes every spelling of an IPv4 address for one, and knows localhost."""
    name = host.removesuffix(".").lower()
    return ["127.0.0.1" if name == "localhost" else socket.inet_ntoa(socket.inet_aton(name))]


def post(url: str, loopback: Loopback = frozenset(), **options: object) -> Answer:
    async def send() -> Answer:
        async with Outbound(loopback, timeouts=BRIEF, **options) as outbound:
            return await outbound.post(url, b"{}", {})

    return asyncio.run(send())


def listed(receiver: Receiver) -> Loopback:
    return frozenset({("127.0.0.1", receiver.port)})


@pytest.mark.parametrize("form", PRIVATE_FORMS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_literal_reaches_the_tripwire(form: str, scheme: str) -> None:
    with tripwire() as wire:
        answer = post(f"{scheme}://{form}:{wire.port}/", lookup=generous)
        assert answer.status is None
        assert answer.error
        assert wire.connections() == 0


def test_the_tripwire_does_notice_a_connection() -> None:
    with tripwire() as wire:
        post(f"http://127.0.0.1:{wire.port}/", frozenset({("127.0.0.1", wire.port)}))
        assert wire.connections() == 1


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["::1"],
        ["0.0.0.0"],  # noqa: S104 (an answer of a name server)
        ["1.1.1.1", "127.0.0.1"],
        ["2606:4700::1111", "127.0.0.1"],
        ["1.1.1.1", "::ffff:127.0.0.1"],
        ["::ffff:7f00:1"],
    ],
)
def test_a_name_with_any_private_address_is_refused_whole(found: list[str]) -> None:
    with tripwire() as wire:
        answer = post(f"http://rebind.example:{wire.port}/", lookup=names(found))
        assert answer.error == "rebind.example leads to an address that is not on the public internet"
        assert wire.connections() == 0


def test_a_name_that_changes_its_mind_is_checked_at_every_connection() -> None:
    with receiving() as receiver:
        receiver.reply = Reply(headers={"Connection": "close"})
        asked: list[str] = []
        answers = names(["127.0.0.1"], ["0.0.0.0"])  # noqa: S104 (an answer of a name server)

        async def counted(host: str, port: int) -> list[str]:
            asked.append(host)
            return await answers(host, port)

        async def twice() -> list[Answer]:
            known = frozenset({("rebind.example", receiver.port)})
            async with Outbound(known, timeouts=BRIEF, lookup=counted) as outbound:
                url = f"http://rebind.example:{receiver.port}/"
                return [await outbound.post(url, b"{}", {}) for _ in range(2)]

        first, second = asyncio.run(twice())
        assert first.status == 200
        assert second.status is None
        assert len(receiver.heard) == 1
        assert receiver.heard[0].headers["host"] == f"rebind.example:{receiver.port}"
        assert asked == ["rebind.example"] * 2


def test_a_name_off_the_list_does_not_reach_a_listed_loopback_port() -> None:
    with receiving() as receiver:
        answer = post(f"http://evil.example:{receiver.port}/", listed(receiver), lookup=names(["127.0.0.1"]))
        assert answer.status is None
        assert receiver.heard == []


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with receiving() as receiver, tripwire() as wire:
        receiver.reply = Reply(302, headers={"Location": f"http://127.0.0.1:{wire.port}/"})
        assert post(receiver.url, listed(receiver)).status == 302
        assert wire.connections() == 0


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver, tripwire() as wire:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{wire.port}")
        assert post(receiver.url, listed(receiver)).status == 200
        assert wire.connections() == 0


def test_cookies_are_not_kept_and_connections_are() -> None:
    with receiving() as receiver:
        receiver.reply = Reply(headers={"Set-Cookie": "a=b"})

        async def thrice() -> None:
            async with Outbound(listed(receiver), timeouts=BRIEF) as outbound:
                for _ in range(3):
                    await outbound.post(receiver.url, b"{}", {})

        asyncio.run(thrice())
        assert [heard.headers.get("cookie") for heard in receiver.heard] == [None] * 3
        assert receiver.connections == 1


def test_the_peer_is_checked_once_more_after_the_connection() -> None:
    with (
        tripwire() as wire,
        _GuardedSocket(socket.AF_INET, socket.SOCK_STREAM, 0, ports=frozenset()) as guarded,
    ):
        socket.socket.connect(guarded, ("127.0.0.1", wire.port))
        with pytest.raises(UnsafeAddress):
            guarded.getpeername()


def test_a_long_answer_is_read_to_the_cap_only() -> None:
    with receiving() as receiver:
        receiver.reply = Reply(body=b"x" * 1_000_000)
        answer = post(receiver.url, listed(receiver))
        assert answer.status == 200
        assert len(answer.body) == LONGEST_ANSWER


def test_a_compressed_answer_is_not_inflated() -> None:
    with receiving() as receiver:
        receiver.reply = Reply(body=b"\x1f\x8b-not-gzip", headers={"Content-Encoding": "gzip"})
        assert post(receiver.url, listed(receiver)).body == b"\x1f\x8b-not-gzip"


def test_a_slow_receiver_is_given_up_in_time() -> None:
    with receiving() as receiver:
        receiver.reply = Reply(delay_seconds=1.5)
        answer = post(receiver.url, listed(receiver))
        assert answer == Answer(None, error="no answer in time", milliseconds=answer.milliseconds)
        assert answer.milliseconds < 1400


def test_a_closed_port_is_an_answer_with_an_error() -> None:
    with tripwire() as wire:
        port = wire.port
    answer = post(f"http://127.0.0.1:{port}/", frozenset({("127.0.0.1", port)}))
    assert answer.status is None
    assert "ClientConnectorError" in (answer.error or "")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("Wed, 01 Jan 2020 00:00:00 GMT", 0), ("soon", None), ("", None), ("-5", None)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: int | None) -> None:
    with receiving() as receiver:
        receiver.reply = Reply(429, headers={"Retry-After": value})
        assert post(receiver.url, listed(receiver)).retry_after_seconds == seconds
