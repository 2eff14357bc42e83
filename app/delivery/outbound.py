"""HTTP to strangers' machines: many requests at once on kept-alive connections, and never to a private address.

Invariants: every socket checks the very address it is about to connect to, whatever name or literal led there; a name
is resolved once per connection and refused when any of its addresses is not allowed; redirects are not followed, no
proxy, no cookie, no compressed answer; at most 64 kB of an answer are read.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from app.delivery.addresses import NO_LOOPBACK, Loopback, is_loopback, is_public

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
LONGEST_ANSWER = 64 * 1024
RESOLVER_THREADS = 16

Lookup = Callable[[str, int], Awaitable[list[str]]]


class UnsafeAddress(Exception):
    """A name or literal led to an address that is not on the public internet; no packet was sent.

    Not an `OSError`, which asyncio would swallow.
    """


@dataclass(frozen=True)
class Timeouts:
    """Seconds to connect (name, TCP and TLS together) and then to read the whole answer."""

    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS


@dataclass(frozen=True)
class Answer:
    """What a receiver answered; without a status it did not, and `error` says why."""

    status: int | None
    body: bytes = b""
    retry_after_seconds: int | None = None
    error: str | None = None
    milliseconds: int = 0


class Outbound:
    """A client for one event loop; use as `async with`. `loopback` names the receivers of demo and tests."""

    def __init__(
        self,
        loopback: Loopback = NO_LOOPBACK,
        *,
        lookup: Lookup | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._loopback = loopback
        self._lookup = lookup
        self._timeouts = timeouts or Timeouts()
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")
        self._client: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Outbound":
        ports = frozenset(port for _, port in self._loopback)
        connector = aiohttp.TCPConnector(
            limit=0,
            use_dns_cache=False,
            resolver=_PublicResolver(self._loopback, self._lookup or self._system_lookup),
            socket_factory=lambda info: _GuardedSocket(info[0], info[1], info[2], ports=ports),
        )
        wait = self._timeouts
        self._client = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=wait.connect_seconds + wait.read_seconds,
                connect=wait.connect_seconds,
                sock_read=wait.read_seconds,
            ),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _system_lookup(self, host: str, port: int) -> list[str]:
        # threads of our own: a slow name server must not hold up what else runs in the loop's default threads
        look_up = asyncio.get_running_loop().run_in_executor
        found = await look_up(self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        return [str(info[4][0]) for info in found]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request; every way it can fail is an `Answer` without a status. Sends nothing to a private address."""
        return await self._ask("POST", url, body, headers)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Ask for something, under the same rules."""
        return await self._ask("GET", url, None, headers)

    async def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        if self._client is None:
            raise RuntimeError("use Outbound in an async with block")
        started = time.monotonic()
        try:
            asked = self._client.request(method, url, data=body, headers=headers, allow_redirects=False)
            async with asked as response:
                answer = Answer(response.status, await _capped(response), _retry_after(response))
        except UnsafeAddress as error:
            answer = Answer(None, error=str(error))
        except TimeoutError:
            answer = Answer(None, error="no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            answer = Answer(None, error=_short(error))
        elapsed = int((time.monotonic() - started) * 1000)
        return Answer(answer.status, answer.body, answer.retry_after_seconds, answer.error, elapsed)


class _PublicResolver(AbstractResolver):
    """Resolves a name and refuses it whole when any of its addresses is not allowed."""

    def __init__(self, loopback: Loopback, lookup: Lookup) -> None:
        self._loopback = loopback
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = list(dict.fromkeys(await self._lookup(host, port)))
        is_listed = (host, port) in self._loopback
        for address in found:
            if not (is_public(address) or (is_listed and is_loopback(address))):
                raise UnsafeAddress(f"{host} leads to an address that is not on the public internet")
        return [_resolved(host, port, address) for address in found]

    async def close(self) -> None:
        """Nothing is held open."""


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=flags
    )


class _GuardedSocket(socket.socket):
    """A socket that connects to the public internet only; literals, which no resolver sees, are checked here too."""

    def __init__(self, family: int, kind: int, proto: int, *, ports: frozenset[int]) -> None:
        super().__init__(family, kind, proto)
        self._ports = ports

    def connect(self, address: Any) -> None:
        self._check(address)
        super().connect(address)

    def getpeername(self) -> Any:
        """The peer, checked: asyncio asks for it once, before the first byte is written."""
        peer = super().getpeername()
        self._check(peer)
        return peer

    def _check(self, address: Any) -> None:
        host, port = str(address[0]), int(address[1])
        if not (is_public(host) or (port in self._ports and is_loopback(host))):
            raise UnsafeAddress("the address is not on the public internet")


async def _capped(response: aiohttp.ClientResponse) -> bytes:
    """The first 64 kB; of a longer answer the rest is never read and the connection is given up."""
    body = bytearray()
    while len(body) < LONGEST_ANSWER:
        chunk = await response.content.read(LONGEST_ANSWER - len(body))
        if not chunk:
            return bytes(body)
        body += chunk
    response.close()
    return bytes(body)


def _retry_after(response: aiohttp.ClientResponse) -> int | None:
    """Retry-After in seconds from now, given as seconds or as a date; None when absent or unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return int(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, int((moment - datetime.fromtimestamp(time.time(), UTC)).total_seconds()))


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
