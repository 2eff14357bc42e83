"""Leads sent by API over HTTP: singles at 50 a second whether answered or not, then a thousand in one request.

Every duration counts from when the request was due, so that a server that falls behind shows it. The ratio to an empty
authenticated endpoint under the same clock is printed beside it. Run it with `python -m bench.posts`.
"""

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from queue import SimpleQueue
from typing import Any

from app.market.prices import Price, set_price
from bench.database import analyze, durable_database
from bench.http import ask, serving
from tenants import api_keys, clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.world import make_party

ROUNDS, SECONDS, A_SECOND, CONNECTIONS = 3, 10, 50, 16
BULKS, LEADS = 8, 1_000
Request = tuple[str, str, bytes | None]


class Sender:
    """An agency's program: makes leads of different people and sends them."""

    def __init__(self, port: int, desk: Desk, key: str) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.number = 0
        self.facts = {
            "vertical": "home_solar",
            "type": "consumer",
            "country": "UA",
            "legal_basis": "consent",
            "source_id": str(desk.source_id),
            "consent_text_id": str(desk.consent_text_id),
        }

    def lead(self) -> dict[str, Any]:
        self.number += 1
        at = (clock.now() - timedelta(hours=1)).isoformat()
        return {
            "external_id": f"A-{self.number}",
            "enquired_at": at,
            "consent_at": at,
            "consent_origin": "https://acme.example/form",
            "region": "UA-30",
            "answers": {"property_type": "detached", "is_owner": True, "monthly_bill": "2000"},
            "bant": {"need": "confirmed", "authority": "confirmed"},
            "contacts": [
                {
                    "name": f"Olena {self.number}",
                    "phones": [f"+38067{self.number:07d}"],
                    "emails": [f"o{self.number}@example.com"],
                }
            ],
        }

    def single(self) -> Request:
        return "POST", "/api/v1/leads", json.dumps({**self.facts, **self.lead()}).encode()

    def empty(self) -> Request:
        return "GET", "/api/v1/me", None

    def bulk(self) -> Request:
        leads = [self.lead() for _ in range(LEADS)]
        return "POST", "/api/v1/leads/bulk", json.dumps({**self.facts, "leads": leads}).encode()

    def open_loop(self, make: Callable[[], Request]) -> list[float]:
        """Send one request every 20 ms; how long each took from when it was due."""
        due: SimpleQueue[tuple[float, Request] | None] = SimpleQueue()
        took: list[float] = []

        def work() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port)
            while (task := due.get()) is not None:
                try:
                    ask(connection, task[1][0], task[1][1], self.headers, task[1][2])
                except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
                    # the server had closed it for being idle: a program opens another and sends again
                    connection = http.client.HTTPConnection("127.0.0.1", self.port)
                    ask(connection, task[1][0], task[1][1], self.headers, task[1][2])
                took.append(time.perf_counter() - task[0])

        threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        wanted = [make() for _ in range(SECONDS * A_SECOND)]
        start = time.perf_counter()
        for number, request in enumerate(wanted):
            at = start + number / A_SECOND
            time.sleep(max(0.0, at - time.perf_counter()))
            due.put((at, request))
        for _ in threads:
            due.put(None)
        for thread in threads:
            thread.join()
        assert len(took) == len(wanted), "a request was refused"
        return took

    def one_by_one(self, make: Callable[[], Request]) -> list[float]:
        """Send one after another on one connection."""
        connection, took = http.client.HTTPConnection("127.0.0.1", self.port), []
        for method, path, body in [make() for _ in range(BULKS)]:
            start = time.perf_counter()
            read = ask(connection, method, path, self.headers, body)
            took.append(time.perf_counter() - start)
            assert path.endswith("/me") or json.loads(read)["counts"]["accepted"] == LEADS
        return took


def main() -> None:
    """Run all in turns, the first of which warms up, and print durations and ratios."""
    with durable_database() as url:
        make_party("operator", "Floe", "UA")
        agency = make_party("agency", "Acme", "UA")
        desk = Desk(agency)
        with transaction(agency.id) as session:
            price = Price(shared_minor=2000)
            set_price(session, agency.owner, desk.source_id, "home_solar", price, clock.now())
            _key, secret = api_keys.create(
                session, agency.owner, "bench", ["leads:read", "leads:write"], None
            )
        analyze(url)
        with serving(url, "/tmp") as port:  # noqa: S108 (nothing is there: Valkey is not needed)
            report(measure(Sender(port, desk, secret)))


def measure(sender: Sender) -> dict[str, list[float]]:
    """Every duration but those of the first turn."""
    turns: dict[str, Callable[[], list[float]]] = {
        "empty, 50/s": lambda: sender.open_loop(sender.empty),
        "one lead, 50/s": lambda: sender.open_loop(sender.single),
        "empty": lambda: sender.one_by_one(sender.empty),
        "1,000 leads": lambda: sender.one_by_one(sender.bulk),
    }
    found: dict[str, list[float]] = {name: [] for name in turns}
    for turn in range(ROUNDS + 1):
        for name, run in turns.items():
            took = run()
            found[name] += took if turn else []
    return found


def report(found: dict[str, list[float]]) -> None:
    """Quantiles, and the ratio of medians to the empty endpoint."""
    floors = {"one lead, 50/s": "empty, 50/s", "1,000 leads": "empty"}
    for name, took in found.items():
        cut = [one * 1000 for one in statistics.quantiles(took, n=100)]
        floor = floors.get(name)
        ratio = statistics.median(took) / statistics.median(found[floor]) if floor else 1
        print(
            f"{name:15} p50 {cut[49]:7.1f} ms  p95 {cut[94]:7.1f} ms  p99 {cut[98]:7.1f} ms"
            f"  {ratio:6.1f} x empty  ({len(took)} requests)"
        )


if __name__ == "__main__":
    main()
