"""Import: a clean 12-column CSV received, checked and stored, against COPY of the same clean rows.

COPY writes what the import stored (leads, salts, blind indexes; already read, encrypted and exported) into the same
tables with all their indexes and checks, on one connection, in one transaction, as a superuser: nothing faster writes
these rows. Both take turns, each into emptied tables; the ratio of the medians is printed. `python -m bench.import_csv`.
"""

import io
import os
import statistics
import time

import psycopg

from app.leads.check import check
from bench.database import durable_database
from tests.app.leads.uploads import Desk, Person, csv_of
from tests.world import World

ROWS = 20_000
ROUNDS = 3
TABLES = ("lead", "lead_salt", "lead_person")


def by_product(desk: Desk, data: bytes) -> float:
    """Rows per second from the upload to the checked batch."""
    started = time.perf_counter()
    batch_id = desk.receive(data)
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    elapsed = time.perf_counter() - started
    view = desk.view(batch_id)
    assert view.accepted == view.rows_read == ROWS, view
    return ROWS / elapsed


def exported(server: psycopg.Connection) -> dict[str, bytes]:
    """The stored rows, as COPY takes them back fastest."""
    rows = {}
    for table in TABLES:
        out = io.BytesIO()
        with server.cursor().copy(f"COPY {table} TO STDOUT (FORMAT binary)") as copy:
            for piece in copy:
                out.write(piece)
        rows[table] = out.getvalue()
    return rows


def by_copy(server: psycopg.Connection, rows: dict[str, bytes]) -> float:
    """Leads per second by COPY alone."""
    started = time.perf_counter()
    with server.transaction():
        for table in TABLES:
            with server.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                for place in range(0, len(rows[table]), 1 << 20):
                    copy.write(rows[table][place : place + (1 << 20)])
    return ROWS / (time.perf_counter() - started)


def emptied(server: psycopg.Connection) -> None:
    """Both begin with empty tables and indexes."""
    server.execute(f"TRUNCATE {', '.join(TABLES)}, listing, slot")
    server.execute("CHECKPOINT")


def main() -> None:
    """Measure and print."""
    with durable_database() as url:
        superuser = url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")
        desk = Desk(World().acme)
        data = csv_of([Person(number, external_id=f"CRM-{number:07d}") for number in range(ROWS)])
        product, floor = [], []
        with psycopg.connect(superuser, autocommit=True) as server:
            for _ in range(ROUNDS):
                product.append(by_product(desk, data))
                rows = exported(server)
                emptied(server)
                floor.append(by_copy(server, rows))
                emptied(server)
        print(f"import: {ROWS} rows, {len(data) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
        print(f"  COPY of the stored rows {statistics.median(floor):7.0f}/s  of {[round(x) for x in floor]}")
        print(
            f"  receive, check, store   {statistics.median(product):7.0f}/s  of {[round(x) for x in product]}"
        )
        print(
            f"  ratio                   {statistics.median(product) / statistics.median(floor):7.2f}   (aim: 0.30)"
        )


if __name__ == "__main__":
    main()
