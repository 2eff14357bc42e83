"""Intake at size: a clean 12-column CSV checked by two worker processes into a stock of a million leads, against COPY.

COPY writes what the check stored (leads, salts, blind indexes; already read, encrypted and exported) into the same
tables with all their indexes and checks, beside the same stock, on one connection, in one transaction, as a superuser.
Both take turns; what each wrote is deleted before the other's turn. Starting the
workers' interpreters does not count: the stack's are there already. `python -m bench.intake [rows] [stored rows]`.
"""

import io
import os
import statistics
import subprocess
import sys
import time
from uuid import UUID

import psycopg

from bench.database import analyze, durable_database
from tests.app.leads.uploads import Desk, Person, csv_of
from tests.world import World

ROUNDS = 3
FIRST_NAMES = ("Олена", "Ірина", "Марія", "Оксана", "Андрій", "Тарас", "Богдан")
LAST_NAMES = (
    "Коваленко",
    "Бондар",
    "Шевчук",
    "Мельник",
    "Кравець",
    "Лисенко",
    "Гончар",
    "Савчук",
    "Мороз",
    "Руденко",
    "Ткач",
)
TABLES = ("lead", "lead_salt", "lead_person")
WORKER = """
import base64, sys
from pathlib import Path
from uuid import UUID
from sqlalchemy import create_engine
from app.leads import check
from tenants import crypto, db
from tests.servers import SECRETS
crypto.use_root_key(base64.b64decode(SECRETS["FLOE_ROOT_KEY"]))
db.use(create_engine(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
check.check(UUID(sys.argv[2]), UUID(sys.argv[3]))
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


def file_of(rows: int, start: int) -> bytes:
    """A clean file whose people nobody has met; a million rows are just below the limit of 200 MB."""
    data = csv_of([person(n) for n in range(start, start + rows)])
    return data.replace(b"call after ", b"call ").replace(b" o'clock", b"").replace(b"/form,", b"/,")


def person(number: int) -> Person:
    """Somebody whose row leaves nothing to be noticed."""
    phone = f"+380{(67, 50, 63, 93)[number % 4]}{number // 4:07d}"
    name = f"{FIRST_NAMES[number % 7]} {LAST_NAMES[number // 7 % 11]}"
    return Person(number, phone=phone, external_id=f"C-{number:08d}", name=name)


def checked(desk: Desk, url: str, batch_id: UUID) -> tuple[float, list[int]]:
    """Two running workers check a batch: the seconds it took, and the most memory of each in MB."""
    command = (sys.executable, "-c", WORKER, url, str(desk.agency.id), str(batch_id))
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(2)]
    for one in workers:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for one in workers:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate()[0] for one in workers]
    return time.perf_counter() - started, [int(one) for one in told]


def by_product(desk: Desk, data: bytes, url: str) -> tuple[float, list[int]]:
    """Seconds from a started check of an unread file to its end, and the workers' most memory in MB."""
    batch_id = desk.receive(data)
    desk.start(batch_id)
    elapsed, memory = checked(desk, url, batch_id)
    view = desk.view(batch_id)
    assert view.state == "checked", view
    assert view.accepted == view.rows_read, view
    return elapsed, memory


def exported(server: psycopg.Connection, condition: str) -> dict[str, bytes]:
    """The stored rows, as COPY takes them back fastest."""
    rows = {}
    for table in TABLES:
        key = "id" if table == "lead" else "lead_id"
        out = io.BytesIO()
        query = f"COPY (SELECT * FROM {table} WHERE {key} IN (SELECT id FROM lead WHERE {condition})) TO STDOUT (FORMAT binary)"
        with server.cursor().copy(query) as copy:
            for piece in copy:
                out.write(piece)
        rows[table] = out.getvalue()
    return rows


def by_copy(server: psycopg.Connection, rows: dict[str, bytes]) -> float:
    """Seconds of COPY alone."""
    started = time.perf_counter()
    with server.transaction():
        for table in TABLES:
            with server.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                for place in range(0, len(rows[table]), 1 << 20):
                    copy.write(rows[table][place : place + (1 << 20)])
    return time.perf_counter() - started


def emptied(server: psycopg.Connection, condition: str) -> None:
    """The stock as it was before."""
    for table in ("lead_salt", "lead_person"):
        server.execute(f"DELETE FROM {table} WHERE lead_id IN (SELECT id FROM lead WHERE {condition})")
    server.execute(f"DELETE FROM lead WHERE {condition}")
    for table in TABLES:
        server.execute(f"VACUUM {table}")
    server.execute("CHECKPOINT")


def stock(desk: Desk, url: str, rows: int) -> None:
    """Leads that are there already, by the product itself."""
    for start in range(0, rows, 250_000):
        batch_id = desk.receive(file_of(min(250_000, rows - start), 20_000_000 + start))
        desk.start(batch_id)
        checked(desk, url, batch_id)


def main(rows: int = 1_000_000, stored: int = 1_000_000) -> None:
    """Measure and print."""
    with durable_database() as url:
        superuser = url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")
        desk = Desk(World().acme)
        stock(desk, url, stored)
        analyze(url)
        data = file_of(rows, 0)
        condition = "external_id < 'C-2'"
        product, floor, memory = [], [], []
        with psycopg.connect(superuser, autocommit=True) as server:
            for _ in range(ROUNDS):
                seconds, used = by_product(desk, data, url)
                product.append(rows / seconds)
                memory += used
                copied = exported(server, condition)
                emptied(server, condition)
                floor.append(rows / by_copy(server, copied))
                del copied
                emptied(server, condition)
        ratio = statistics.median(product) / statistics.median(floor)
        print(
            f"intake: {rows} rows, {len(data) / 1e6:.1f} MB, into {stored} leads, load {os.getloadavg()[0]:.1f}"
        )
        print(f"  COPY of the stored rows {statistics.median(floor):7.0f}/s  of {[round(x) for x in floor]}")
        print(
            f"  two workers             {statistics.median(product):7.0f}/s  of {[round(x) for x in product]}"
        )
        print(f"  ratio                   {ratio:7.2f}   (0.40, aim 0.50)")
        print(f"  memory of a worker      {max(memory):7d} MB (150)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
