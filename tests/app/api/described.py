"""A client that knows nothing of Floe but its OpenAPI document, and holds every answer against it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import jsonschema_rs

JSON, PROBLEM = "application/json", "application/problem+json"
DOCUMENT = "/api/v1/openapi.json"


@dataclass(frozen=True)
class Sent:
    """A request on its way."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Got:
    """An answer that came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.kind in (JSON, PROBLEM) else None


Wire = Callable[[Sent], Got]


class Document:
    """The OpenAPI document, and what it says of an operation."""

    def __init__(self, wire: Wire) -> None:
        got = wire(Sent("GET", DOCUMENT, {}, b""))
        assert (got.status, got.kind) == (200, JSON)
        self.whole: dict[str, Any] = got.json
        self._validators: dict[str, Any] = {}

    @cached_property
    def operations(self) -> dict[str, tuple[str, str, dict[str, Any]]]:
        """operationId → method, path, operation."""
        return {
            one["operationId"]: (method.upper(), path, one)
            for path, parts in self.whole["paths"].items()
            for method, one in parts.items()
            if method != "parameters"
        }

    def check(self, operation: str, got: Got) -> None:
        """The answer is one that the document promised."""
        answers = self.operations[operation][2]["responses"]
        assert str(got.status) in answers, f"{operation}: {got.status} is not in the document: {got.body!r}"
        promised = self._resolved(answers[str(got.status)]).get("content", {})
        if not promised:
            assert not got.body, f"{operation}: {got.status} has no body"
            return
        assert got.kind in promised, f"{operation}: {got.kind} is not in the document"
        schema = promised[got.kind]["schema"]
        if got.json is not None:
            self.demand(schema, got.json, f"{operation} {got.status}")

    def demand(self, schema: Any, value: Any, where: str) -> None:
        """The value is of this schema."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.whole["components"]}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        found = [
            f"{error.instance_path}: {error.message}" for error in self._validators[key].iter_errors(value)
        ]
        assert not found, f"{where}: {found}"

    def _resolved(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in answer:
            return answer
        found: dict[str, Any] = self.whole["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        return found


@dataclass
class Client:
    """A key, and the operations it may call by their names in the document."""

    document: Document
    wire: Wire
    key: str
    seen: set[str] = field(default_factory=set)

    def __call__(self, operation: str, json: Any = None, **more: Any) -> Any:
        """The body of a success."""
        got = self.send(operation, json, **more)
        assert got.status < 300, f"{operation}: {got.status} {got.body!r}"
        return got.json if got.kind == JSON else got.body.decode("utf-8-sig")

    def refused(self, operation: str, json: Any = None, **more: Any) -> tuple[int, str]:
        """Status and code of a refusal."""
        got = self.send(operation, json, **more)
        assert got.status >= 400, f"{operation} was not refused: {got.body!r}"
        return got.status, got.json["code"]

    def send(
        self,
        operation: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        key: str | None = None,
        **ids: Any,
    ) -> Got:
        """Send what the document asks for; the answer has been held against it."""
        method, path, described = self.document.operations[operation]
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", quote(str(value)))
        headers = {"Authorization": f"Bearer {self.key}"}
        sent = b""
        if body is not None:
            self.document.demand(described["requestBody"]["content"][JSON]["schema"], body, operation)
            headers["Content-Type"], sent = JSON, json.dumps(body).encode()
        if form is not None:
            headers["Content-Type"], sent = multipart(form)
        if key is not None or _wants_key(described):
            headers["Idempotency-Key"] = uuid4().hex if key is None else key
        got = self.wire(
            Sent(method, path + (f"?{urlencode(query, doseq=True)}" if query else ""), headers, sent)
        )
        self.document.check(operation, got)
        self.seen.add(operation)
        return got


def multipart(form: Mapping[str, Any]) -> tuple[str, bytes]:
    """A form with a file (name, bytes) as it goes over the wire."""
    edge, parts = uuid4().hex, []
    for name, value in form.items():
        file = f'; filename="{value[0]}"\r\nContent-Type: text/csv' if isinstance(value, tuple) else ""
        content = value[1] if isinstance(value, tuple) else str(value).encode()
        parts.append(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
            + content
            + b"\r\n"
        )
    return f"multipart/form-data; boundary={edge}", b"".join([*parts, f"--{edge}--\r\n".encode()])


def _wants_key(described: dict[str, Any]) -> bool:
    return any(
        part["name"] == "Idempotency-Key" and part["required"] for part in described.get("parameters", ())
    )
