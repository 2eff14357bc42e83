"""Reading a request: its query, its JSON, its form; strictly, and with refusals that name what is wrong.

Invariant: whatever bytes come, the answer to what cannot be read is a typed refusal and never an error of ours.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast

from flask import Request
from marshmallow import RAISE, Schema, ValidationError
from webargs import missing
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from tenants.errors import Invalid, Refused
from tenants.language import N_

LARGEST_JSON = 1_000_000
"""In bytes; a schema that takes more says so as `largest`."""
DEEPEST_JSON = 20


class MalformedJson(Refused):
    """The body is not JSON; nothing was written."""

    status, code = 400, "malformed_json"


class WrongContentType(Refused):
    """The body is not of the content type this operation takes; nothing was written."""

    status, code = 415, "wrong_content_type"


class Parser(FlaskParser):
    """webargs for this API: an unknown argument is refused everywhere."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 (a class attribute of webargs)
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE, "multipart": RAISE,
    }  # fmt: skip
    __location_map__ = {**FlaskParser.__location_map__, "multipart": "load_multipart"}  # noqa: RUF012

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body as JSON. Raises `WrongContentType` or `MalformedJson`."""
        req.max_content_length = getattr(schema, "largest", LARGEST_JSON)
        sent = req.get_data(cache=True)
        if req.mimetype != "application/json":
            raise WrongContentType(N_("Send the body as application/json."), expected="application/json")
        try:
            found = json.loads(sent, parse_constant=_no_number)
        except (ValueError, RecursionError) as broken:
            raise MalformedJson(N_("The body is not JSON.")) from broken
        if _depth(found) > DEEPEST_JSON:
            raise MalformedJson(N_("The body is nested too deeply."))
        return found

    def load_multipart(self, req: Request, schema: Schema) -> Any:
        """Form fields and files together. Raises `WrongContentType`."""
        if req.mimetype != "multipart/form-data":
            raise WrongContentType(
                N_("Send the body as multipart/form-data."), expected="multipart/form-data"
            )
        both: MultiDict[str, Any] = MultiDict()
        both.update(cast(MultiDict[str, Any], req.form))
        both.update(cast(MultiDict[str, Any], req.files))
        return MultiDictProxy(both, schema) if both else missing

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, **_statuses: Any
    ) -> NoReturn:
        """Say which fields are wrong, by dotted path."""
        found: dict[str, str] = {}
        for said in cast(dict[str, Any], error.messages).values():
            _flatten("", said, found)
        raise Invalid(N_("Please correct the marked fields."), fields=found)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _depth(value: Any) -> int:
    level, deepest = [value], 0
    while level:
        deepest += 1
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return deepest


def _flatten(path: str, said: Any, found: dict[str, str]) -> None:
    if isinstance(said, Mapping):
        for key, inner in said.items():
            name = str(key)
            _flatten(path if name == "_schema" else f"{path}.{name}" if path else name, inner, found)
    else:
        found[path or "body"] = " ".join(map(str, said)) if isinstance(said, list) else str(said)
