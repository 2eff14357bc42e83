"""What every test stands on: real servers, one database per process, nothing left behind, books that are right.

A test that touches the database asks for `doors` (or for something that does: `world`, `client`). It is rolled back.
Marked `committed` it really commits, and its rows are deleted afterwards.
"""

import os
from collections.abc import Iterator

import hypothesis
import psycopg
import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine

from app import background
from app.config import Settings, read
from tenants import crypto, db, jobs, letters
from tests import servers as running
from tests.network import only_this_machine
from tests.one_connection import doors_on
from tests.world import World

PATIENCE = "-c lock_timeout=3000 -c statement_timeout=10000"

_DELETE_EVERYTHING = """
SELECT 'SET session_replication_role = replica; '
  || string_agg(format('DELETE FROM %I.%I', schemaname, tablename), '; ')
  || '; SET session_replication_role = origin'
FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""


# a busy machine makes examples slowly: that says nothing about the product
hypothesis.settings.register_profile(
    "floe", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("floe")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    with only_this_machine():
        yield


@pytest.fixture(autouse=True)
def _no_door_by_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_bind", None)


@pytest.fixture(scope="session")
def worker_number() -> int:
    """0 without xdist; else 1, 2, …: each process has its own database and its own numbered Valkey database."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return int(worker.removeprefix("gw")) + 1 if worker else 0


@pytest.fixture(scope="session")
def servers() -> running.Servers:
    """The run's PostgreSQL and Valkey."""
    return running.start_servers()


@pytest.fixture(scope="session")
def database(servers: running.Servers, worker_number: int) -> running.DatabaseUrls:
    """This process's own migrated database."""
    return running.clone(servers, f"floe_{worker_number}", running.template_database(servers))


@pytest.fixture(scope="session")
def environment(
    servers: running.Servers, database: running.DatabaseUrls, worker_number: int
) -> dict[str, str]:
    """What a process of Floe is told: for tests that start one."""
    return running.environment(servers, database, worker_number)


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Settings:
    """The same, read."""
    return read(environment)


@pytest.fixture(scope="session")
def engine(database: running.DatabaseUrls) -> Iterator[Engine]:
    """Logs in as the runtime role `app`, as production does."""
    engine = create_engine(database.app, connect_args={"options": PATIENCE})
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def superuser(database: running.DatabaseUrls) -> Iterator[psycopg.Connection]:
    """A connection that may do anything, to prepare what no role of ours could; autocommit."""
    address = database.superuser.replace("+psycopg", "", 1)
    with psycopg.connect(address, autocommit=True, options=PATIENCE) as connection:
        yield connection


@pytest.fixture(scope="session")
def valkey(servers: running.Servers, worker_number: int) -> Iterator[redis.Redis]:
    """This process's own numbered database of Valkey; empty at the start of every test that has `doors`."""
    with redis.Redis.from_url(servers.valkey_url(worker_number)) as client:
        yield client


@pytest.fixture(scope="session")
def _connected(settings: Settings, valkey: redis.Redis) -> None:
    # what deeds in the database reach for; the fixture `app` connects everything else
    crypto.use_root_key(settings.root_key)
    jobs.use_redis(valkey)
    letters.use_base_url(settings.base_url)
    background.load()


@pytest.fixture
def doors(
    request: pytest.FixtureRequest,
    engine: Engine,
    valkey: redis.Redis,
    _connected: None,
    _no_door_by_accident: None,
) -> Iterator[None]:
    """The doors of tenants/db.py lead to this test's database; afterwards the proofs must find nothing."""
    valkey.flushdb()
    if request.node.get_closest_marker("committed") is None:
        with doors_on(engine):
            yield
            _demand_right_books()
        return
    superuser: psycopg.Connection = request.getfixturevalue("superuser")
    db.use(engine)
    try:
        yield
        _demand_right_books()
    finally:
        row = superuser.execute(_DELETE_EVERYTHING).fetchone()
        assert row is not None
        superuser.execute(row[0])


def _demand_right_books() -> None:
    from app.proofs import run_all

    broken = run_all()
    assert not broken, broken


@pytest.fixture
def world(doors: None) -> World:
    """acme, bolt, crane and floe, each made when first named."""
    return World()


@pytest.fixture(scope="session")
def app(settings: Settings) -> Flask:
    """The application on this process's database; errors that nobody foresaw fail the test."""
    from app import create_app

    made = create_app(settings)
    made.testing = True
    return made


@pytest.fixture
def client(app: Flask, doors: None) -> FlaskClient:
    """A browser that is not logged in."""
    return app.test_client()
