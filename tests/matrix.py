"""Who reaches whose rows: every table, every command, as every kind of visitor, asked of the database itself.

What is expected is said here and in tests/tables.py, not read from the policies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.tables import CLOSED, PAIRS, PUBLIC, Table

DENIED = -1
"""Instead of a number of rows: the database refused the statement."""

_STRUCTURE = """
SELECT c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text,
  (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c WHERE c.oid = %s::regclass
"""


@dataclass(frozen=True)
class Visitor:
    """A role with a tenant bound ("" = none)."""

    role: str
    tenant: str


@dataclass(frozen=True)
class Probe:
    """One question to the database: how many rows did it have to reach, how many did it reach."""

    table: str
    question: str
    expected: int
    got: int

    @property
    def is_right(self) -> bool:
        return self.got == self.expected

    def __str__(self) -> str:
        wanted, got = (
            "a refusal" if rows == DENIED else f"{rows} rows" for rows in (self.expected, self.got)
        )
        return f"{self.table}: {self.question} expected {wanted}, got {got}"


def probes(connection: psycopg.Connection, table: Table) -> Iterator[Probe]:
    """Ask who reaches this table; needs a superuser; writes nothing that stays."""
    unknown = [side for side in table.sides if table.column(side) is None]
    if unknown:
        yield Probe(table.name, f"is its tenant in {unknown[0]}? Say whose it is in tests/tables.py", 1, 0)
        return
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL session_replication_role = replica")  # no foreign keys, no triggers
        for question, expected, got in chain(_structure(connection, table), _visits(connection, table)):
            yield Probe(table.name, question, expected, got)


Answer = tuple[str, int, int]
"""Question, rows expected, rows got."""


def _structure(connection: psycopg.Connection, table: Table) -> Iterator[Answer]:
    row = connection.execute(_STRUCTURE, (f"public.{table.name}",)).fetchone()
    assert row is not None
    enabled, forced, owner, policies = row
    yield "row security enabled, forced and with policies", 1, int(enabled and forced and policies > 0)
    yield "belonging to the role owner", 1, int(owner == "owner")


def _visits(connection: psycopg.Connection, table: Table) -> Iterator[Answer]:
    mine, theirs = str(uuid4()), str(uuid4())
    for tenant in (mine, theirs):
        connection.execute(*_insert(table, tenant))
    yield from _as_owner_and_platform(connection, table)
    visitors = {
        "nobody": Visitor("app", ""),
        "its tenant": Visitor("app", mine),
        "another tenant": Visitor("app", theirs if table.name not in PAIRS else str(uuid4())),
    }
    for who, visitor in visitors.items():
        is_own = who == "its tenant"
        yield _reads(connection, table, who, visitor, mine)
        for command in ("INSERT", "UPDATE", "DELETE"):
            yield _writes(connection, table, command, (who, visitor), is_own, mine)
    yield from _gives_away(connection, table, visitors["its tenant"], theirs)
    if table.name in PAIRS:
        yield from _other_side(connection, table, mine)


def _may(connection: psycopg.Connection, role: str, table: Table, command: str) -> bool:
    ask = "has_table_privilege" if command == "DELETE" else "has_any_column_privilege"
    row = connection.execute(f"SELECT {ask}(%s, %s, %s)", (role, f"public.{table.name}", command)).fetchone()
    return bool(row and row[0])


def _as_owner_and_platform(connection: psycopg.Connection, table: Table) -> Iterator[Answer]:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))).fetchone()
    assert row is not None
    everything = int(row[0])
    first = next(column for column in table.columns if column.is_ordinary)
    update = _update(table, first.name)
    yield "UPDATE by owner", everything, _ask(connection, Visitor("owner", ""), update)
    platform = Visitor("platform", "")
    select = sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table.name))
    expected = everything if _may(connection, "platform", table, "SELECT") else DENIED
    yield "SELECT by platform", expected, _ask(connection, platform, select)
    chosen = next(
        (column for column in table.columns if column.platform_updates and column.is_ordinary), first
    )
    expected = everything if chosen.platform_updates else DENIED
    yield "UPDATE by platform", expected, _ask(connection, platform, _update(table, chosen.name))


def _reads(connection: psycopg.Connection, table: Table, who: str, visitor: Visitor, mine: str) -> Answer:
    """Counts the rows of `mine` that the visitor sees."""
    if not _may(connection, "app", table, "SELECT"):
        expected = DENIED
    else:
        expected = int(who == "its tenant" or table.name in PUBLIC)
    seen = sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table.name))
    if table.sides:
        seen = sql.SQL("{} WHERE {} = %s").format(seen, sql.Identifier(table.sides[0]))
    return f"SELECT by {who}", expected, _ask(connection, visitor, seen, (mine,) if table.sides else ())


def _writes(
    connection: psycopg.Connection,
    table: Table,
    command: str,
    visitor: tuple[str, Visitor],
    is_own: bool,
    mine: str,
) -> Answer:
    who, whom = visitor
    may = table.name not in PAIRS | CLOSED and _may(connection, "app", table, command)
    if command == "INSERT":
        fresh = str(uuid4())  # a tenant without rows yet: some tables hold one row for each
        asked = _ask(connection, Visitor("app", fresh) if is_own else whom, *_insert(table, fresh))
        return f"INSERT by {who}", 1 if may and is_own else DENIED, asked
    if command == "DELETE":
        statement: sql.Composable = sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name))
    else:
        statement = _update(table, _updatable(table))
    values: tuple[str, ...] = ()
    if table.sides:
        statement = sql.SQL("{} WHERE {} = %s").format(statement, sql.Identifier(table.sides[0]))
        values = (mine,)
    return f"{command} by {who}", int(is_own) if may else DENIED, _ask(connection, whom, statement, values)


def _updatable(table: Table) -> str:
    ordinary = [column for column in table.columns if column.is_ordinary]
    return next((c.name for c in ordinary if c.app_updates and c.app_reads), ordinary[0].name)


def _gives_away(connection: psycopg.Connection, table: Table, visitor: Visitor, to: str) -> Iterator[Answer]:
    for side in table.sides:
        column = table.column(side)
        if column is not None and column.app_updates:
            statement = sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(
                *map(sql.Identifier, (table.name, side, side))
            )
            given = _ask(connection, visitor, statement, (to, visitor.tenant))
            yield "giving its row to another", DENIED, given


def _other_side(connection: psycopg.Connection, table: Table, agency: str) -> Iterator[Answer]:
    """The company sees the row whose agency is `agency`."""
    query = sql.SQL("SELECT company_id::text FROM {} WHERE agency_id = %s").format(sql.Identifier(table.name))
    row = connection.execute(query, (agency,)).fetchone()
    assert row is not None
    company = Visitor("app", row[0])
    yield "SELECT by the company", 1, _ask(connection, company, query, (agency,))
    for statement in (
        _update(table, _updatable(table)),
        sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)),
    ):
        yield "writing by the company", DENIED, _ask(connection, company, statement)


def _update(table: Table, column: str) -> sql.Composed:
    return sql.SQL("UPDATE {} SET {} = {}").format(*map(sql.Identifier, (table.name, column, column)))


def _insert(table: Table, tenant: str) -> tuple[sql.Composed, tuple[Any, ...]]:
    needed = [column for column in table.columns if column.is_required or column.name in table.sides]
    owner = table.sides[0] if table.sides else None
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in needed),
        sql.SQL(", ").join(sql.Placeholder() * len(needed)),
    )
    return statement, tuple(tenant if column.name == owner else column.value() for column in needed)


def _ask(
    connection: psycopg.Connection, visitor: Visitor, statement: sql.Composable, values: tuple[Any, ...] = ()
) -> int:
    """How many rows the statement reached; what it did is undone."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(
                "SELECT set_config('app.tenant', %s, true), set_config('role', %s, true)",
                (visitor.tenant, visitor.role),
            )
            return connection.execute(statement, values).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return DENIED
