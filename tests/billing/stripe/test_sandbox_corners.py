"""What the sandbox refuses, in Stripe's words, and what its levers refuse; nothing is changed by any of it."""

import os
import runpy
import signal
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from billing.stripe.client import Span
from billing.stripe.refusals import StripeObjectMissing
from billing.stripe.sandbox import control, expansion, messages, parameters
from billing.stripe.sandbox.clockwork import Loop
from billing.stripe.sandbox.refusals import ApiError
from billing.stripe.sandbox.remote import SandboxRefused, SandboxRemote
from billing.stripe.sandbox.serving import running
from billing.stripe.sandbox.settings import SandboxSettings
from tests.billing.stripe.sandbox_wire import catching, say, wait_until
from tests.billing.stripe.sandbox_world import SandboxWorld

_LINE = {
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "5000",
    "line_items[0][price_data][product_data][name]": "Top-up",
}
_SESSION = {"mode": "payment", "success_url": "https://shop.example/back", **_LINE}
SECOND = {name.replace("[0]", "[1]", 1): value for name, value in _LINE.items()}

WRONG: dict[str, tuple[str, dict[str, str], int]] = {
    "nothing to sell": ("/v1/checkout/sessions", {"mode": "payment", "success_url": "https://x.example/"}, 400),
    "two lines": ("/v1/checkout/sessions", {**_SESSION, **SECOND}, 501),
    "none of it": ("/v1/checkout/sessions", {**_SESSION, "line_items[0][quantity]": "0"}, 400),
    "nowhere to go back to": ("/v1/checkout/sessions", {k: v for k, v in _SESSION.items() if k != "success_url"}, 400),
    "an address that is none": ("/v1/checkout/sessions", {**_SESSION, "success_url": "shop"}, 400),
    "two payers": ("/v1/checkout/sessions", {**_SESSION, "customer": "{customer}", "customer_email": "a@b.example"}, 400),
    "another currency": ("/v1/checkout/sessions", {**_SESSION, "line_items[0][price_data][currency]": "usd"}, 501),
    "a fortune": ("/v1/checkout/sessions", {**_SESSION, "line_items[0][price_data][unit_amount]": "100000000"}, 400),
    "a refund of nothing": ("/v1/refunds", {}, 400),
    "a refund of two things": ("/v1/refunds", {"charge": "ch_1", "payment_intent": "pi_1"}, 400),
    "a refund of no charge": ("/v1/refunds", {"charge": "ch_none"}, 404),
    "a refund of less than a cent": ("/v1/refunds", {"charge": "{charge}", "amount": "0"}, 400),
    "a refund of too much": ("/v1/refunds", {"charge": "{charge}", "amount": "5001"}, 400),
    "a refund of a declined charge": ("/v1/refunds", {"charge": "{declined}"}, 400),
    "a refund of an unpaid payment": ("/v1/refunds", {"payment_intent": "{unpaid}"}, 400),
    "an endpoint without a scheme": (
        "/v1/webhook_endpoints", {"url": "shop.example", "enabled_events[0]": "charge.updated"}, 400),
    "an endpoint of an older version": (
        "/v1/webhook_endpoints",
        {"url": "https://s.example/", "enabled_events[0]": "charge.updated", "api_version": "2020-08-27"}, 501),
    "an expansion too deep": ("/v1/customers", {"name": "x", "expand[0]": "a.b.c.d.e"}, 400),
    "an expansion of a word": ("/v1/customers", {"name": "x", "expand[0]": "name"}, 400),
    "a list written as a word": ("/v1/customers", {"name": "x", "expand": "y"}, 400),
    "a line written as a word": ("/v1/checkout/sessions", {**_SESSION, "line_items[0]": "x"}, 400),
    "a price written as a word": (
        "/v1/checkout/sessions", {"mode": "payment", "success_url": "https://x.example/", "line_items[0][price_data]": "x"}, 400),
    "an object written as a word": ("/v1/customers", {"name": "x", "metadata": "y"}, 400),
    "a word written as an object": ("/v1/customers", {"name[first]": "x"}, 400),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_is_refused_and_leaves_nothing(sandbox: SandboxWorld, wrong: str) -> None:
    path, form, status = WRONG[wrong]
    paid, unpaid = sandbox.paid(), sandbox.session()
    sandbox.remote.pay(unpaid.id, "4000000000000002")
    refused = sandbox.gateway.payment_intent(sandbox.gateway.checkout(unpaid.id).payment_intent_id or "")
    charged = sandbox.gateway.payment_intent(paid.payment_intent_id or "")
    assert charged.latest_charge is not None
    assert refused.latest_charge is not None
    known = {
        "{customer}": paid.customer_id or "", "{charge}": charged.latest_charge.id,
        "{declined}": refused.latest_charge.id, "{unpaid}": refused.id,
    }  # fmt: skip
    events = sandbox.gateway.events().items
    heard = sandbox.say("POST", path, {name: known.get(value, value) for name, value in form.items()})
    assert heard.status == status, heard.text
    assert heard.error["message"]
    assert sandbox.gateway.events().items == events


def test_a_charge_is_refunded_by_its_own_id_once(sandbox: SandboxWorld) -> None:
    intent = sandbox.gateway.payment_intent(sandbox.paid().payment_intent_id or "")
    assert intent.latest_charge is not None
    form = {"charge": intent.latest_charge.id, "expand[0]": "charge.refunds"}
    first = sandbox.say("POST", "/v1/refunds", form)
    assert (first.status, first.json["charge"]["amount_refunded"]) == (200, 5000)
    assert sandbox.say("POST", "/v1/refunds", form).error["code"] == "charge_already_refunded"


def test_a_session_for_a_mail_address_or_for_nobody_can_be_paid(sandbox: SandboxWorld) -> None:
    for payer in ({"customer_email": "ann@company.example"}, {}):
        made = sandbox.say("POST", "/v1/checkout/sessions", {**_SESSION, **payer}).json
        assert sandbox.remote.pay(made["id"])["state"] == "paid"


@pytest.mark.parametrize(
    "query", ["?expand[0]=data.customer", "?expand[0]=data.nothing", "?expand[0]=data", "?expand[0]=x"]
)
def test_lists_expand_what_they_hold_and_nothing_else(sandbox: SandboxWorld, query: str) -> None:
    sandbox.paid()
    sandbox.capture()
    heard = sandbox.say("GET", f"/v1/balance_transactions{query}")
    assert heard.status == 400
    assert sandbox.say("GET", "/v1/balance_transactions?expand[0]=data.source").status == 200


def test_the_book_of_one_charge_alone_can_be_asked_for(sandbox: SandboxWorld) -> None:
    charges = [
        sandbox.gateway.payment_intent(sandbox.paid().payment_intent_id or "").latest_charge for _ in range(2)
    ]
    sandbox.capture()
    assert charges[0] is not None
    [line] = sandbox.gateway.balance_transactions(Span(), source_id=charges[0].id).items
    assert line.source_id == charges[0].id


def test_time_alone_books_a_charge_and_tells_it(tmp_path: Path) -> None:
    with (
        catching() as catcher,
        running(SandboxSettings(tmp_path, webhook_url=catcher.url, capture_delay_seconds=0)) as url,
    ):
        sandbox = SandboxWorld(url)
        sandbox.paid()
        wait_until(lambda: "charge.updated" in catcher.types)
        sandbox.gateway.close()


def test_metadata_may_be_emptied_with_an_empty_word(sandbox: SandboxWorld) -> None:
    assert sandbox.say("POST", "/v1/customers", {"name": "x", "metadata": ""}).json["metadata"] == {}


def test_a_caller_without_an_address_is_not_of_this_machine() -> None:
    request = EnvironBuilder(path="/_sandbox/clock").get_request()
    for address in ("", "unix:", "203.0.113.9"):
        request.remote_addr = address
        assert not control._is_local(request)


def test_what_is_not_yet_there_expands_to_nothing(sandbox: SandboxWorld) -> None:
    made = sandbox.session()
    heard = sandbox.say("GET", f"/v1/checkout/sessions/{made.id}?expand[0]=payment_intent.latest_charge")
    assert (heard.status, heard.json["payment_intent"]) == (200, None)


def test_lists_are_filtered_by_time_and_paged_both_ways(sandbox: SandboxWorld) -> None:
    sandbox.paid()
    rows = sandbox.say("GET", "/v1/events").json["data"]
    assert (
        sandbox.say("GET", f"/v1/events?created={rows[0]['created']}").json["data"][0]["id"] == rows[0]["id"]
    )
    assert sandbox.say("GET", f"/v1/events?type={rows[0]['type']}").status == 200
    both = f"/v1/events?starting_after={rows[0]['id']}&ending_before={rows[1]['id']}"
    assert sandbox.say("GET", both).status == 400
    assert sandbox.say("GET", "/v1/events?starting_after=evt_none").status == 404
    assert sandbox.say("GET", "/v1/events?limit=101").status == 400


def test_headers_that_ask_for_the_impossible_are_refused(sandbox: SandboxWorld) -> None:
    assert sandbox.say("POST", "/v1/customers", {"name": "x"}, Idempotency_Key="k" * 256).status == 400
    plain = {"Content_Type": "application/x-www-form-urlencoded"}
    assert sandbox.say("POST", "/v1/customers", "name", **plain).status == 400


def test_a_deleted_customer_is_missing(sandbox: SandboxWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        deleted = True

    monkeypatch.setattr(sandbox.gateway._client.customers, "retrieve", lambda _: Gone())
    with pytest.raises(StripeObjectMissing):
        sandbox.gateway.customer("cus_gone")


LEVERS: dict[str, tuple[str, Any]] = {
    "no such lever": ("rocket", {}),
    "a clock without a time": ("clock", {}),
    "a clock of words": ("clock", {"now": "tomorrow"}),
    "a clock without a zone": ("clock", {"now": "2026-01-01T00:00:00"}),
    "a switch that is none": ("webhooks", {"music": True}),
    "a switch of the wrong kind": ("webhooks", {"duplicate": "yes"}),
    "an address that cannot be": ("webhooks", {"url": "http://[x"}),
    "a fault that is none": ("fail", {"mode": "earthquake"}),
    "a thousand and one faults": ("fail", {"mode": "conflict", "count": 1001}),
    "a session that is none": ("pay/cs_none", {}),
    "a card that is none": ("pay/{session}", {"card": "1234"}),
    "a verdict that is none": ("pay/{session}", {"challenge": "maybe"}),
    "a list": ("clock", []),
}


@pytest.mark.parametrize("wrong", LEVERS)
def test_a_senseless_order_changes_nothing(sandbox: SandboxWorld, wrong: str) -> None:
    lever, order = LEVERS[wrong]
    session = sandbox.session()
    assert sandbox.lever(lever.format(session=session.id), order).status in (400, 404)
    assert sandbox.gateway.checkout(session.id).status == "open"


def test_orders_come_from_this_machine_as_json(sandbox: SandboxWorld) -> None:
    where = "/_sandbox/clock"
    assert say(sandbox.url, "POST", where, {"now": "1"}).status == 400
    assert sandbox.lever("clock", {"advance_seconds": 1}, X_Forwarded_For="203.0.113.9").status == 403
    assert sandbox.lever("clock", {"advance_seconds": 1}, Host="evil.example").status == 403
    assert say(sandbox.url, "POST", where, "not json", Content_Type="application/json").status == 400
    assert say(sandbox.url, "GET", "/healthz").json == {"status": "ok"}
    assert isinstance(say(sandbox.url, "GET", where).json["now"], int)
    assert say(sandbox.url, "GET", "/_sandbox/webhooks").json["messages"]["pending"] == 0
    assert say(sandbox.url, "GET", "/_sandbox/rocket").status == 404
    assert say(sandbox.url, "POST", where, "x" * 1_000_001, Content_Type="application/json").status == 413


def test_the_clock_can_be_set_and_faults_forgotten(sandbox: SandboxWorld) -> None:
    then = datetime.now(UTC) + timedelta(days=400)
    assert abs(sandbox.remote.set_clock(then)["now"] - then.timestamp()) <= 1
    assert sandbox.lever("clock", {"now": int(then.timestamp())}).status == 200
    sandbox.remote.fail("rate_limit", count=5)
    assert sandbox.remote.fail("none") == {"planned": 0}
    assert sandbox.gateway.balance()
    with pytest.raises(SandboxRefused, match="mode"):
        sandbox.remote.fail("earthquake")


def test_scalars_are_read_as_the_sdk_types_them() -> None:
    assert parameters._scalar(Decimal, "1.5", ("x",)) == "1.5"
    assert parameters._scalar(bool, "true", ("x",)) is True
    for kind, word in ((Decimal, "x"), (bool, "yes"), (int, "1.5"), (str, "")):
        with pytest.raises(ApiError):
            parameters._scalar(kind, word, ("x",))
    with pytest.raises(ApiError):
        parameters._scalar(str, {"a": "b"}, ("x",))
    for arms, word in (((dict[str, str],), "x"), ((type(None),), "x")):
        with pytest.raises(ApiError):
            parameters._union(arms, word, ("x",))
    with pytest.raises(ApiError):
        parameters._mapping(str, "x", ("x",))


def test_a_line_of_the_book_without_a_source_expands_to_nothing() -> None:
    line = {"object": "balance_transaction", "type": "", "source": None}
    expansion._expand(None, line, ["source"], "source")  # type: ignore[arg-type]
    assert line["source"] is None


def test_a_message_to_nobody_is_not_accepted() -> None:
    assert messages._post("http://127.0.0.1:9/hooks", "s", "{}") is False
    assert messages._post("https://127.0.0.1:9/hooks?a=1", "s", "{}") is False
    assert not messages.is_address("http://[x")


def test_one_broken_piece_of_work_does_not_stop_the_loop() -> None:
    done = threading.Event()
    steps = iter((RuntimeError("broken"), None))

    def step() -> float:
        if isinstance(failure := next(steps, None), Exception):
            raise failure
        done.set()
        return 60

    loop = Loop("test", step)
    loop.stop()  # a loop that was never started ends at once
    loop = Loop("test", step)
    loop.start()
    loop.wake()
    wait_until(lambda: done.is_set() or bool(loop.wake()))
    loop.stop()


def test_the_process_serves_until_it_is_told_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    monkeypatch.setenv("SANDBOX_PORT", "0")
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    try:
        runpy.run_module("billing.stripe.sandbox.__main__", run_name="only imported")
        runpy.run_module("billing.stripe.sandbox", run_name="__main__")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert "simulated" in capsys.readouterr().out


def test_a_receiver_named_at_the_start_hears_everything(tmp_path: Path) -> None:
    with catching() as catcher:
        settings = SandboxSettings(tmp_path, webhook_url=catcher.url, retry_seconds=0.05)
        with running(settings) as url:
            sandbox = SandboxWorld(url)
            sandbox.paid()
            wait_until(lambda: "checkout.session.completed" in catcher.types)
            sandbox.gateway.close()
            assert SandboxRemote(url).webhooks()["url"] == catcher.url
