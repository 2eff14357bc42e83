"""Send what is due: claim, send, record, until nothing is due.

Invariants: no transaction is open while anything is sent; a drain killed at any moment loses nothing, the lease brings
its claims back under the same ids; one slow receiver holds up its own five slots, not the rest.
"""

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from dataclasses import dataclass
from uuid import UUID

from app.delivery.addresses import NO_LOOPBACK, Loopback, UnsafeDestination, loopback_from, webhook_address
from app.delivery.claim import IN_FLIGHT, LEASE, Claimed, claim
from app.delivery.mails import send_mail
from app.delivery.models import SHARDS, WEBHOOK
from app.delivery.outbound import CONNECT_SECONDS, READ_SECONDS, Outbound, Timeouts
from app.delivery.payload import open_message, open_secret
from app.delivery.record import Told, record
from app.delivery.signing import Secrets, signed_headers, valid_secrets
from app.delivery.verdict import Verdict, bodiless, failed, handed_over, skipped, unposted, verdict
from tenants import clock
from tenants.crypto import unwrap
from tenants.db import platform_transaction
from tenants.mail import NotSent

log = logging.getLogger(__name__)

CHUNK = 500
RUN_SECONDS = 60.0
"""A drain that is never done makes room for the other jobs of its queue after this long; the next one goes on."""
MAILERS = 8
"""Threads that talk to the mail server; apart from those that talk to the database, which must never wait for it."""
ROUND_SECONDS = 0.02
LONGEST_ROUND_SECONDS = 0.25
LAST_START_SECONDS = LEASE.total_seconds() - 2 * (CONNECT_SECONDS + READ_SECONDS)
"""A claim older than this when its turn comes goes back: its lease could end while it is being sent."""


@dataclass(frozen=True, slots=True)
class Drained:
    """What a drain did: tries recorded, rounds it took, and whether it stopped because its time was over."""

    tries: int
    rounds: int
    has_more: bool


def drain(
    shard: int,
    *,
    loopback: Loopback | None = None,
    timeouts: Timeouts | None = None,
    run_seconds: float = RUN_SECONDS,
) -> Drained:
    """Send everything due in one shard of destinations, and what is due elsewhere while slow receivers are waited for.

    Safe to run twice, at once or after a crash: claims are leased, repeated sends carry the same webhook-id. Times are
    the clock's at each claim, so a failed delivery's next try may be made by the same drain.
    """
    allowed = loopback_from(os.environ) if loopback is None else loopback
    return asyncio.run(_drain(shard, allowed, timeouts, time.monotonic() + run_seconds))


async def _drain(shard: int, loopback: Loopback, timeouts: Timeouts | None, ends: float) -> Drained:
    async with Outbound(loopback, timeouts=timeouts) as outbound:
        with closing(_Sender(outbound, loopback)) as sender:
            return await _rounds(shard, sender, ends)


async def _rounds(shard: int, sender: "_Sender", ends: float) -> Drained:
    under_way: set[asyncio.Task[Told]] = set()
    tries = rounds = 0
    pause, is_helping = ROUND_SECONDS, False
    while True:
        claimed: list[Claimed] = []
        if time.monotonic() < ends:
            claimed = await asyncio.to_thread(_claim, shard, CHUNK - len(under_way), is_helping)
        under_way |= {asyncio.create_task(sender.send(one, time.monotonic())) for one in claimed}
        if not under_way:
            return Drained(tries, rounds, has_more=time.monotonic() >= ends)
        done, under_way = await asyncio.wait(under_way, timeout=pause)
        if done:
            await asyncio.to_thread(_record, [task.result() for task in done])
        tries, rounds = tries + len(done), rounds + 1
        is_helping = not claimed
        pause = ROUND_SECONDS if claimed or done else min(pause * 2, LONGEST_ROUND_SECONDS)


def _claim(shard: int, chunk: int, is_helping: bool) -> list[Claimed]:
    now = clock.now()
    with platform_transaction("claim due deliveries") as session:
        claimed = claim(session, shard, now, chunk)
        if is_helping:
            for step in range(1, SHARDS):
                left = chunk - len(claimed)
                claimed += claim(session, (shard + step) % SHARDS, now, left, waits=False)
    return claimed


def _record(told: Sequence[Told]) -> None:
    with platform_transaction("record how deliveries went") as session:
        record(session, told, clock.now())


class _Sender:
    """Sends claimed deliveries, at most 50 at once."""

    def __init__(self, outbound: Outbound, loopback: Loopback = NO_LOOPBACK) -> None:
        self._outbound = outbound
        self._loopback = loopback
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._receivers: dict[tuple[UUID, str, bytes], Secrets] = {}
        self._mailers = ThreadPoolExecutor(MAILERS, thread_name_prefix="mail")

    def close(self) -> None:
        """Let the threads go; every send has ended by then."""
        self._mailers.shutdown(wait=False)

    async def send(self, claimed: Claimed, claimed_at: float) -> Told:
        """Send one delivery; whatever goes wrong becomes its verdict, for a try that raises would stop all others."""
        async with self._slots:
            if time.monotonic() - claimed_at > LAST_START_SECONDS:
                return Told(claimed, skipped())
            try:
                return Told(claimed, await self._try(claimed))
            except Exception as error:
                log.exception("delivery %s could not be sent", claimed.id)
                return Told(claimed, failed(f"could not be sent: {type(error).__name__}"))

    async def _try(self, claimed: Claimed) -> Verdict:
        if claimed.body_sealed is None:
            return bodiless()
        vault = unwrap(claimed.tenant_id, claimed.wrapped_key)
        written = open_message(vault, claimed.event_type, claimed.subject_id, claimed.body_sealed)
        if claimed.kind == WEBHOOK:
            return await self._post(claimed, written)
        return await self._mail(claimed, written)

    async def _mail(self, claimed: Claimed, written: str) -> Verdict:
        started = time.monotonic()
        in_thread = asyncio.get_running_loop().run_in_executor
        try:
            await in_thread(self._mailers, copy_context().run, send_mail, claimed, written)
        except NotSent as failure:
            return unposted(str(failure), is_final=failure.is_final)
        return handed_over(int((time.monotonic() - started) * 1000))

    async def _post(self, claimed: Claimed, written: str) -> Verdict:
        try:
            secrets = self._receiver(claimed)
        except UnsafeDestination as refusal:
            return failed(refusal.message)
        headers = {
            **signed_headers(claimed.id, written, valid_secrets(secrets, clock.now())),
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Floe-Webhooks/1",
        }
        return verdict(await self._outbound.post(claimed.address, written.encode(), headers))

    def _receiver(self, claimed: Claimed) -> Secrets:
        """The secrets of a destination whose address is allowed; checked and opened once per drain and version."""
        if claimed.secret_sealed is None:
            raise ValueError("a webhook without a secret")
        version = claimed.destination_id, claimed.address, claimed.secret_sealed
        known = self._receivers.get(version)
        if known is None:
            webhook_address(claimed.address, self._loopback)
            vault = unwrap(claimed.tenant_id, claimed.wrapped_key)
            known = Secrets.from_bytes(open_secret(vault, claimed.destination_id, claimed.secret_sealed))
            self._receivers[version] = known
        return known
