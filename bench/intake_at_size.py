"""What a row of an upload costs beside 100,000 stored leads and beside ten million, in turns.

Two databases of one server, each with one agency. The first leads of each are checked in by the product; the rest are
copies of those in all their widths, with ids and times of the past year, blind indexes and salts at random, written by a
superuser with the indexes that no foreign key needs put aside. Then the product checks a file of people nobody has met
into the one and the other; starting the workers does not count. What went into the small one is deleted before its next
turn; the large one grows.
`python -m bench.intake_at_size [rows] [few stored] [many stored]`; ten million leads take some 30 GB of disk.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import Engine, create_engine

from bench.database import durable_database
from bench.intake import TABLES, by_product, emptied, file_of
from tenants import db
from tests.app.leads.uploads import Desk
from tests.servers import TEMPLATE
from tests.world import World

ROUNDS, MODELS, SLICE = 3, 2_000, 1_000_000
NEW = "external_id < 'C-2'"

_IDS = """
CREATE TEMPORARY TABLE made AS SELECT n, (n %% %(models)s)::int AS model, at, uuidv7(at - now()) AS id
FROM (SELECT n, now() - interval '365 days' * (1 - n / %(all)s::float8) AS at
  FROM generate_series(%(from)s::bigint, %(to)s::bigint) n) x ORDER BY n
