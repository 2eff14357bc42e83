"""Where the sandbox keeps what it was told: one SQLite file in WAL mode, one writer at a time.

Invariants: everything inside `Store.transaction` happens or nothing does; an object belongs to the account of the key
that made it. Keys of a stored object that begin with an underscore are the sandbox's own and never leave it.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL, parent TEXT, type TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_list ON object (account, kind, created, seq);
CREATE INDEX IF NOT EXISTS object_child ON object (parent, kind);
CREATE TABLE IF NOT EXISTS task (
    seq INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, deed TEXT NOT NULL, account TEXT NOT NULL, ref TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS task_due ON task (due_at);
CREATE TABLE IF NOT EXISTS delivery (
    seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL, state TEXT NOT NULL DEFAULT 'pending');
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at);
CREATE TABLE IF NOT EXISTS answer (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, request_id TEXT NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Filter:
    """Which rows of a list: newest first, after or before a row, within times, of types, caused by a parent."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None
    bounds: tuple[tuple[str, int], ...] = ()
    types: tuple[str, ...] = ()
    parent: str | None = None


_COMPARE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Records:
    """The rows, within one transaction of the store."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection.execute

    def put(self, account: str, body: Json, parent: str | None = None) -> Json:
        """Stores the object or its new state; account and place in the list never change."""
        self.sql(
            "INSERT INTO object (account, kind, id, created, parent, type, body) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body, parent = coalesce(excluded.parent, parent)",
            (
                account,
                body["object"],
                body["id"],
                body["created"],
                parent,
                body.get("type"),
                json.dumps(body),
            ),
        )
        return body

    def get(self, account: str, kind: str, wanted_id: str) -> Json | None:
        row = self.sql(
            "SELECT body FROM object WHERE id = ? AND account = ? AND kind = ?", (wanted_id, account, kind)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def owner_of(self, wanted_id: str) -> str | None:
        """The account of an object whose id alone is the visitor's ticket (a hosted page)."""
        row = self.sql("SELECT account FROM object WHERE id = ?", (wanted_id,)).fetchone()
        return row[0] if row else None

    def children(self, parent: str, kind: str) -> list[Json]:
        rows = self.sql("SELECT body FROM object WHERE parent = ? AND kind = ? ORDER BY seq", (parent, kind))
        return [json.loads(row[0]) for row in rows]

    def place(self, account: str, wanted_id: str) -> tuple[int, int] | None:
        """Where an object stands in its list, to page on from it."""
        row = self.sql(
            "SELECT created, seq FROM object WHERE id = ? AND account = ?", (wanted_id, account)
        ).fetchone()
        return (row[0], row[1]) if row else None

    def page(self, account: str, kind: str, wanted: Filter) -> tuple[list[Json], bool]:
        """One page, newest first, and whether more rows follow in the direction asked."""
        where = ["account = ?", "kind = ?"]
        values: list[Any] = [account, kind]
        for bound, moment in wanted.bounds:
            where.append(f"created {_COMPARE[bound]} ?")
            values.append(moment)
        if wanted.types:
            where.append(f"type IN ({', '.join('?' * len(wanted.types))})")
            values.extend(wanted.types)
        if wanted.parent:
            where.append("parent = ?")
            values.append(wanted.parent)
        cursor, order = (
            wanted.ending_before or wanted.starting_after,
            "ASC" if wanted.ending_before else "DESC",
        )
        place = self.place(account, cursor) if cursor else None
        if place:
            where.append(f"(created, seq) {'>' if wanted.ending_before else '<'} (?, ?)")
            values.extend(place)
        rows = self.sql(
            f"SELECT body FROM object WHERE {' AND '.join(where)} "  # noqa: S608 (fixed words, values are bound)
            f"ORDER BY created {order}, seq {order} LIMIT {wanted.limit + 1:d}",
            values,
        ).fetchall()
        found = [json.loads(row[0]) for row in rows[: wanted.limit]]
        return (found[::-1] if wanted.ending_before else found), len(rows) > wanted.limit

    def setting(self, name: str, default: Any) -> Any:
        row = self.sql("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_setting(self, name: str, value: Any) -> None:
        self.sql("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, json.dumps(value)))


class Store:
    """The file and its one lock."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            home / "sandbox.sqlite3", check_same_thread=False, isolation_level=None, timeout=10
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[Records]:
        """Everything inside is kept, or, when it raises, nothing is."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Records(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()
