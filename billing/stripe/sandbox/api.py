"""Answers one API call the way Stripe does: key, address, parameters, idempotency, deed, answer.

Invariants: a call that is refused has changed nothing; the same idempotency key with the same parameters gets the
stored answer, also when that answer was a server error; the parameters are judged before anything is looked up.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from billing.stripe.sandbox import faults
from billing.stripe.sandbox.act import API_VERSION, Caller, new_id
from billing.stripe.sandbox.clockwork import Clockwork
from billing.stripe.sandbox.expansion import rendered
from billing.stripe.sandbox.forms import read_form
from billing.stripe.sandbox.operations import OPERATIONS, Operation
from billing.stripe.sandbox.parameters import judge
from billing.stripe.sandbox.refusals import ApiError, invalid_request, not_implemented
from billing.stripe.sandbox.store import Json

_KEY = re.compile(r"sk_test_sandbox_[A-Za-z0-9_-]{1,200}")
_ROUTES = [(re.compile(re.sub(r"\{id\}", "([A-Za-z0-9_]+)", one.path)), one) for one in OPERATIONS]


@dataclass(frozen=True)
class Answer:
    """What goes back: status and body, and whether it is a repetition."""

    status: int
    body: Json
    request_id: str
    is_replayed: bool = False

    def response(self, idempotency_key: str | None) -> Response:
        headers = {"Request-Id": self.request_id, "Stripe-Version": API_VERSION, "Cache-Control": "no-store"}
        if idempotency_key:
            headers |= {"Idempotency-Key": idempotency_key, "Original-Request": self.request_id}
        if self.is_replayed:
            headers["Idempotent-Replayed"] = "true"
        if self.status >= 500:
            headers["Stripe-Should-Retry"] = "false"
        return Response(json.dumps(self.body), self.status, headers, mimetype="application/json")


class Api:
    """The part of the sandbox under /v1 and /v2."""

    def __init__(self, clockwork: Clockwork, fault_plan: faults.FaultPlan) -> None:
        self._clockwork = clockwork
        self._faults = fault_plan
        self._busy_lock = threading.Lock()
        self._busy: set[tuple[str, str]] = set()

    def __call__(self, request: Request) -> Response:
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        request_id = new_id("req")
        try:
            caller = Caller(_account(request), request_id, key)
            answer = self._answer(request, caller)
        except ApiError as error:
            answer = Answer(error.status, error.body(), request_id)
        return answer.response(key)

    def _answer(self, request: Request, caller: Caller) -> Answer:
        _check_headers(request)
        fault = self._faults.take(request.path)
        faults.refuse_at_once(fault)
        operation, wanted_id = _find(request)
        params = judge(operation.params_type, read_form(_pairs(request)), operation.honoured)
        with self._claimed(caller):
            fingerprint = _fingerprint(request, params)
            answer = self._replayed(caller, fingerprint)
            if answer is None:
                answer = self._act(request, caller, (operation, wanted_id, params), (fingerprint, fault))
            if fault and fault.mode == "timeout":
                time.sleep(fault.seconds)
            return answer

    def _act(
        self,
        request: Request,
        caller: Caller,
        wanted: tuple[Operation, str, Json],
        terms: tuple[str, faults.Fault | None],
    ) -> Answer:
        operation, wanted_id, params = wanted
        fingerprint, fault = terms
        expand: list[str] = params.pop("expand", [])
        with self._clockwork.act(caller, request.host_url) as act:
            body = rendered(act, operation.deed(act, params, wanted_id), expand)
            answer = Answer(200, body, caller.request_id or "")
            if fault and fault.mode == "error_after_commit":
                answer = Answer(500, faults.server_error().body(), answer.request_id)
            if caller.idempotency_key:
                act.records.sql(
                    "INSERT INTO answer (account, key, fingerprint, status, body, request_id) VALUES (?,?,?,?,?,?)",
                    (caller.account, caller.idempotency_key, fingerprint, answer.status, json.dumps(answer.body),
                     answer.request_id),
                )  # fmt: skip
        return answer

    def _replayed(self, caller: Caller, fingerprint: str) -> Answer | None:
        if caller.idempotency_key is None:
            return None
        with self._clockwork.store.transaction() as records:
            row = records.sql(
                "SELECT fingerprint, status, body, request_id FROM answer WHERE account = ? AND key = ?",
                (caller.account, caller.idempotency_key),
            ).fetchone()
        if row is None:
            return None
        if row[0] != fingerprint:
            told = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            raise ApiError(
                400, "idempotency_error", f"{told} Try using a key other than '{caller.idempotency_key}'."
            )
        return Answer(row[1], json.loads(row[2]), row[3], is_replayed=True)

    @contextmanager
    def _claimed(self, caller: Caller) -> Iterator[None]:
        if caller.idempotency_key is None:
            yield
            return
        claim = (caller.account, caller.idempotency_key)
        with self._busy_lock:
            if claim in self._busy:
                raise faults.in_progress()
            self._busy.add(claim)
        try:
            yield
        finally:
            with self._busy_lock:
                self._busy.discard(claim)


def _account(request: Request) -> str:
    given = request.authorization
    key = (given.token if given.type == "bearer" else given.username) if given else None
    if not key:
        raise ApiError(401, "invalid_request_error", "You did not provide an API key. Use sk_test_sandbox_….")
    if not _KEY.fullmatch(key):
        raise ApiError(
            401, "invalid_request_error", "Invalid API Key provided: the sandbox takes sk_test_sandbox_…."
        )
    return "acct_" + hashlib.sha256(key.encode()).hexdigest()[:16]


def _check_headers(request: Request) -> None:
    if request.headers.get("Stripe-Version", API_VERSION) != API_VERSION:
        raise not_implemented(f"other API versions than {API_VERSION}")
    if "Stripe-Account" in request.headers or "Stripe-Context" in request.headers:
        raise not_implemented("connected accounts")
    if len(request.headers.get("Idempotency-Key", "")) > 255:
        raise invalid_request("Idempotency keys may not be longer than 255 characters.")


def _find(request: Request) -> tuple[Operation, str]:
    for pattern, operation in _ROUTES:
        found = pattern.fullmatch(request.path)
        if found and operation.method == request.method:
            return operation, found.group(1) if found.groups() else ""
    raise not_implemented(f"{request.method} {request.path}")


def _pairs(request: Request) -> list[tuple[str, str]]:
    raw: Any = request.query_string if request.method == "GET" else request.get_data()
    if raw and request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded":
        raise invalid_request("The request body must be form-encoded.")
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw))
    except ValueError:
        raise invalid_request("The request body could not be read.") from None


def _fingerprint(request: Request, params: Json) -> str:
    told = json.dumps([request.method, request.path, params], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