"""
_MODELS = """
CREATE TEMPORARY TABLE model AS SELECT (row_number() OVER (ORDER BY id) - 1)::int AS model, id FROM lead LIMIT %(models)s
"""
_PEOPLE = """
INSERT INTO lead_person (tenant_id, blind, lead_id)
SELECT p.tenant_id, substr(sha256(uuid_send(gen_random_uuid())), 1, length(p.blind)), made.id
FROM made JOIN model USING (model) JOIN lead_person p ON p.lead_id = model.id
"""
_SALTS = """
INSERT INTO lead_salt (tenant_id, lead_id, salt)
SELECT s.tenant_id, made.id, substr(sha256(uuid_send(gen_random_uuid())), 1, length(s.salt))
FROM made JOIN model USING (model) JOIN lead_salt s ON s.lead_id = model.id ORDER BY made.n
"""
_OTHER = {
    "id": "made.id",
    "external_id": "'S-' || made.n",
    "enquired_at": "made.at - interval '1 day'",
    "expires_at": "made.at + interval '29 days'",
    "created_at": "made.at",
    "consent_at": "made.at - interval '1 day'",
    "state": "CASE WHEN made.at < now() - interval '29 days' THEN 'expired' ELSE 'offered' END",
}
"""What a copied lead has of its own."""
# an index that a foreign key leans on stays: leads come in the order of their ids, so it costs little
_INDEXES = """
SELECT c.relname, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), k.conname, pg_get_constraintdef(k.oid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
WHERE c.relname = ANY(%s) AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.conindid = i.indexrelid AND f.contype = 'f')
"""


@dataclass
class Stock:
    """One database with so many leads of one agency."""

    url: str
    engine: Engine
    desk: Desk

    @classmethod
    def made(cls, url: str, size: int) -> "Stock":
        """An agency, its first leads by the product, the rest of them copied."""
        engine = create_engine(url, hide_parameters=True)
        db.use(engine)
        desk = Desk(World().acme)
        by_product(desk, file_of(MODELS, 20_000_000), url)
        started = time.perf_counter()
        with psycopg.connect(superuser(url), autocommit=True) as server:
            fill(server, size)
            bytes_ = server.execute("SELECT pg_database_size(current_database())").fetchone()
        assert bytes_
        took = time.perf_counter() - started
        print(f"  {size} leads, {bytes_[0] / 1e9:.1f} GB, made in {took:.0f} s", flush=True)
        return cls(url, engine, desk)

    def cost(self, turn: int, rows: int) -> float:
        """Microseconds of a row, once the workers run: what a file of one row takes is taken off."""
        db.use(self.engine)
        one, all_ = file_of(1, 19_000_000 + turn), file_of(rows, turn * rows)
        start = by_product(self.desk, one, self.url)[0]
        return (by_product(self.desk, all_, self.url)[0] - start) / (rows - 1) * 1e6


def superuser(url: str) -> str:
    """The same database, for psycopg."""
    return url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")


def fill(server: psycopg.Connection, size: int) -> None:
    """Copy the leads that are there until there are so many."""
    names = [
        one[0]
        for one in server.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'lead'::regclass AND attnum > 0 AND NOT attisdropped"
        )
    ]
    copied = ", ".join(_OTHER.get(name, f"lead.{name}") for name in names)
    leads = (
        f"INSERT INTO lead ({', '.join(names)}) SELECT {copied} FROM made JOIN model USING (model) "
        "JOIN lead ON lead.id = model.id ORDER BY made.n"
    )
    server.execute("ALTER SYSTEM SET autovacuum = off")
    server.execute("SELECT pg_reload_conf()")
    server.execute("SET session_replication_role = replica")
    server.execute("SET maintenance_work_mem = '1GB'")
    server.execute("SET work_mem = '256MB'")
    literal = psycopg.ClientCursor(server)
    literal.execute(_MODELS, {"models": MODELS})
    with _without_indexes(server):
        for start in range(0, size - MODELS, SLICE):
            words = {
                "from": start,
                "to": min(start + SLICE, size - MODELS) - 1,
                "models": MODELS,
                "all": size,
            }
            literal.execute(_IDS, words)
            server.execute("ANALYZE made")
            for statement in (leads, _SALTS, _PEOPLE):
                server.execute(statement)
            server.execute("DROP TABLE made")
    server.execute("VACUUM ANALYZE")
    server.execute("CHECKPOINT")
    server.execute("ALTER SYSTEM RESET autovacuum")
    server.execute("SELECT pg_reload_conf()")


@contextmanager
def _without_indexes(server: psycopg.Connection) -> Iterator[None]:
    put_aside = server.execute(_INDEXES, (list(TABLES),)).fetchall()
    for table, index, _, constraint, _ in put_aside:
        server.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                sql.Identifier(table), sql.Identifier(constraint)
            )
            if constraint
            else sql.SQL("DROP INDEX {}").format(sql.Identifier(index))
        )
    yield
    for table, _, definition, constraint, rule in put_aside:
        server.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {rule}" if constraint else definition
        )


def main(rows: int = 200_000, few: int = 100_000, many: int = 10_000_000) -> None:
    """Measure and print."""
    with durable_database() as url:
        other = url.replace(f"/{TEMPLATE}?", "/large?")
        with psycopg.connect(
            superuser(url).replace(f"/{TEMPLATE}?", "/postgres?"), autocommit=True
        ) as server:
            server.execute(f"CREATE DATABASE large TEMPLATE {TEMPLATE} OWNER owner")
            server.execute("GRANT CONNECT ON DATABASE large TO app")
        print(f"intake at size: {rows} rows, two workers")
        small, large = Stock.made(url, few), Stock.made(other, many)
        costs: dict[str, list[float]] = {"few": [], "many": []}
        for turn in range(ROUNDS):
            costs["few"].append(small.cost(turn, rows))
            with psycopg.connect(superuser(url), autocommit=True) as server:
                emptied(server, NEW)
            costs["many"].append(large.cost(turn, rows))
    report(costs, few, many)


def report(costs: dict[str, list[float]], few: int, many: int) -> None:
    """Medians and their ratio."""
    low, high = statistics.median(costs["few"]), statistics.median(costs["many"])
    print(f"  beside {few:9d} {low:6.1f} us a row of {[round(x, 1) for x in costs['few']]}")
    print(f"  beside {many:9d} {high:6.1f} us a row of {[round(x, 1) for x in costs['many']]}")
    print(f"  ratio {high / low:.2f} (1.5), load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
