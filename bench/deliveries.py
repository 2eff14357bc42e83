"""Deliveries: the whole path (claim, open, sign, send, record; every commit on disk) against bare POSTs.

Both send the same messages to the same receiver in another process, 50 at once on kept-alive connections, taking
turns; the ratio of the medians is printed. Run it with `python -m bench.deliveries`.
"""

import asyncio
import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from uuid import UUID

import aiohttp
from sqlalchemy import text

from app.delivery import destinations
from app.delivery.addresses import Loopback
from app.delivery.claim import IN_FLIGHT
from app.delivery.deliver import deliver_many
from app.delivery.destinations import NewDestination
from app.delivery.drain import drain
from app.delivery.models import SHARDS
from app.delivery.payload import Event, message
from app.delivery.signing import new_secrets, signed_headers
from bench.database import durable_database
from tenants import clock, crypto
from tenants.db import platform_transaction, transaction
from tenants.ids import new_id

TENANTS = 100
MESSAGES = 6_000
ROUNDS = 3
LEAD = {
    "vertical": "solar",
    "region": "PL-14",
    "price_minor": 4200,
    "currency": "EUR",
    "answers": ["owner"] * 30,
}

TENANT = text("""
    INSERT INTO tenant (id, kind, slug, name, sort_name, country, state, time_zone, language, currency, created_at)
    VALUES (:id, 'company', :slug, 'Firm', 'firm', 'PL', 'approved', 'Europe/Warsaw', 'pl', 'EUR', :at)""")


class Receiver(asyncio.Protocol):
    """Answers 200 to every request; the cheapest receiver that can be had, so that the sender is measured."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def receive(told: Connection) -> None:
    """The receiver's process."""

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def receiving() -> Iterator[int]:
    """The port of a running receiver."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=receive, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def make_tenants(url: str, loopback: Loopback) -> list[UUID]:
    """Companies with a webhook each."""
    made = []
    for _ in range(TENANTS):
        tenant_id, at = new_id(), clock.now() - timedelta(days=1)
        with platform_transaction("prepare a benchmark") as session:
            session.execute(TENANT, {"id": tenant_id, "slug": tenant_id.hex, "at": at})
            crypto.create_key(session, tenant_id, at)
        with clock.at(at), transaction(tenant_id) as session:
            destinations.create(session, tenant_id, NewDestination("webhook", "CRM", url), loopback)
        made.append(tenant_id)
    return made


def by_product(tenants: list[UUID], loopback: Loopback) -> float:
    """Messages per second of the product, all shards in turn in one process, as one worker does it."""
    for tenant_id in tenants:
        with transaction(tenant_id) as session:
            deliver_many(session, tenant_id, [event() for _ in range(MESSAGES // TENANTS)])
    started = time.perf_counter()
    tries = sum(drain(shard, loopback=loopback).tries for shard in range(SHARDS))
    elapsed = time.perf_counter() - started
    assert tries == MESSAGES, f"{tries} of {MESSAGES} were sent"
    return tries / elapsed


def by_bare_posts(url: str) -> float:
    """Messages per second of a loop that only posts, signed beforehand."""
    written = message(event())
    headers = signed_headers(new_id(), written, (new_secrets().current,))
    body = written.encode()

    async def post_all() -> float:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
            left = iter(range(MESSAGES))

            async def post_some() -> None:
                for _ in left:
                    async with client.post(url, data=body, headers=headers) as response:
                        await response.read()

            started = time.perf_counter()
            await asyncio.gather(*(post_some() for _ in range(IN_FLIGHT)))
            return MESSAGES / (time.perf_counter() - started)

    return asyncio.run(post_all())


def event() -> Event:
    """A sale of ordinary size."""
    contacts = [{"name": "Olena Kovalenko", "phone": "+380501112233", "email": "olena@example.com"}]
    return Event("sale.created", new_id(), LEAD, clock.now(), contacts)


def main() -> None:
    """Measure and print."""
    with receiving() as port, durable_database():
        url, loopback = f"http://127.0.0.1:{port}/hook", frozenset({("127.0.0.1", port)})
        tenants = make_tenants(url, loopback)
        product, bare = [], []
        for _ in range(ROUNDS):
            bare.append(by_bare_posts(url))
            product.append(by_product(tenants, loopback))
        size = len(message(event()).encode())
        print(
            f"deliveries: {MESSAGES} messages of {size} B to {TENANTS} destinations, load {os.getloadavg()[0]:.1f}"
        )
        print(f"  bare kept-alive POSTs  {statistics.median(bare):7.0f}/s  of {[round(x) for x in bare]}")
        print(
            f"  claim, send, record    {statistics.median(product):7.0f}/s  of {[round(x) for x in product]}"
        )
        print(
            f"  ratio                  {statistics.median(product) / statistics.median(bare):7.2f}   (aim: 0.25)"
        )


if __name__ == "__main__":
    main()
