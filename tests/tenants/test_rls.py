"""The rules written for a table hold in a real database."""

from collections.abc import Iterable, Iterator

import psycopg
import pytest
from psycopg import errors

from tenants.ids import new_id
from tenants.rls import protect, protect_pair, protect_public

MINE, OTHER = str(new_id()), str(new_id())


@pytest.fixture
def table(superuser: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A table that exists for one test, with a row of mine and one of another's."""
    with superuser.transaction(force_rollback=True):
        superuser.execute("SET LOCAL ROLE owner")
        superuser.execute(
            "CREATE TABLE thing (tenant_id uuid, agency_id uuid, company_id uuid, word text NOT NULL DEFAULT 'old')"
        )
        for row in ((MINE, MINE, OTHER), (OTHER, OTHER, OTHER)):
            superuser.execute("INSERT INTO thing VALUES (%s, %s, %s)", row)
        yield superuser


def apply(table: psycopg.Connection, rules: Iterable[str]) -> None:
    for rule in rules:
        table.execute(rule.encode())


def count(table: psycopg.Connection, role: str, tenant: str, statement: str) -> int:
    """How many rows a statement touches; -1 when the database refuses it."""
    try:
        with table.transaction():
            table.execute(
                "SELECT set_config('role', %s, true), set_config('app.tenant', %s, true)", (role, tenant)
            )
            return table.execute(statement.encode()).rowcount
    except errors.InsufficientPrivilege:
        return -1
    finally:
        table.execute("SET LOCAL ROLE owner")


READ, WRITE, DELETE = "SELECT * FROM thing", "UPDATE thing SET word = 'new'", "DELETE FROM thing"
STEAL = f"INSERT INTO thing VALUES ('{OTHER}', '{OTHER}', '{OTHER}')"


def test_a_protected_table_shows_each_tenant_its_own_rows(table: psycopg.Connection) -> None:
    apply(table, protect("thing"))
    assert [count(table, "app", who, READ) for who in (MINE, OTHER, "")] == [1, 1, 0]
    assert count(table, "app", MINE, WRITE) == 1
    assert count(table, "app", MINE, STEAL) == -1
    assert [count(table, role, "", WRITE) for role in ("platform", "owner")] == [2, 2]


def test_an_append_only_table_is_never_changed(table: psycopg.Connection) -> None:
    apply(table, protect("thing", app="SELECT, INSERT", platform="SELECT, INSERT"))
    assert [count(table, role, MINE, what) for role in ("app", "platform") for what in (WRITE, DELETE)] == [
        -1
    ] * 4


def test_a_closed_table_is_no_tenants_business(table: psycopg.Connection) -> None:
    apply(table, protect("thing", app="", platform=""))
    assert [count(table, role, MINE, READ) for role in ("app", "platform")] == [-1, -1]


def test_a_pair_table_is_read_by_both_sides_and_written_by_none(table: psycopg.Connection) -> None:
    apply(table, protect_pair("thing"))
    assert [count(table, "app", who, READ) for who in (MINE, OTHER, str(new_id()))] == [1, 2, 0]
    assert count(table, "app", MINE, WRITE) == -1
    assert count(table, "platform", "", WRITE) == 2


def test_a_public_table_is_read_by_all_and_written_by_its_owner(table: psycopg.Connection) -> None:
    apply(table, protect_public("thing", owned_by="agency_id"))
    assert [count(table, "app", who, READ) for who in (MINE, str(new_id()))] == [2, 2]
    assert [count(table, "app", MINE, what) for what in (WRITE, STEAL, DELETE)] == [1, -1, 1]
