"""Purchases over HTTP at a fixed pace while nothing else happens, and while a file of a million rows is checked, in turns.

The web server is gunicorn as in the one-machine stack; two workers check the file, niced by 10 as the slow queue is. Every
duration counts from when the purchase was due, so that a server that falls behind shows it; the ratio of the p99s is
printed. `python -m bench.intake_meanwhile [rows] [seconds of a turn]`.
"""

import http.client
import json
import multiprocessing
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from queue import SimpleQueue
from uuid import UUID

from bench.database import analyze, durable_database
from bench.http import ask, key_of, serving
from bench.intake import checked, file_of, stock
from tenants import clock
from tenants.ids import new_id
from tests.app.leads.uploads import Desk
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.world import make_party

ROUNDS, A_SECOND, AT_ONCE, COMPANIES, PART = 3, 20, 5, 8, 2_000
QUIET, BUSY = "nothing else", "an import"


class Buyers:
    """Companies whose programs buy new leads all the time."""

    def __init__(self, port: int, keys: list[str], leads: list[UUID]) -> None:
        self.port, self.keys, self.leads = port, keys, iter(leads)

    def buy(self, seconds: int) -> list[float]:
        """Buy five leads 20 times a second; how long each purchase took from when it was due."""
        due: SimpleQueue[tuple[float, bytes] | None] = SimpleQueue()
        took: list[float] = []
        threads = [threading.Thread(target=self._work, args=(key, due, took)) for key in self.keys]
        for thread in threads:
            thread.start()
        wanted = [self._order() for _ in range(seconds * A_SECOND)]
        start = time.perf_counter()
        for number, body in enumerate(wanted):
            at = start + number / A_SECOND
            time.sleep(max(0.0, at - time.perf_counter()))
            due.put((at, body))
        for _ in threads:
            due.put(None)
        for thread in threads:
            thread.join()
        assert len(took) == len(wanted), "a purchase was refused"
        return took

    def _order(self) -> bytes:
        items = [
            {"lead_id": str(next(self.leads)), "terms": "ppl", "mode": "shared", "max_net_minor": 5000}
            for _ in range(AT_ONCE)
        ]
        return json.dumps({"items": items}).encode()

    def _work(self, key: str, due: "SimpleQueue[tuple[float, bytes] | None]", took: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        while (task := due.get()) is not None:
            named = {**headers, "Idempotency-Key": str(new_id())}
            bought = ask(connection, "POST", "/api/v1/purchases", named, task[1])
            assert bought.count(b'"sold"') == AT_ONCE, bought
            took.append(time.perf_counter() - task[0])


def check_niced(desk: Desk, url: str, batch_id: UUID) -> None:
    """What the workers of the slow queue do, as they do it; in a process of its own."""
    os.nice(10)
    checked(desk, url, batch_id)


@contextmanager
def importing(desk: Desk, url: str, data: bytes) -> Iterator[None]:
    """A received file is checked meanwhile; afterwards its check is waited for."""
    batch_id = desk.receive(data)
    desk.start(batch_id)
    told = (Desk(desk.agency), url, batch_id)
    check = multiprocessing.get_context("spawn").Process(target=check_niced, args=told)
    started = time.perf_counter()
    check.start()
    while desk.view(batch_id).rows_read == 0:
        time.sleep(0.05)
    yield
    view = desk.view(batch_id)
    if view.state != "checking":
        print("  the import ended before its turn did: take more rows")
    check.join()
    assert desk.view(batch_id).state == "checked"
    print(
        f"  {view.rows_read} rows checked when its turn ended, all after {time.perf_counter() - started:.0f} s"
    )


def main(rows: int = 1_000_000, seconds: int = 30) -> None:
    """Measure and print. The first turn warms up and does not count."""
    at = clock.now() - timedelta(hours=1)
    with durable_database() as url:
        make_party("operator", "Floe", "UA")
        agency, desk = make_party("agency", "Acme", "UA"), Desk(make_party("agency", "Apex", "UA"))
        companies = [make_party("company", f"Company {n}", "PL") for n in range(COMPANIES)]
        for company in companies:
            fill_wallet(company, 10**12, at)
        wanted = (2 * ROUNDS + 1) * seconds * A_SECOND * AT_ONCE
        parts = [Wanted(PART, phone_from=start) for start in range(0, wanted, PART)]
        leads = [lead for part in parts for lead in put_on_sale(agency, at, part)]
        stock(desk, url, 100_000)
        analyze(url)
        took: dict[str, list[list[float]]] = {QUIET: [], BUSY: []}
        with serving(url, "/tmp") as port:  # noqa: S108 (nothing is there: Valkey is not needed)
            buyers = Buyers(port, [key_of(company) for company in companies], leads)
            print(f"purchases of {AT_ONCE}, {A_SECOND} a second, beside an import of {rows} rows")
            buyers.buy(seconds)
            for turn in range(ROUNDS):
                took[QUIET].append(buyers.buy(seconds))
                with importing(desk, url, file_of(rows, turn * rows)):
                    took[BUSY].append(buyers.buy(seconds))
    report(took)


def report(took: dict[str, list[list[float]]]) -> None:
    """Quantiles of each, and the ratio of the medians of the turns."""
    p99: dict[str, float] = {}
    for name, turns in took.items():
        of_turns = [statistics.quantiles(turn, n=100)[98] * 1000 for turn in turns]
        cut = [one * 1000 for one in statistics.quantiles([one for turn in turns for one in turn], n=100)]
        p99[name] = statistics.median(of_turns)
        print(
            f"  beside {name:12} p50 {cut[49]:6.1f} ms  p99 {cut[98]:6.1f} ms  p99 of turns {[round(x, 1) for x in of_turns]}"
        )
    print(f"  p99 is {p99[BUSY] / p99[QUIET]:.2f} of it (2.00), load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
