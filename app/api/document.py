"""The OpenAPI document, and the pages that show it to people: public, made once from what is served."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from flask import Blueprint, Flask, Response, render_template

from app.api.operations import PREFIX
from app.api.schemas.problem import Problem
from app.config import Settings
from app.guard import allow_anyone
from tenants.errors import Refused

STATUSES = (400, 401, 402, 403, 404, 409, 410, 413, 415, 422, 429, 502, 503)

_NOT_OURS = ("Error", "PaginationMetadata")
"""Shapes that the extension brings and nothing here has."""

_ABOUT = """Everything Floe does for agencies, companies and the operator's finance, for programs.

**Keys.** Send `Authorization: Bearer floe_live_…`. A key belongs to one organisation and holds scopes; each operation
names the one it needs. Cookies are never read here.

**Money** is a whole number of minor units (cents) with an ISO 4217 currency. **Times** are RFC 3339. **Ids** are UUIDs.

**Refusals** are `application/problem+json` with a stable `code`; then nothing was written. What is not yours looks
exactly like what does not exist.

**Once.** A POST with an `Idempotency-Key` is done once, however often it is sent; purchases and top-ups demand one.

**Pages.** Lists give `items` and `next_cursor`; ask for the next page with `?cursor=`.

**Pace.** 3,000 calls a minute and key, or what the key was made for; beyond that 429 with `Retry-After`. A key may
be limited to addresses (403 `ip_not_allowed`) and bound to one source (403 `key_bound`)."""


def about(settings: Settings) -> dict[str, Any]:
    """The head of the document."""
    return {
        "title": "Floe",
        "version": "1",
        "openapi_version": "3.1.0",
        "info": {"description": _ABOUT, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": settings.base_url}],
    }


def describe_refusals(spec: APISpec) -> None:
    """One named answer per status, all of the same shape."""
    spec.components.security_scheme(
        "key", {"type": "http", "scheme": "bearer", "bearerFormat": "floe_live_…"}
    )
    spec.components.schema("Problem", schema=Problem)
    for status in STATUSES:
        answer: dict[str, Any] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in (429, 503):
            answer["headers"] = {
                "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
            }
        spec.components.response(f"Refused{status}", answer)


def serve(app: Flask, spec: APISpec) -> None:
    """Serve the document, the page that shows it, and the list of refusals."""
    whole = _whole(spec)
    written = json.dumps(whole, ensure_ascii=False)
    pages = Blueprint("api_docs", __name__)

    @pages.get(f"{PREFIX}/openapi.json")
    @allow_anyone("whoever writes a client reads it first")
    def openapi() -> Response:
        answer = Response(written, content_type="application/json")
        answer.headers["Cache-Control"] = "public, max-age=300"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    @pages.get(f"{PREFIX}/docs")
    @allow_anyone("whoever writes a client reads it first")
    def docs() -> str:
        return render_template("api/docs.html", document=whole, groups=_groups(whole), about=_paragraphs())

    @pages.get("/docs/problems")
    @allow_anyone("whoever writes a client reads it first")
    def problems() -> str:
        return render_template("api/problems.html", problems=_codes())

    app.register_blueprint(pages)


def _whole(spec: APISpec) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(spec.to_dict()))
    for tag in whole["tags"]:
        tag["name"] = tag["name"].removeprefix("api_").replace("_", "-")
    used = {tag for _path, _method, one in _operations(whole) for tag in one["tags"]}
    whole["tags"] = [tag for tag in whole["tags"] if tag["name"] in used]
    schemas = whole["components"]["schemas"]
    for name in _NOT_OURS:
        schemas.pop(name, None)
    for _path, _method, one in _operations(whole):
        for part in one["parameters"]:
            _never_null(part["schema"])
        for form in one.get("requestBody", {}).get("content", {}).items():
            if form[0] == "multipart/form-data":
                for part in schemas[form[1]["schema"]["$ref"].rpartition("/")[2]]["properties"].values():
                    _never_null(part)
    return whole


def _never_null(schema: dict[str, Any]) -> None:
    """A query or a form has no null: what is not said is left out."""
    if isinstance(schema.get("type"), list):
        schema["type"] = next(kind for kind in schema["type"] if kind != "null")
    if "enum" in schema:
        schema["enum"] = [word for word in schema["enum"] if word is not None]
    if schema.get("default", "") is None:
        del schema["default"]


def _operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, parts in whole["paths"].items():
        shared = parts.get("parameters", [])
        for method, one in parts.items():
            if method != "parameters":
                yield path, method, {**one, "parameters": [*shared, *one.get("parameters", [])]}


def _groups(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag, in the order of the document."""
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in whole["tags"]}
    for path, method, one in _operations(whole):
        found[one["tags"][0]].append({**one, "method": method, "path": path})
    return [{**tag, "operations": found[tag["name"]]} for tag in whole["tags"]]


def _paragraphs() -> list[str]:
    return [" ".join(part.replace("**", "").replace("`", "").split()) for part in _ABOUT.split("\n\n")]


def _codes() -> list[dict[str, Any]]:
    """Every refusal there is: its code, status and what it means."""
    found: dict[str, dict[str, Any]] = {}
    waiting: list[type[Refused]] = [Refused]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind is not Refused and kind.__module__.split(".")[0] in ("app", "billing", "tenants"):
            means = " ".join((kind.__doc__ or "").split())
            found.setdefault(kind.code, {"code": kind.code, "status": kind.status, "means": means})
    return [found[code] for code in sorted(found)]
