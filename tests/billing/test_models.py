"""Money's rows as the code names them are money's rows as the database has them."""

import psycopg

from billing import models
from tenants.db import Base

_COLUMNS = """
SELECT column_name, is_nullable = 'YES' FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s
"""


def test_every_column_is_there_and_as_optional_as_it_is_named(superuser: psycopg.Connection) -> None:
    mapped = [kind for kind in vars(models).values() if isinstance(kind, type) and issubclass(kind, Base)]
    tables = [kind.__table__ for kind in mapped if kind is not Base]
    assert {table.name for table in tables} == {
        "journal", "entry", "wallet", "hold", "top_up", "payout", "stripe_event",
    }  # fmt: skip
    for table in tables:
        found = dict(superuser.execute(_COLUMNS, (table.name,)).fetchall())
        assert {column.name: column.nullable for column in table.columns} == found, table.name
