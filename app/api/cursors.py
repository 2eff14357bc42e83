"""Places in a list, as opaque words: a page ends with the word from which the next one goes on. Pure."""

import base64
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from tenants.errors import Invalid
from tenants.language import N_

Row = TypeVar("Row")
_LARGEST = 2**62


def write(*parts: object) -> str:
    """The cursor of a place."""
    text = "~".join(one.isoformat() if isinstance(one, datetime) else str(one) for one in parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(cursor: str, *kinds: type) -> tuple[Any, ...] | None:
    """The parts of a cursor, each of its kind (`UUID`, `datetime`, `int`, `str`); None for the first page.

    Raises `Invalid` for a word that no list of this kind ever gave.
    """
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        parts = text.split("~")
        return tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, OverflowError):
        _broken()


def read_id(cursor: str) -> UUID | None:
    """The id that a cursor names; None for the first page. Raises `Invalid`."""
    found = read(cursor, UUID)
    return found[0] if found else None


def page(rows: Sequence[Row], limit: int, place: Callable[[Row], tuple[object, ...]]) -> dict[str, Any]:
    """A page of rows that were asked for with one more than `limit`."""
    has_more = len(rows) > limit
    shown = list(rows[:limit])
    return {"items": shown, "next_cursor": write(*place(shown[-1])) if has_more and shown else None}


def next_page(found: Any) -> dict[str, Any]:
    """A page of a query that says itself after which id it goes on."""
    return {"items": found.rows, "next_cursor": write(found.after) if found.after else None}


def page_of_all(rows: Sequence[Row], wanted: dict[str, Any], key: Callable[[Row], object]) -> dict[str, Any]:
    """A page out of a list that is short enough to be read whole; a cursor whose row is gone gives the first page."""
    place = read(wanted["cursor"], str)
    keys = [str(key(row)) for row in rows]
    start = keys.index(place[0]) + 1 if place and place[0] in keys else 0
    return page(rows[start : start + wanted["limit"] + 1], wanted["limit"], lambda row: (key(row),))


def _part(text: str, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC)
    if kind is int:
        number = int(text)
        if abs(number) > _LARGEST:
            raise ValueError("too large")
        return number
    if "\x00" in text:
        raise ValueError("NUL")
    return kind(text)


def _broken() -> NoReturn:
    raise Invalid(
        N_("This cursor is broken. Start again from the first page."), fields={"cursor": "unreadable"}
    )
