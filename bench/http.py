"""Purchases of five leads over HTTP, against an empty endpoint of the same server, in turns.

gunicorn with two workers of four threads; two client processes with four kept-alive connections each. The ratio to an
authenticated empty endpoint is printed beside it. Run it with `python -m bench.http`.
"""

import http.client
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.queues import Queue
from typing import Any
from uuid import UUID

from bench.database import analyze, durable_database
from tenants import api_keys, clock
from tenants.db import transaction
from tenants.ids import new_id
from tests.servers import SECRETS
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.world import Party, make_party

PROCESSES, THREADS, ROUNDS, SECONDS = 2, 4, 3, 4
LEADS, AT_ONCE = 24_000, 5


@dataclass(frozen=True)
class Task:
    """What every client process is told."""

    port: int
    leads: list[UUID]
    keys: list[str]


@contextmanager
def serving(url: str, folder: str) -> Iterator[int]:
    """The web server on a free port, told as production is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        **SECRETS,
        "DATABASE_URL": url,
        "REDIS_URL": f"unix://{folder}/none",
        "FLOE_MODE": "test",
        "FLOE_API_CALLS_A_MINUTE": "1000000",
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--no-control-socket",
        "-k",
        "gthread",
        "-w",
        "2",
        "--threads",
        "4",
    ]
    server = subprocess.Popen(
        [*command, "-b", f"127.0.0.1:{port}", "wsgi:app"], env=env, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                ask(http.client.HTTPConnection("127.0.0.1", port), "GET", "/healthz", {})
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait()


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None = None,
) -> bytes:
    """One request on a kept-alive connection; anything but success is an error."""
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    read = answer.read()
    assert answer.status in (200, 201), (answer.status, read)
    return read


def work(task: Task, number: int, go: Any, told: "Queue[Any]") -> None:
    """A client process: asks what it is told for some seconds on all its connections, and says every duration."""
    stock, lock = iter(task.leads[number::PROCESSES]), threading.Lock()
    while (name := go.get()) is not None:
        took: list[float] = []
        threads = [
            threading.Thread(
                target=_loop, args=(task, name, task.keys[number * THREADS + n], stock, lock, took)
            )
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.put(took)


def _loop(
    task: Task, name: str, key: str, stock: Iterator[UUID], lock: threading.Lock, took: list[float]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", task.port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    until = time.perf_counter() + SECONDS
    while (start := time.perf_counter()) < until:
        if name == "empty":
            ask(connection, "GET", "/healthz", {})
        elif name == "authenticated":
            ask(connection, "GET", "/api/v1/me", headers)
        else:
            with lock:
                leads = [next(stock) for _ in range(AT_ONCE)]
            items = [
                {"lead_id": str(x), "terms": "ppl", "mode": "shared", "max_net_minor": 5000} for x in leads
            ]
            bought = ask(
                connection,
                "POST",
                "/api/v1/purchases",
                {**headers, "Idempotency-Key": str(new_id())},
                json.dumps({"items": items}).encode(),
            )
            assert bought.count(b'"sold"') == AT_ONCE, bought
        took.append(time.perf_counter() - start)


def key_of(company: Party) -> str:
    """An API key that may buy."""
    with transaction(company.id) as session:
        made = api_keys.create(session, company.owner, "bench", ["purchases:write", "leads:read"], None)
    return made[1]


def main() -> None:
    """Run all, in turns, and print rates and ratios."""
    at = clock.now() - timedelta(hours=1)
    with durable_database() as url:
        make_party("operator", "Floe", "UA")
        agency = make_party("agency", "Acme", "UA")
        companies = [make_party("company", f"Company {n}", "PL") for n in range(PROCESSES * THREADS)]
        for company in companies:
            fill_wallet(company, 10**12, at)
        leads = [
            x
            for part in range(LEADS // 2000)
            for x in put_on_sale(agency, at, Wanted(2000, phone_from=part * 2000))
        ]
        analyze(url)
        with serving(url, "/tmp") as port:  # noqa: S108 (nothing is there: Valkey is not needed)
            task = Task(port, leads, [key_of(company) for company in companies])
            report(*measure(task))


def measure(task: Task) -> tuple[dict[str, list[float]], list[float]]:
    """Rates of each in turn, and how long every purchase took. The first turn warms up and does not count."""
    context = multiprocessing.get_context("spawn")
    told: Queue[Any] = context.Queue()
    goes = [context.Queue() for _ in range(PROCESSES)]
    for number, go in enumerate(goes):
        context.Process(target=work, args=(task, number, go, told), daemon=True).start()
    rates: dict[str, list[float]] = {"empty": [], "authenticated": [], "purchase": []}
    times: list[float] = []
    for turn in range(ROUNDS + 1):
        for name, found in rates.items():
            for go in goes:
                go.put(name)
            took = [one for _ in goes for one in told.get()]
            if turn:
                found.append(len(took) / SECONDS)
                times += took if name == "purchase" else []
    for go in goes:
        go.put(None)
    return rates, times


def report(rates: dict[str, list[float]], times: list[float]) -> None:
    """Medians and ratios."""
    median = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in median.items():
        print(f"{name:14} {rate:8.0f}/s   a purchase is {median['purchase'] / rate:.3f} of it")
    cut = statistics.quantiles(times, n=100)
    print(
        f"purchase of {AT_ONCE}: p50 {cut[49] * 1000:.1f} ms, p95 {cut[94] * 1000:.1f} ms, p99 {cut[98] * 1000:.1f} ms"
    )


if __name__ == "__main__":
    main()
