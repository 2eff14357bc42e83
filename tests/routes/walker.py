"""Sends a request with an id in one slot, as whomever, undoes what it did, and gives the answer without the id.

What page a form belongs to, a token of the moment, a fresh key: none of it tells one id from another, so it is left out.
"""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import redis
from flask import Flask, Request
from sqlalchemy import Connection
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.test import TestResponse

from app.guard import COOKIE
from tenants import clock, db
from tests.app.leads.uploads import csv_of, people
from tests.routes.cast import Trade, bearer, cookie
from tests.routes.slots import API, Slot, thing
from tests.routes.table import BODIES, FORMS, WITH_FILE

_PASSING = (
    (re.compile(rb'(name="csrf[-_]token" (?:content|value)=")[^"]*'), rb"\1"),
    (re.compile(rb'(name="(?:key|entry_id)" value=")[^"]*'), rb"\1"),
    (re.compile(rb'("order_id":")[^"]*'), rb"\1"),
    (re.compile(rb'("retry_after":)\d+'), rb"\1"),
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT.*Z")
_UNKNOWN = "01900000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Got:
    """An answer without what differs from one request to the next."""

    status: int
    place: str
    body: bytes

    def __str__(self) -> str:
        words = re.sub(rb"<(svg|script|nav|header)\b.*?</\1>|<[^>]+>|\s+", b" ", self.body, flags=re.DOTALL)
        return f"{self.status} {self.place} {b' '.join(words.split())[-500:].decode('utf-8', 'replace')}"

    @property
    def is_fine(self) -> bool:
        return self.status < 400 and "/log-in" not in self.place


@dataclass
class Walker:
    """One application, and who asks: the parties' cookies and keys are made when first needed."""

    app: Flask
    document: dict[str, Any]
    valkey: redis.Redis
    _cookies: dict[UUID, str] = field(default_factory=dict)
    _keys: dict[UUID, str] = field(default_factory=dict)

    def enter(self, mine: Trade) -> None:
        """Log everybody of a trade in, before anything is undone."""
        for kind in ("agency", "company", "operator"):
            self._cookie(kind, mine)
            self._key(kind, mine)

    def send(self, slot: Slot, kind: str, mine: Trade, value: str) -> Got:
        """The request of `mine`'s party of this kind, all its own but for `value` in the slot."""
        path, sent = self._request(slot, mine, value)
        return self.get(slot.method, path, kind, mine, hide=value, **sent)

    def get(self, method: str, path: str, kind: str, mine: Trade, *, hide: str = "", **sent: Any) -> Got:
        """Any request; what it did is undone."""
        client = self.app.test_client()
        headers = {}
        if path.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self._key(kind, mine)}"}
            headers |= {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        else:
            client.set_cookie(COOKIE, self._cookie(kind, mine))
        self.valkey.flushdb()  # the pace of calls is not the question
        with undone():
            answer = client.open(path, method=method, headers=headers, buffered=True, **sent)
            return _bare(answer, hide)

    def _cookie(self, kind: str, mine: Trade) -> str:
        party = mine.party(kind)
        if party.id not in self._cookies:
            self._cookies[party.id] = cookie(party.owner)
        return self._cookies[party.id]

    def _key(self, kind: str, mine: Trade) -> str:
        party = mine.party(kind)
        if party.id not in self._keys:
            self._keys[party.id] = bearer(party.owner)
        return self._keys[party.id]

    def _request(self, slot: Slot, mine: Trade, value: str) -> tuple[str, dict[str, Any]]:
        path = re.sub(
            r"<(?:[^:>]+:)?(\w+)>", lambda found: self._argument(slot, mine, found[1], value), slot.rule
        )
        query = {slot.name: value} if slot.place == "query" else {}
        body = self._body(slot, mine, value)
        if body is None:
            return path, {"query_string": query}
        is_form = not slot.rule.startswith(API) or slot.route in WITH_FILE
        if slot.route in WITH_FILE:
            body["file"] = (io.BytesIO(csv_of(people(1, 900_001))), "leads.csv")
        return path, {"query_string": query, "data" if is_form else "json": body}

    def _argument(self, slot: Slot, mine: Trade, name: str, value: str) -> str:
        if slot.place == "path" and slot.name == name:
            return value
        words = {"decision": "refuse", "kind": "csv", "code": "home_solar", "measure": "sold", "number": "5"}
        return words.get(name) or mine.things[thing(Slot(slot.method, slot.rule, "path", name))]

    def _body(self, slot: Slot, mine: Trade, value: str) -> dict[str, Any] | None:
        if slot.method in ("GET", "DELETE"):
            return None
        example: dict[str, Any] = {}
        if slot.rule.startswith(API):
            example = self._example(slot)
            for name in _ids_in(example):
                _put(example, name, mine.things[thing(Slot(slot.method, slot.rule, "json", name))])
        more = {
            **FORMS.get(slot.route, {}),
            **BODIES.get(slot.route, {}),
            **BODIES.get(f"{slot.route} {slot.name}", {}),
        }
        filled = {**example, **{name: _filled(part, mine) for name, part in more.items()}}
        if slot.place in ("json", "form"):
            _put(filled, slot.name, f"{value}~ppl~shared~100000" if slot.name == "item" else value)
        if slot.route == "POST /basket/buy" and slot.name == "key":
            filled["item"] = f"{mine.things['listing']}~ppl~shared~100000"
        return {name: part for name, part in filled.items() if part is not None}

    def _example(self, slot: Slot) -> dict[str, Any]:
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", slot.rule)
        content = self.document["paths"][path][slot.method.lower()].get("requestBody", {}).get("content", {})
        example = json.loads(json.dumps(content.get("application/json", {}).get("example") or {}))
        now = clock.now().isoformat().replace("+00:00", "Z")
        return {name: now if _TIME.fullmatch(str(part)) else part for name, part in example.items()}


class Noted(ImmutableMultiDict[str, Any]):
    """The address or form of a request, which notes what is read of it."""

    def __init__(self, values: Any, note: Any) -> None:
        super().__init__(values)
        self.note = note

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.note(key)
        return super().get(key, *args, **kwargs)

    def getlist(self, key: str, *args: Any, **kwargs: Any) -> Any:
        self.note(key)
        return super().getlist(key, *args, **kwargs)

    def __getitem__(self, key: str) -> Any:
        self.note(key)
        return super().__getitem__(key)


class NotingRequest(Request):
    """A request that notes which names its route read: (method, rule, place, name)."""

    read: set[tuple[str, str, str, str]] = set()  # noqa: RUF012 (one for all requests of the walk)

    @cached_property
    def args(self) -> Any:  # type: ignore[override]
        return Noted(Request.args.fget(self), lambda name: self._note("query", name))  # type: ignore[attr-defined]

    @cached_property
    def form(self) -> Any:  # type: ignore[override]
        return Noted(Request.form.fget(self), lambda name: self._note("form", name))  # type: ignore[attr-defined]

    def _note(self, place: str, name: str) -> None:
        if self.url_rule is not None:
            self.read.add((self.method, self.url_rule.rule, place, name))


def neighbour(value: str) -> str:
    """An id that does not exist, next to one that does: where ids are put in order it stands at the same place."""
    return value[:-1] + ("0" if value[-1] != "0" else "1")


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the requests inside do, is rolled back."""
    assert isinstance(db._bind, Connection)
    with db._bind.begin_nested() as everything:
        try:
            yield
        finally:
            everything.rollback()


def _bare(answer: TestResponse, hide: str) -> Got:
    body = answer.get_data().replace(hide.encode(), b"-") if hide else answer.get_data()
    for pattern, kept in _PASSING:
        body = pattern.sub(kept, body)
    place = answer.headers.get("Location", "")
    return Got(answer.status_code, place.replace(hide, "-") if hide else place, body)


def _ids_in(body: Any, at: str = "") -> Iterator[str]:
    for name, part in body.items():
        here = f"{at}{name}"
        if isinstance(part, str) and re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", part):
            yield here
        if isinstance(part, list) and part and isinstance(part[0], dict):
            yield from _ids_in(part[0], f"{here}[].")


def _put(body: dict[str, Any], name: str, value: str) -> None:
    first, _, rest = name.partition("[].")
    if rest:
        _put(body[first][0], rest, value)
    else:
        body[first] = value


def _filled(part: Any, mine: Trade) -> Any:
    if not isinstance(part, str):
        return part
    now = clock.now()
    words = {
        "local": f"{now:%Y-%m-%dT%H:%M}+00:00",
        "today": f"{now:%Y-%m-%d}",
        "slug": mine.company.card.slug,
    }
    return part.format(**words, **mine.things)
