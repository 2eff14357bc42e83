"""The sandbox's own levers, for tests and the demo: its clock, its messages, its faults, a payment without a browser.

Invariants: only this machine may pull them, with JSON and a loopback host name, so that no web page can; an order that
makes no sense is refused with a sentence and changes nothing.
"""

import ipaddress
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from billing.stripe.sandbox import payments
from billing.stripe.sandbox.act import Caller
from billing.stripe.sandbox.clockwork import Clockwork
from billing.stripe.sandbox.faults import MODES, Fault, FaultPlan
from billing.stripe.sandbox.hosted_pages import return_address
from billing.stripe.sandbox.messages import is_address
from billing.stripe.sandbox.refusals import ApiError, invalid_request, missing
from billing.stripe.sandbox.store import Json

_SWITCHES: dict[str, Callable[[Any], bool]] = {
    "url": lambda value: value is None or (isinstance(value, str) and is_address(value)),
    "secret": lambda value: isinstance(value, str) and bool(value),
    "duplicate": lambda value: isinstance(value, bool),
    "reorder": lambda value: isinstance(value, bool),
    "drop_first": lambda value: isinstance(value, bool),
    "delay_seconds": lambda value: _is_number(value) and 0 <= value <= 86400,
}


class Control:
    """Everything under /_sandbox/."""

    def __init__(self, clockwork: Clockwork, faults: FaultPlan) -> None:
        self._clockwork = clockwork
        self._faults = faults

    def __call__(self, request: Request) -> Response:
        try:
            body = self._obey(request)
            status = 200
        except ApiError as error:
            body, status = error.body(), error.status
        return Response(json.dumps(body), status, {"Cache-Control": "no-store"}, mimetype="application/json")

    def _obey(self, request: Request) -> Json:
        if not _is_local(request):
            raise ApiError(403, "invalid_request_error", "Only this machine may control the sandbox.")
        lever, _, ref = request.path.removeprefix("/_sandbox/").partition("/")
        if request.method == "GET":
            return self._read(lever)
        levers = {"clock": self._clock, "webhooks": self._webhooks, "fail": self._fail}
        if request.method == "POST" and lever in levers and not ref:
            return levers[lever](_order(request))
        if request.method == "POST" and lever == "pay":
            return self._pay(ref, _order(request), request.host_url)
        raise missing("lever", request.path)

    def _read(self, lever: str) -> Json:
        if lever == "clock":
            with self._clockwork.store.transaction() as records:
                return {"now": self._clockwork.now(records)}
        if lever == "webhooks":
            return self._messages()
        raise missing("lever", lever)

    def _clock(self, order: Json) -> Json:
        if set(order) == {"advance_seconds"} and isinstance(order["advance_seconds"], int):
            seconds = order["advance_seconds"]
            now, done = self._clockwork.move(lambda before: before + seconds)
        elif set(order) == {"now"}:
            moment = _epoch(order["now"])
            now, done = self._clockwork.move(lambda _before: moment)
        else:
            raise invalid_request("Give either `advance_seconds` (a whole number) or `now`.")
        return {"now": now, "done": done}

    def _webhooks(self, order: Json) -> Json:
        for name, value in order.items():
            if name not in _SWITCHES or not _SWITCHES[name](value):
                raise invalid_request(f"`{name}` cannot be set to {value!r}.", param=name)
        with self._clockwork.store.transaction() as records:
            records.set_setting("webhooks", {**records.setting("webhooks", {}), **order})
        self._clockwork.wake()
        return self._messages()

    def _messages(self) -> Json:
        """The switches, and how many messages are in which state."""
        with self._clockwork.store.transaction() as records:
            counts = dict(records.sql("SELECT state, count(*) FROM delivery GROUP BY state").fetchall())
            known = records.setting("webhooks", {})
        shown = {name: value for name, value in known.items() if name != "secret"}
        return {
            **shown,
            "messages": {state: counts.get(state, 0) for state in ("pending", "delivered", "dead")},
        }

    def _fail(self, order: Json) -> Json:
        mode, count, seconds = order.get("mode"), order.get("count", 1), order.get("seconds", 30)
        if mode == "none":
            self._faults.clear()
            return {"planned": 0}
        if mode not in MODES:
            raise invalid_request(f"`mode` must be none or one of {', '.join(MODES)}.", param="mode")
        if (
            not isinstance(count, int)
            or not 1 <= count <= 1000
            or not _is_number(seconds)
            or not 0 <= seconds <= 120
        ):
            raise invalid_request("`count` must be 1 to 1000 and `seconds` 0 to 120.", param="count")
        self._faults.plan(Fault(mode, float(seconds), str(order.get("operation", ""))), count)
        return {"planned": count}

    def _pay(self, session_id: str, order: Json, base_url: str) -> Json:
        number = order.get("card", "4242424242424242")
        card, verdict = payments.CARDS.get(str(number)), order.get("challenge", "complete")
        if card is None or verdict not in ("complete", "fail", "wait"):
            raise invalid_request(
                "Give one of the page's test cards, and complete, fail or wait as `challenge`."
            )
        with self._clockwork.store.transaction() as records:
            account = records.owner_of(session_id)
        if account is None or not session_id.startswith("cs_"):
            raise missing("checkout.session", session_id)
        with self._clockwork.act(Caller(account), base_url) as act:
            session = act.load("checkout.session", session_id)
            state = payments.attempt(act, session, card)
            if state == "challenge" and verdict != "wait":
                state = payments.answer_challenge(act, session, verdict == "complete")
            error = payments.last_error(act, session)
        told = {"state": state, "payment_intent": session["payment_intent"], "error": error}
        return {**told, "return_url": return_address(session) if state == "paid" else None}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_local(request: Request) -> bool:
    host = (request.host or "").rsplit(":", 1)[0].strip("[]")
    try:
        is_from_here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return is_from_here and not is_forwarded and host in ("127.0.0.1", "localhost", "::1")


def _order(request: Request) -> Json:
    if request.mimetype != "application/json":
        raise invalid_request("Send JSON with the content type application/json.")
    try:
        order = json.loads(request.get_data() or b"{}")
    except ValueError:
        order = None
    if not isinstance(order, dict):
        raise invalid_request("Send one JSON object.")
    return order


def _epoch(moment: Any) -> int:
    """Sandbox time from epoch seconds or an aware ISO time."""
    if isinstance(moment, int) and not isinstance(moment, bool):
        return moment
    try:
        when = datetime.fromisoformat(str(moment))
    except ValueError:
        raise invalid_request(
            "`now` must be epoch seconds or an ISO time with a zone.", param="now"
        ) from None
    if when.tzinfo is None:
        raise invalid_request("`now` needs a time zone.", param="now")
    return int(when.timestamp())
