"""How an operation of the API is declared: its address, who may do it, what it takes, gives and refuses, in one place.

Invariant: what is declared is what is served and what the document says; an operation without a permission cannot be
declared.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response
from flask_smorest import Blueprint  # type: ignore[import-untyped]
from marshmallow import Schema

from app.api import repeating
from app.api.parsing import Parser
from app.guard import allow
from app.leads.files.layout import LARGEST_FILE
from app.slice_body import CONTENT_TYPE, OFFSET
from tenants.permissions import Permission

PREFIX = "/api/v1"
ALWAYS = (401, 403, 422, 429, 503)
WRITES = (404, 409, 413)
BODIES = (400, 413, 415)
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Takes:
    """What a request carries. `form` is a multipart body; `key` says who remembers its Idempotency-Key.

    `by_source_keys`: also a key that is bound to one source may do it.
    """

    query: type[Schema] | None = None
    json: type[Schema] | None = None
    form: type[Schema] | None = None
    example: Any = None
    key: str = "optional"
    by_source_keys: bool = False
    raw: bool = False
    """The body is a slice of a file, as bytes."""


@dataclass(frozen=True, slots=True)
class Gives:
    """What an answer is. `forgets` names secrets that are shown once; `refuses` adds statuses to the usual ones."""

    schema: type[Schema] | dict[str, Any] | None = None
    status: int = 200
    content_type: str | None = None
    forgets: tuple[str, ...] = ()
    refuses: tuple[int, ...] = ()
    also: int | None = None
    waits: type[Schema] | None = None
    """What is answered with 202 when the deed has to wait for a person."""


NOTHING = Takes()
_SLICE: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": OFFSET,
            "required": True,
            "description": "At which byte of the file the slice begins.",
            "schema": {"type": "integer", "minimum": 0, "maximum": LARGEST_FILE},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary", "minLength": 1}}},
    },
}


class Resource(Blueprint):  # type: ignore[misc]
    """The operations on one kind of thing."""

    ARGUMENTS_PARSER = Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {  # noqa: RUF012 (a class attribute of the extension)
        "json": "application/json", "multipart": "multipart/form-data",
    }  # fmt: skip

    def __init__(self, name: str, description: str) -> None:
        super().__init__(
            f"api_{name.replace('-', '_')}", __name__, url_prefix=PREFIX, description=description
        )
        self.tag = name

    def get(
        self, rule: str, permission: Permission, takes: Takes = NOTHING, *, gives: Gives
    ) -> Callable[[View], View]:
        """Declare a reading operation."""
        return self._operation("GET", rule, permission, takes, gives)

    def post(
        self, rule: str, permission: Permission, takes: Takes = NOTHING, *, gives: Gives
    ) -> Callable[[View], View]:
        """Declare a deed."""
        return self._operation("POST", rule, permission, takes, gives)

    def put(self, rule: str, permission: Permission, takes: Takes, *, gives: Gives) -> Callable[[View], View]:
        """Declare a deed that may be repeated as it is."""
        return self._operation("PUT", rule, permission, takes, gives)

    def patch(
        self, rule: str, permission: Permission, takes: Takes, *, gives: Gives
    ) -> Callable[[View], View]:
        """Declare a deed that adds to something."""
        return self._operation("PATCH", rule, permission, takes, gives)

    def delete(
        self, rule: str, permission: Permission, takes: Takes = NOTHING, *, gives: Gives
    ) -> Callable[[View], View]:
        """Declare a removal."""
        return self._operation("DELETE", rule, permission, takes, gives)

    def _operation(
        self, method: str, rule: str, permission: Permission, takes: Takes, gives: Gives
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            name = view.__name__
            done = _without_body(view) if gives.status == 204 else view
            made = self.response(gives.status, gives.schema, content_type=gives.content_type)(done)
            if gives.also:
                made = self.alt_response(gives.also, schema=gives.schema, success=True)(made)
            if gives.waits:
                made = self.alt_response(202, schema=gives.waits, success=True)(made)
            made = self._with_arguments(made, takes)
            if method == "POST" and takes.key == "optional":
                made = repeating.once(made, name, gives.forgets)
            for status in sorted(_refusals(method, rule, takes) | set(gives.refuses)):
                made = self.alt_response(status, response=f"Refused{status}")(made)
            made = self.doc(
                operationId=name,
                security=[{"key": [permission.value]}],
                **{"x-scope": permission.value},
                **_key_header(method, takes),
                **(_SLICE if takes.raw else {}),
            )(made)
            made = allow(permission, to_source_keys=takes.by_source_keys)(made)
            self.add_url_rule(_flask_rule(rule), name, made, methods=[method], tags=[self.tag])
            return view

        return declare

    def _with_arguments(self, made: View, takes: Takes) -> View:
        if takes.json:
            made = self.arguments(takes.json, location="json", example=takes.example)(made)
        if takes.form:
            made = self.arguments(takes.form, location="multipart", example=takes.example)(made)
        if takes.query:
            made = self.arguments(takes.query, location="query")(made)
        return made


def _without_body(view: View) -> View:
    @wraps(view)
    def done(*args: Any, **kwargs: Any) -> Response:
        view(*args, **kwargs)
        answer = Response(status=204)
        del answer.headers["Content-Type"]
        return answer

    return done


def _refusals(method: str, rule: str, takes: Takes) -> set[int]:
    found = set(ALWAYS)
    if method != "GET":
        found |= set(WRITES)
    if "{" in rule:
        found.add(404)
    if takes.json or takes.form or takes.raw or takes.key == "required":
        found |= set(BODIES)
    return found


def _key_header(method: str, takes: Takes) -> dict[str, Any]:
    if method != "POST":
        return {}
    return {
        "parameters": [
            {
                "in": "header",
                "name": repeating.HEADER,
                "required": takes.key == "required",
                "description": "The same key with the same request does the deed once and gives the same answer.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        ]
    }


def _flask_rule(rule: str) -> str:
    """`/leads/{lead_id}` as Flask writes it: every id is a UUID, every code a word."""
    return re.sub(
        r"{(\w+)}", lambda part: f"<uuid:{part[1]}>" if part[1].endswith("_id") else f"<{part[1]}>", rule
    )
