"""The tables of the database, whose their rows are, and a row of each made by introspection.

A new table is met by the isolation tests from its first day; one that fits no kind below fails until it is named here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import psycopg

from tenants.rls import GLOBAL_TABLES

OWNED_BY = {"tenant": "id", "listing": "agency_id", "held_batch": "agency_id"}
"""Where the tenant's column has another name than `tenant_id`."""
PUBLIC = {"listing", "held_batch"}
"""Everybody reads, the owner writes."""
PAIRS = {"action", "return_claim"}
"""`agency_id` and `company_id` read, nobody writes."""
CLOSED = {"user_account", "email_token", "user_session", "login_failure", "journal", "stripe_event"}
"""The runtime role does not reach them at all."""

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod),
  a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = '', a.attidentity = '',
  (SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
    WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
      AND pg_get_constraintdef(k.oid) LIKE '%%''%%' LIMIT 1),
  has_column_privilege('app', a.attrelid, a.attnum, 'SELECT'),
  has_column_privilege('app', a.attrelid, a.attnum, 'UPDATE'),
  has_column_privilege('platform', a.attrelid, a.attnum, 'UPDATE')
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


@dataclass(frozen=True)
class Column:
    """A column, and what the runtime roles may do with it."""

    name: str
    type: str
    is_required: bool
    is_ordinary: bool
    check: str | None
    app_reads: bool
    app_updates: bool
    platform_updates: bool

    def value(self) -> Any:
        """Something that fits: the first word its check allows, else anything; unique where the type can be."""
        if self.type == "text":
            allowed = re.search(r"'([^']+)'::text", self.check or "")
            return allowed[1] if allowed else uuid4().hex
        makers = {
            "uuid": uuid4,
            "bytea": lambda: uuid4().bytes,
            "bigint": lambda: 2,
            "boolean": lambda: False,
            "timestamp with time zone": lambda: _MOMENT,
            "date": lambda: date(2026, 1, 1),
            "jsonb": lambda: "{}",
            "text[]": list,
        }
        return makers[self.type]()


@dataclass(frozen=True)
class Table:
    """A table and whose its rows are."""

    name: str
    columns: tuple[Column, ...]

    @property
    def sides(self) -> tuple[str, ...]:
        """The columns that name a tenant the row belongs to; none: no tenant reaches it."""
        if self.name in CLOSED:
            return ()
        return ("agency_id", "company_id") if self.name in PAIRS else (OWNED_BY.get(self.name, "tenant_id"),)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def tables(connection: psycopg.Connection) -> list[Table]:
    """Every table that is not declared global."""
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [
        Table(name, tuple(Column(*row) for row in connection.execute(_COLUMNS, (f"public.{name}",))))
        for (name,) in names.fetchall()
        if name not in GLOBAL_TABLES
    ]
