"""A received body as the flat list of what stands in it: path → text. Pure, and total: any bytes give a list or a refusal.

Invariant: what is read is bounded in depth and number; a path names one place of the body, and the same body always has
the same paths.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from app.incoming.mail.mail import read_mail
from app.leads.unsafe_text import without_unsafe
from tenants.errors import Refused
from tenants.language import N_

JSON, FORM = "json", "form"
GENERIC, GOOGLE_ADS, META, MAIL = "generic", "google_ads", "meta", "mail"
KINDS = (GENERIC, GOOGLE_ADS, META, MAIL)
MOST_PATHS, DEEPEST, LONGEST_TEXT = 300, 12, 2_000
_TYPES = {"application/json": JSON, "application/x-www-form-urlencoded": FORM}
Document = Mapping[str, str]


class UnreadableBody(Refused):
    """The body is neither JSON nor a form, or holds too much; nothing was kept."""

    status, code = 400, "unreadable_body"


def kind_of(mimetype: str) -> str:
    """How a body is written, by its content type. Raises `UnreadableBody`."""
    kind = JSON if mimetype.endswith("+json") else _TYPES.get(mimetype)
    if kind is None:
        raise UnreadableBody(N_("Send JSON or a form (application/x-www-form-urlencoded)."))
    return kind


def parsed(kind: str, body: bytes) -> object:
    """The body as values, a mail as a `Mail`. Raises `UnreadableBody`, `NoMail`."""
    if kind == MAIL:
        return read_mail(body)
    try:
        if kind == FORM:
            found: dict[str, object] = {}
            for name, value in parse_qsl(
                body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500
            ):
                found[name] = f"{found[name]}, {value}" if name in found else value
            return found
        return json.loads(body)
    except (ValueError, RecursionError) as broken:
        raise UnreadableBody(N_("The body cannot be read.")) from broken


def document(connection_kind: str, value: object) -> dict[str, str]:
    """The flat list: `answers.phone`, `items[0].name`; for an advertiser's form its fields by their own names."""
    if connection_kind == GOOGLE_ADS and isinstance(value, Mapping):
        named = _named(value.get("user_column_data"), "column_id", "column_name", "string_value")
        value = {**{key: one for key, one in value.items() if key not in _PRIVATE}, **named}
    if connection_kind == META and isinstance(value, Mapping):
        named = _named(value.get("field_data"), "name", "name", "values")
        kept = {key: one for key, one in value.items() if key != "field_data"}
        value = {**kept, "created_time": _moment(value.get("created_time")), **named}
    found: dict[str, str] = {}
    for path, text in _leaves("", value, 0):
        if len(found) >= MOST_PATHS:
            break
        found.setdefault(path[:200], text[:LONGEST_TEXT])
    return found


_PRIVATE = ("user_column_data", "google_key")


def _named(columns: object, first: str, second: str, values: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in columns if isinstance(columns, list) else []:
        if isinstance(one, Mapping):
            given = one.get(values)
            text = ", ".join(map(str, given)) if isinstance(given, list) else given
            found[str(one.get(first) or one.get(second) or "")] = text
    return found


def _moment(written: object) -> object:
    """Meta writes 2026-11-21T08:00:00+0000; a number is seconds."""
    try:
        if isinstance(written, int) and not isinstance(written, bool):
            return datetime.fromtimestamp(written, UTC).isoformat()
        return datetime.strptime(str(written), "%Y-%m-%dT%H:%M:%S%z").isoformat()
    except (ValueError, OverflowError, OSError):
        return written


def _leaves(path: str, value: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        for name, one in value.items():
            word = str(without_unsafe(str(name)))
            yield from _leaves(f"{path}.{word}" if path else word, one, depth + 1)
    elif isinstance(value, list):
        for number, one in enumerate(value[:50]):
            yield from _leaves(f"{path}[{number}]", one, depth + 1)
    elif value is not None and path:
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        yield path, str(without_unsafe(text)).strip()
