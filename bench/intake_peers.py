"""A file's rows per second by Floe, by the naive path and by the CSV import of Tryton 8.2, in turns.

All three write to one PostgreSQL server with fsync on. Floe checks a whole file with two worker processes; the
others, which take one process each, get a few of its rows. The rate of the naive path does not change with the file; that
of Tryton falls, so it imports a short file and a longer one. Floe and the naive path start with the same number of stored
leads, Tryton with none.

Tryton does more than Floe with a row: it checks access rules and the domain of every field for the user, writes down who
made each record and when, and keeps every phone and e-mail as a contact record with its own rules, as the shown and as the
compact number. And less: it knows no duplicates, suppression, consent, answers or score, encrypts nothing, takes a whole
file back for one bad row, and works in one process within one request. Only name, number, phone and e-mail of a row go
into it.

`python -m bench.intake_peers [rows] [naive rows] [Tryton rows] [stored leads] [a Python that has Tryton]`; without the last
Tryton is installed into a venv that is gone afterwards.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from bench import naive, tryton
from bench.database import analyze, durable_database
from bench.intake import by_product, file_of, stock
from tests.app.leads.uploads import Desk
from tests.world import World

ROUNDS = 3
NAIVE, SHORT, LONGER = "naive", "Tryton 8.2", "Tryton 8.2, longer"
WANTED = {NAIVE: 30, SHORT: 100, LONGER: 100}
SHORT_ROWS = 1_000


def main(
    rows: int = 200_000,
    naive_rows: int = 4_000,
    tryton_rows: int = 50_000,
    stored: int = 100_000,
    python: str = "",
) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="floe-tryton-") as name, durable_database() as url:
        folder = Path(name)
        superuser = url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")
        with psycopg.connect(superuser, autocommit=True) as server:
            server.execute("CREATE DATABASE naive")
        home, found, query = url.replace("//app@", "//postgres@").partition("?")
        naive_url = f"{home.rpartition('/')[0]}/naive{found}{query}"
        naive.stocked(create_engine(naive_url), stored)
        desk = Desk(World().acme)
        stock(desk, url, stored)
        with tryton.serving(
            Path(python) if python else tryton.installed(folder), superuser, folder
        ) as client:
            analyze(url)
            counts = {"Floe": rows, NAIVE: naive_rows, SHORT: SHORT_ROWS, LONGER: tryton_rows}
            ways: dict[str, Callable[[bytes], float]] = {
                "Floe": lambda data: by_product(desk, data, url)[0],
                NAIVE: lambda data: by_naive(naive_url, data),
                SHORT: client.seconds,
                LONGER: client.seconds,
            }
            rates: dict[str, list[float]] = {way: [] for way in ways}
            for turn in range(ROUNDS):
                for way, seconds in ways.items():
                    start = turn * counts[way] + (rows if way == SHORT else 0)
                    rates[way].append(counts[way] / seconds(file_of(counts[way], start)))
                print(f"turn {turn + 1}: {[round(found[-1]) for found in rates.values()]} rows/s", flush=True)
    report(rates, counts, stored)


def by_naive(url: str, data: bytes) -> float:
    """Seconds of the naive path in its own process."""
    command = (sys.executable, "-m", "bench.naive", url)
    return float(subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout)


def report(rates: dict[str, list[float]], counts: dict[str, int], stored: int) -> None:
    """Medians and ratios."""
    ours = statistics.median(rates["Floe"])
    print(f"intake beside its peers, {stored} leads stored, load {os.getloadavg()[0]:.1f}")
    for way, found in rates.items():
        rate = statistics.median(found)
        ratio = f"Floe is {ours / rate:6.1f} x ({WANTED[way]})" if way in WANTED else ""
        print(f"  {way:18} {counts[way]:7d} rows {rate:8.1f}/s  of {[round(x, 1) for x in found]}  {ratio}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), *sys.argv[5:6])
