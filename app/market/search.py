"""The marketplace: open listings by filters, in keyset pages. Nothing here can name a person."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.errors import Invalid
from tenants.language import N_

SORTS = {
    "newest": ("enquired_at", "DESC", "timestamptz"),
    "oldest": ("enquired_at", "ASC", "timestamptz"),
    "cheapest": ("shared_minor", "ASC", "bigint"),
    "dearest": ("shared_minor", "DESC", "bigint"),
}
"""Sort → column, direction, type; the lead's id breaks ties."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a company looks for; empty means any. `preview` matches shown attributes exactly."""

    vertical: str = ""
    country: str = ""
    regions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    temperatures: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    agency_id: UUID | None = None
    enquired_from: datetime | None = None
    max_net_minor: int | None = None
    exclusive_only: bool = False
    preview: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of listings; `next_cursor` is None at the end."""

    rows: Sequence[Row[Any]]
    next_cursor: str | None


_LISTS = {"regions": "region", "channels": "channel", "temperatures": "temperature", "stages": "stage",
          "languages": "language"}  # fmt: skip


def search(
    session: Session,
    filters: Filters,
    at: datetime,
    *,
    sort: str = "newest",
    cursor: str = "",
    limit: int = 50,
) -> Page:
    """Open listings that match, in order, after `cursor`. Raises `Invalid` for an unknown sort or a broken cursor."""
    if sort not in SORTS:
        raise Invalid(N_("Unknown sort."), fields={"sort": ", ".join(SORTS)})
    column, direction, kind = SORTS[sort]
    conditions, values = _conditions(filters, at)
    if column == "shared_minor":
        conditions.append("shared_minor IS NOT NULL")
    if cursor:
        last_value, last_id = _read_cursor(cursor)
        compare = "<" if direction == "DESC" else ">"
        conditions.append(
            f"({column}, lead_id) {compare} (CAST(:last_value AS {kind}), CAST(:last_id AS uuid))"
        )
        values |= {"last_value": last_value, "last_id": last_id}
    rows = session.execute(
        text(
            f"SELECT * FROM listing WHERE {' AND '.join(conditions)} "  # noqa: S608 (our own words only)
            f"ORDER BY {column} {direction}, lead_id {direction} LIMIT :limit"
        ),
        {**values, "limit": limit + 1},
    ).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, _write_cursor(getattr(rows[-1], column), rows[-1].lead_id) if more else None)


def count(session: Session, filters: Filters, at: datetime, *, most: int = 1000) -> int:
    """How many listings match, counted up to `most` (one more means "more than that")."""
    conditions, values = _conditions(filters, at)
    found = session.execute(
        text(
            f"SELECT count(*) FROM (SELECT 1 FROM listing WHERE {' AND '.join(conditions)} LIMIT :most) x"  # noqa: S608
        ),
        {**values, "most": most + 1},
    ).scalar_one()
    return int(found)


def listing(session: Session, lead_id: UUID) -> Row[Any] | None:
    """One listing, whatever its state; None if there is none (a targeted lead never has one)."""
    return session.execute(text("SELECT * FROM listing WHERE lead_id = :id"), {"id": lead_id}).one_or_none()


def _conditions(filters: Filters, at: datetime) -> tuple[list[str], dict[str, Any]]:
    conditions = ["state = 'open'", "expires_at > :at"]
    values: dict[str, Any] = {"at": at}
    for name in ("vertical", "country", "agency_id"):
        if wanted := getattr(filters, name):
            conditions.append(f"{name} = :{name}")
            values[name] = wanted
    for name, column in _LISTS.items():
        if wanted := getattr(filters, name):
            conditions.append(f"{column} = ANY(:{name})")
            values[name] = list(wanted)
    if filters.enquired_from:
        conditions.append("enquired_at >= :enquired_from")
        values["enquired_from"] = filters.enquired_from
    if filters.max_net_minor is not None:
        conditions.append("shared_minor <= :max_net_minor")
        values["max_net_minor"] = filters.max_net_minor
    if filters.exclusive_only:
        conditions.append("exclusive_minor IS NOT NULL")
    if filters.preview:
        conditions.append("preview @> CAST(:preview AS jsonb)")
        values["preview"] = json.dumps(dict(filters.preview))
    return conditions, values


def _write_cursor(value: Any, lead_id: UUID) -> str:
    return f"{value.isoformat() if isinstance(value, datetime) else value}~{lead_id}"


def _read_cursor(cursor: str) -> tuple[Any, UUID]:
    value, _, last_id = cursor.partition("~")
    try:
        return (int(value) if value.isdigit() else datetime.fromisoformat(value)), UUID(last_id)
    except ValueError as error:
        raise Invalid(
            N_("This page link is broken. Start again from the first page."), fields={"cursor": "unreadable"}
        ) from error
