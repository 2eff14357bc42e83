"""The kinds of values of the API, each read strictly: what is not exactly of its kind is refused, never guessed.

Invariants: a text that comes in can be stored (no NUL, no half characters); a moment is aware and goes out in UTC; an
amount is a whole number of minor units; every key of an answer is always there.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, validate

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
FIRST, LAST = date(1970, 1, 1), date(2200, 1, 1)
MOST_MINOR = 10**13
"""A hundred thousand million: no amount of this trade is larger."""


class Asked(Schema):
    """What a client sends: an unknown key is refused."""

    class Meta:
        unknown = RAISE


class Answer(Schema):
    """What a client gets: every key is always there, an absent value is null."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Say in the document that the key is always there."""
        field_obj.required = True


class Text(fields.String):
    """A text that can be stored."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if "\x00" in text:
            raise ValidationError("A text holds no NUL.")
        try:
            text.encode()
        except UnicodeEncodeError as broken:
            raise ValidationError("A text holds whole characters only.") from broken
        return text


class Id(fields.UUID):
    """A record's id in the canonical form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> UUID:
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise ValidationError("Not an id: 8-4-4-4-12 hexadecimal digits.")
        return UUID(value)


class Moment(fields.AwareDateTime):
    """An instant by RFC 3339, with its offset; answers are in UTC."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValidationError("Not a time with its offset, such as 2026-11-21T14:03:00Z.")
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError as wrong:
            raise ValidationError("There is no such time.") from wrong
        if not FIRST <= moment.date() < LAST:
            raise ValidationError("A time lies between 1970 and 2200.")
        return moment.astimezone(UTC)


class Day(fields.Date):
    """A day by ISO 8601."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValidationError("Not a day, such as 2026-11-21.")
        day = super()._deserialize(value, attr, data, **kwargs)
        if not FIRST <= day < LAST:
            raise ValidationError("A day lies between 1970 and 2200.")
        return day


class Flag(fields.Boolean):
    """true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Not true or false.")
        return value


class FlagWord(fields.Boolean):
    """`true` or `false` in a query or a form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(truthy={"true"}, falsy={"false"}, **kwargs)


def text(longest: int, *, shortest: int = 0, **more: Any) -> Text:
    """A text of bounded length."""
    return Text(validate=validate.Length(shortest, longest), **more)


def vertical_code() -> Text:
    """A vertical by its code, always in its newest version."""
    shape = validate.Regexp(r"^[a-z0-9_]{1,100}$", error="A vertical's code, such as home_solar.")
    return Text(required=True, validate=shape)


def choice(of: Iterable[str], **more: Any) -> Text:
    """One word of a closed list."""
    words = list(of)
    if more.get("allow_none"):  # for the document null is one of them, for a reader it is not
        named = f"Must be one of: {', '.join(words)}."
        return Text(validate=validate.OneOf([*words, None], error=named), **more)
    return Text(validate=validate.OneOf(words), **more)


def whole(low: int, high: int, **more: Any) -> fields.Integer:
    """A whole number within bounds."""
    return fields.Integer(strict=True, validate=validate.Range(low, high), **more)


def number_word(low: int, high: int, **more: Any) -> fields.Integer:
    """A whole number within bounds, in a query or a form."""
    return fields.Integer(validate=validate.Range(low, high), **more)


def minor(**more: Any) -> fields.Integer:
    """An amount in minor units (cents)."""
    return fields.Integer(
        strict=True, metadata={"description": "Minor units (cents).", "example": 2000}, **more
    )


def asked_minor(low: int = 0, **more: Any) -> fields.Integer:
    """An amount in minor units that a client names."""
    return whole(low, MOST_MINOR, metadata={"description": "Minor units (cents).", "example": 2000}, **more)


def currency() -> Text:
    """An ISO 4217 code."""
    return Text(metadata={"description": "ISO 4217.", "example": "EUR"})


def words(of: Iterable[str] | None = None, *, most: int = 50) -> fields.List[Any]:
    """A repeated query argument."""
    inner: fields.Field[Any] = choice(of) if of else text(100, shortest=1)
    return fields.List(inner, load_default=[], validate=validate.Length(max=most))


def values() -> fields.Dict:
    """Free keys with plain values."""
    return fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))


class PageQuery(Asked):
    """Where a page begins and how long it is."""

    cursor = text(
        500, load_default="", metadata={"description": "The `next_cursor` of the page before; empty: the first page."}
    )  # fmt: skip
    limit = number_word(1, 200, load_default=50, metadata={"description": "At most so many."})


class Empty(Asked):
    """An empty object: the deed needs no more than its address."""


def page_of(item: type[Schema], name: str) -> type[Schema]:
    """The schema of a page of such items."""
    parts: Mapping[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item)),
        "next_cursor": Text(
            allow_none=True, metadata={"description": "Ask for the next page with it; null at the end."}
        ),
    }
    return Answer.from_dict(dict(parts), name=name)
