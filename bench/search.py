"""The marketplace's search at a million listings, against the bare indexed queries it is made of, in turns.

Each round asks random filters and sorts, first by `app.market.search.search` through a company's door, then by the same
SQL on a plain connection without row-level security. Run it with `python -m bench.search`.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.market.search import SORTS, Filters, search
from bench.database import analyze, durable_database
from tenants.db import transaction
from tests.world import make_party

LISTINGS, ROUNDS, QUERIES = 1_000_000, 3, 300
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VERTICALS = (
    "consumer_loans",
    "home_solar",
    "home_windows",
    "insurance",
    "it_outsourcing",
    "private_education",
)
REGIONS = [f"UA-{number:02d}" for number in range(5, 75, 3)]
CHANNELS = ("organic_search", "paid_search", "social", "webinar", "word_of_mouth", "phone")
TEMPERATURES, STAGES, LANGUAGES = ("cold", "warm", "hot"), ("RQL", "MQL", "SQL"), ("uk", "pl", "en")

FILL = """
SET session_replication_role = replica;
INSERT INTO listing (lead_id, agency_id, agency_name, lead_type, max_sales, vertical, vertical_version, channel,
  source_label, country, region, language, temperature, stage, preview, enquired_at, expires_at, currency, source_id,
  listed_at, state, slots_left, shared_minor, exclusive_minor)
SELECT uuidv7(), '{agency}', 'Acme', 'consumer', 3, (ARRAY{verticals})[1 + floor(6 * power(random(), 2))::int], 1,
  (ARRAY{channels})[1 + floor(6 * random())::int], 'Search', 'UA', (ARRAY{regions})[1 + floor({region_count} * random())::int],
  (ARRAY{languages})[1 + floor(3 * random())::int], (ARRAY{temperatures})[1 + floor(3 * random())::int],
  (ARRAY{stages})[1 + floor(3 * random())::int], jsonb_build_object('roof', floor(5 * random())::int),
  timestamptz '{now}' - random() * interval '30 days', timestamptz '{now}' + interval '5 days', 'EUR', '{agency}',
  timestamptz '{now}', CASE WHEN random() < 0.8 THEN 'open' ELSE 'closed' END, 3,
  500 + floor(5000 * random())::int, 9000
FROM generate_series(1, {count});
"""


def fill(url: str, agency: str) -> None:
    """A million listings, written as superuser past the foreign keys: only their faces are searched."""
    superuser = url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")
    statement = FILL.format(
        agency=agency,
        now=NOW.isoformat(),
        count=LISTINGS,
        verticals=list(VERTICALS),
        channels=list(CHANNELS),
        regions=REGIONS,
        region_count=len(REGIONS),
        languages=list(LANGUAGES),
        temperatures=list(TEMPERATURES),
        stages=list(STAGES),
    )
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(statement)


def wish(chance: random.Random) -> tuple[Filters, str]:
    """What a company might look for."""
    some = chance.random
    filters = Filters(
        vertical=chance.choice(VERTICALS) if some() < 0.9 else "",
        country="UA" if some() < 0.5 else "",
        regions=tuple(chance.sample(REGIONS, 3)) if some() < 0.5 else (),
        channels=tuple(chance.sample(CHANNELS, 2)) if some() < 0.3 else (),
        temperatures=("warm", "hot") if some() < 0.4 else (),
        languages=("uk",) if some() < 0.2 else (),
        max_net_minor=chance.choice((1500, 3000)) if some() < 0.3 else None,
        preview={"roof": chance.randrange(5)} if some() < 0.15 else {},
    )
    return filters, chance.choice(list(SORTS))


def timed(ask: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1000


class Asked:
    """The statement that a search sent last, to ask it again without anything around it."""

    def __init__(self) -> None:
        self.sql, self.values = "", None
        event.listen(Engine, "before_cursor_execute", self.note)

    def note(self, _connection: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
        """Called by SQLAlchemy."""
        if "FROM listing" in sql:
            self.sql, self.values = sql, values


def through_the_door(company_id: UUID, filters: Filters, sort: str) -> None:
    """As a page does it."""
    with transaction(company_id) as session:
        search(session, filters, NOW, sort=sort)


def main() -> None:
    """Fill, ask in turns, print p50 and p95."""
    with durable_database() as url:
        agency, company = make_party("agency", "Acme", "UA"), make_party("company", "Bolt", "PL")
        fill(url, str(agency.id))
        analyze(url)
        ours: list[float] = []
        bare: list[float] = []
        asked = Asked()
        superuser = url.replace("+psycopg", "", 1).replace("//app@", "//postgres@")
        with psycopg.connect(superuser, autocommit=True) as plain:
            for turn in range(ROUNDS + 1):
                chance = random.Random(turn)
                for _ in range(QUERIES):
                    took = timed(partial(through_the_door, company.id, *wish(chance)))
                    floor = timed(lambda: plain.execute(asked.sql, asked.values).fetchall())
                    if turn:
                        ours.append(took)
                        bare.append(floor)
        report(ours, bare)


def report(ours: list[float], bare: list[float]) -> None:
    """Percentiles of both."""
    for name, times in (("search", ours), ("bare query", bare)):
        cut = statistics.quantiles(times, n=100)
        print(f"{name:11} p50 {cut[49]:7.2f} ms   p95 {cut[94]:7.2f} ms   p99 {cut[98]:7.2f} ms")
    p95, floor = (statistics.quantiles(times, n=100)[94] for times in (ours, bare))
    print(f"p95 is {p95:.1f} ms; 3 x the bare query + 15 ms is {3 * floor + 15:.1f} ms")


if __name__ == "__main__":
    main()
