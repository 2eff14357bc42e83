"""Every place of every route where an id can stand: in the path, the query, a form, JSON.

Paths come from the routes themselves, the API's bodies and queries from its document, those of pages from the table.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.routing.converters import UUIDConverter

from tests.routes.table import ALL_OF_IT, ARGUMENTS, OWNERS, PAGES, THINGS, WORDS

API = "/api/v1"


class Undescribed(AssertionError):
    """The walk does not know what an id of a route names."""


@dataclass(frozen=True, order=True)
class Slot:
    """One place for an id."""

    method: str
    rule: str
    place: str
    name: str

    @property
    def route(self) -> str:
        return f"{self.method} {self.rule}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.method, self.rule, self.place, self.name

    def __str__(self) -> str:
        return f"{self.route} {self.place}:{self.name}"


def slots(app: Flask, document: dict[str, Any]) -> list[Slot]:
    """All of them. Raises `Undescribed` for a path argument that is neither an id nor a known word."""
    found = {slot for rule in app.url_map.iter_rules() for slot in _in_path(rule)}
    found |= set(
        _in_document(document, {_openapi(rule.rule): rule.rule for rule in app.url_map.iter_rules()})
    )
    for route, places in PAGES.items():
        method, _, rule = route.partition(" ")
        found |= {Slot(method, rule, *place.split(":")) for place in places}
    return sorted(found)


def methods(rule: Rule) -> list[str]:
    """What a route answers, without what Flask adds."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def thing(slot: Slot) -> str:
    """Which thing of the cast the slot names. Raises `Undescribed`."""
    page = PAGES.get(slot.route, {}).get(f"{slot.place}:{slot.name}")
    special = THINGS.get(slot.route, THINGS.get(slot.rule, {})).get(slot.name)
    found = page or special or ARGUMENTS.get(slot.name)
    if found is None:
        raise Undescribed(f"{slot}: which thing is meant? Say it in tests/routes/table.py")
    return found


def owner(method: str, rule: str) -> str:
    """Whose request it is: agency, company or operator."""
    for kind, prefixes in OWNERS.items():
        for prefix in prefixes:
            if f"{method} {rule}" == prefix or (prefix not in ALL_OF_IT and rule.startswith(prefix)):
                return kind
    return "company"


def _in_path(rule: Rule) -> Iterator[Slot]:
    for name, converter in rule._converters.items():
        is_id = isinstance(converter, UUIDConverter) or name in ARGUMENTS
        if not is_id and name not in WORDS:
            raise Undescribed(f"{rule.rule}: is {name} an id? Say it in tests/routes/table.py")
        if is_id:
            yield from (Slot(method, rule.rule, "path", name) for method in methods(rule))


def _openapi(rule: str) -> str:
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule)


def _in_document(document: dict[str, Any], rules: dict[str, str]) -> Iterator[Slot]:
    for path, parts in document["paths"].items():
        for method, one in parts.items():
            if method == "parameters":
                continue
            for part in one.get("parameters", []):
                if part["in"] == "query" and list(ids(document, part["schema"])):
                    yield Slot(method.upper(), rules[path], "query", part["name"])
            for kind, content in one.get("requestBody", {}).get("content", {}).items():
                place = "json" if kind == "application/json" else "form"
                for name in ids(document, content["schema"]):
                    yield Slot(method.upper(), rules[path], place, name)


def ids(document: dict[str, Any], schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """The names of the ids in a schema, `items[].lead_id` for nested ones."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("format") == "uuid":
        yield at
    for name, part in schema.get("properties", {}).items():
        yield from ids(document, part, f"{at}.{name}" if at else name)
    if "items" in schema:
        yield from ids(document, schema["items"], f"{at}[]" if at else "")
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from ids(document, choice, at)
