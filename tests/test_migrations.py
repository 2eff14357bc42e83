"""Migrations run one after the other, both ways, and lead to what models and catalogue say."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.models import Base
from tenants.cluster import prepare
from tests import servers as running
from tests.catalogue import SNAPSHOT, describe

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"

INVISIBLE = "policies, grants, FORCE, checks, defaults, triggers, functions, what an index is limited to"
"""What autogenerate cannot compare: the catalogue snapshot does."""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


@dataclass(frozen=True)
class Empty:
    """A database without tables, and how to migrate it."""

    urls: running.DatabaseUrls
    config: Config

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.urls.superuser.replace("+psycopg", "", 1), autocommit=True)


@pytest.fixture
def empty(servers: running.Servers, worker_number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Empty]:
    name = f"floe_migrations_{worker_number}"
    server = running.urls(servers, "postgres").superuser
    prepare(server, name)
    urls = running.urls(servers, name)
    monkeypatch.setenv("DATABASE_OWNER_URL", urls.owner)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    yield Empty(urls, config)
    with psycopg.connect(server.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_ids_are_numbers_in_one_line() -> None:
    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    ids = [script.revision for script in reversed(scripts)]
    assert ids == [f"{number:04}" for number in range(1, len(ids) + 1)]
    assert [script.down_revision for script in reversed(scripts)] == [None, *ids[:-1]]
    for script in scripts:
        assert re.fullmatch(rf"{script.revision}_[a-z_]+\.py", Path(script.path).name)


def test_every_step_down_is_undone_by_the_step_up(empty: Empty) -> None:
    steps = len(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions()))
    with empty.superuser() as connection:
        nothing = describe(connection)
        command.upgrade(empty.config, "head")
        on_the_way_down = [describe(connection)]
        for _ in range(steps):
            command.downgrade(empty.config, "-1")
            on_the_way_down.append(describe(connection))
        assert [row[0] for row in connection.execute(_TABLES)] == ["alembic_version"]
        assert [line for line in on_the_way_down.pop() if "alembic_version" not in line] == nothing
        for expected in reversed(on_the_way_down):
            command.upgrade(empty.config, "+1")
            assert describe(connection) == expected


def test_models_say_what_the_migrations_made(database: running.DatabaseUrls) -> None:
    engine = create_engine(database.owner)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert not found, f"autogenerate (blind to {INVISIBLE}) finds:\n" + "\n".join(map(str, found))


def test_the_catalogue_is_as_reviewed(superuser: psycopg.Connection) -> None:
    reviewed = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    difference = list(
        difflib.unified_diff(reviewed, describe(superuser), "reviewed", "database", n=0, lineterm="")
    )
    assert not difference, (
        "The database's rules have changed. Read the difference; if it is meant, run "
        "`python -m tests.catalogue`.\n" + "\n".join(difference)
    )
