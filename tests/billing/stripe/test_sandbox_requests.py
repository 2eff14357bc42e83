"""What the sandbox says no to, and what it repeats."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import stripe

from billing.stripe.client import StripeGateway
from billing.stripe.refusals import PaymentUnavailable, StripeObjectMissing, StripeRequestRefused
from billing.stripe.sandbox.act import API_VERSION
from tests.billing.stripe.sandbox_wire import Heard, say
from tests.billing.stripe.sandbox_world import SandboxWorld

SESSION = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "5000",
    "line_items[0][price_data][product_data][name]": "Top-up",
    "success_url": "http://127.0.0.1:9/done",
}


def test_the_sandbox_speaks_the_pinned_version_and_no_other(sandbox: SandboxWorld) -> None:
    assert stripe.api_version == API_VERSION
    assert sandbox.say("GET", "/v1/balance", Stripe_Version="2020-08-27").status == 501


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/transfers"), ("GET", "/v1/customers"), ("DELETE", "/v1/customers/cus_1"),
        ("POST", "/v2/core/accounts"), ("GET", "/"), ("GET", "/v1/checkout/sessions/cs_1/line_items"),
    ],
)  # fmt: skip
def test_an_unknown_operation_is_a_501_in_stripes_shape(
    sandbox: SandboxWorld, method: str, path: str
) -> None:
    heard = sandbox.say(method, path)
    assert heard.status == 501
    assert heard.error["code"] == "sandbox_not_implemented"
    assert heard.headers["Stripe-Should-Retry"] == "false"


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        (
            {"payment_method_types[0]": "card"},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ({"colour": "blue"}, "parameter_unknown", "colour"),
        ({"api_key": "sk_test_x"}, "parameter_unknown", "api_key"),
        ({"line_items[0][colour]": "x"}, "parameter_unknown", "line_items[0][colour]"),
        ({"line_items[0][quantity]": "one"}, "parameter_invalid_integer", "line_items[0][quantity]"),
        ({"line_items[0][quantity]": "0"}, "parameter_invalid_integer", "line_items[0][quantity]"),
        ({"line_items[0][quantity]": "9" * 5000}, "parameter_invalid_integer", "line_items[0][quantity]"),
        ({"line_items[²][quantity]": "1"}, None, "line_items"),
        ({"line_items[0]": "1"}, None, "line_items[0]"),
        ({"line_items[0": "1"}, "parameter_unknown", "line_items[0"),
        ({"mode[x]": "payment"}, None, "mode[x]"),
        ({"submit_type[x]": "pay"}, None, "submit_type"),
        ({"metadata[a][b]": "1"}, None, "metadata[a]"),
        ({"success_url": ""}, "parameter_invalid_empty", "success_url"),
        ({"success_url": "javascript:alert(1)"}, "url_invalid", "success_url"),
        ({"mode": "donation"}, None, "mode"),
        ({"line_items": "x"}, None, "line_items"),
        ({"metadata": "x"}, None, "metadata"),
        ({"allow_promotion_codes": "yes"}, None, "allow_promotion_codes"),
        ({"line_items[0][price_data][unit_amount]": "49"}, "amount_too_small", None),
        ({"expires_at": "1"}, None, "expires_at"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"expand[0]": "colour"}, None, "expand"),
    ],
)
def test_a_wrong_parameter_is_named(
    sandbox: SandboxWorld, changes: dict[str, str], code: str | None, param: str | None
) -> None:
    kept = {name: value for name, value in SESSION.items() if name.split("[")[0] not in changes}
    heard = sandbox.say("POST", "/v1/checkout/sessions", {**kept, **changes})
    assert heard.status == (404 if code == "resource_missing" else 400), heard.text
    assert (heard.error.get("code"), heard.error["type"]) == (code, "invalid_request_error")
    assert param is None or heard.error["param"] == param


@pytest.mark.parametrize(
    "left_out", ["success_url", "line_items[0][quantity]", "line_items[0][price_data][currency]"]
)
def test_a_missing_parameter_is_named(sandbox: SandboxWorld, left_out: str) -> None:
    heard = sandbox.say("POST", "/v1/checkout/sessions", {n: v for n, v in SESSION.items() if n != left_out})
    assert (heard.status, heard.error["code"], heard.error["param"]) == (400, "parameter_missing", left_out)


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "subscription"}, {"allow_promotion_codes": "true"}, {"locale": "de"}, {"ui_mode": "embedded_page"},
        {"line_items[0][price_data][currency]": "usd"}, {"payment_intent_data[capture_method]": "manual"},
        {"automatic_tax[enabled]": "true"},
    ],
)  # fmt: skip
def test_what_stripe_allows_and_the_sandbox_cannot_do_is_a_501(
    sandbox: SandboxWorld, changes: dict[str, str]
) -> None:
    assert sandbox.say("POST", "/v1/checkout/sessions", {**SESSION, **changes}).status == 501


def test_a_refused_call_leaves_nothing(sandbox: SandboxWorld) -> None:
    sandbox.say("POST", "/v1/customers", {"name": "x", "expand[0]": "colour"}, Idempotency_Key="k1")
    assert sandbox.say("POST", "/v1/customers", {"name": "y"}, Idempotency_Key="k1").status == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer sk_live_123", "Bearer sk_test_123", "Bearer sk_test_sandbox_", "Basic OTk="]
)
def test_only_sandbox_keys_are_taken(sandbox: SandboxWorld, authorization: str) -> None:
    assert say(sandbox.url, "GET", "/v1/balance", Authorization=authorization).status == 401


def test_a_body_too_large_or_of_another_kind_is_refused(sandbox: SandboxWorld) -> None:
    assert sandbox.say("POST", "/v1/customers", {"name": "x" * 1_100_000}).status == 413
    heard = say(
        sandbox.url,
        "POST",
        "/v1/customers",
        "{}",
        Authorization=f"Bearer {sandbox.key}",
        Content_Type="application/json",
    )
    assert heard.status == 400


def test_connected_accounts_are_not_pretended(sandbox: SandboxWorld) -> None:
    assert sandbox.say("GET", "/v1/balance", Stripe_Account="acct_1").status == 501


def test_each_key_has_an_account_of_its_own(
    sandbox: SandboxWorld, another: Callable[[], SandboxWorld]
) -> None:
    other = another()
    session = sandbox.paid()
    sandbox.capture()
    for look in (
        lambda: other.gateway.checkout(session.id),
        lambda: other.gateway.customer(session.customer_id),
        lambda: other.gateway.payment_intent(session.payment_intent_id),
        lambda: other.gateway.refund("r", session.payment_intent_id, 100),
        lambda: other.gateway.create_checkout(other.order(customer_id=session.customer_id)),
    ):
        with pytest.raises(StripeObjectMissing):
            look()
    assert other.gateway.events().items == ()
    assert other.gateway.balance().pending_minor == {"EUR": 0}


def test_a_repeated_key_gives_the_stored_answer(sandbox: SandboxWorld) -> None:
    first, second = (
        sandbox.say("POST", "/v1/customers", {"name": "x"}, Idempotency_Key="k") for _ in range(2)
    )
    assert first.json == second.json
    assert first.headers["Idempotent-Replayed"] is None
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Request-Id"] == first.headers["Request-Id"]


def test_a_repeated_key_with_another_amount_is_refused(sandbox: SandboxWorld) -> None:
    order = sandbox.order(amount_minor=5000)
    made = sandbox.gateway.create_checkout(order)
    heard = sandbox.say("POST", "/v1/checkout/sessions", SESSION, Idempotency_Key=order.top_up_id)
    assert (heard.status, heard.error["type"]) == (400, "idempotency_error")
    assert sandbox.gateway.create_checkout(order).id == made.id
    with pytest.raises(StripeRequestRefused):
        sandbox.gateway.create_checkout(sandbox.order(top_up_id=order.top_up_id, amount_minor=6000))


def test_the_same_key_of_another_account_is_another_key(
    sandbox: SandboxWorld, another: Callable[[], SandboxWorld]
) -> None:
    ids = [each.gateway.create_customer("same", None, "Company", {}).id for each in (sandbox, another())]
    assert ids[0] != ids[1]


def test_a_call_with_a_key_still_in_use_is_a_conflict(sandbox: SandboxWorld) -> None:
    sandbox.remote.fail("timeout", count=2, seconds=1)

    def create(_: int) -> Heard:
        return sandbox.say("POST", "/v1/customers", {"name": "Company"}, Idempotency_Key="k")

    with ThreadPoolExecutor(2) as pool:
        made, refused = sorted(pool.map(create, range(2)), key=lambda heard: heard.status)
    assert (made.status, refused.status, refused.error["code"]) == (200, 409, "idempotency_key_in_use")
    assert create(0).json == made.json


def test_eight_callers_with_one_key_make_one_customer(sandbox: SandboxWorld) -> None:
    made: list[str] = []

    def create() -> None:
        gateway = StripeGateway(sandbox.settings(network_retries=8))
        made.append(gateway.create_customer("k", None, "Company", {}).id)
        gateway.close()

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_an_answer_lost_after_the_work_is_found_again_by_its_key(sandbox: SandboxWorld) -> None:
    order = sandbox.order()
    sandbox.remote.fail("timeout", seconds=1, operation="sessions")
    hasty = StripeGateway(sandbox.settings(timeout_seconds=0.3))
    with pytest.raises(PaymentUnavailable):
        hasty.create_checkout(order)
    hasty.close()
    patient = StripeGateway(sandbox.settings(network_retries=4))
    made = patient.create_checkout(order)
    patient.close()
    assert patient.create_checkout(order).id == made.id


def test_a_server_error_is_replayed_as_stripe_does(sandbox: SandboxWorld) -> None:
    sandbox.remote.fail("error_after_commit")
    statuses = [
        sandbox.say("POST", "/v1/customers", {"name": "x"}, Idempotency_Key="k").status for _ in range(2)
    ]
    assert statuses == [500, 500]


def test_a_rate_limit_changed_nothing(sandbox: SandboxWorld) -> None:
    sandbox.remote.fail("rate_limit")
    statuses = [
        sandbox.say("POST", "/v1/customers", {"name": "x"}, Idempotency_Key="k").status for _ in range(2)
    ]
    assert statuses == [429, 200]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "colour=1", "starting_after=evt_none"])
def test_a_wrong_page_is_refused(sandbox: SandboxWorld, query: str) -> None:
    assert sandbox.say("GET", f"/v1/events?{query}").status in (400, 404)


def test_a_page_before_a_row_is_the_nearest_one(sandbox: SandboxWorld) -> None:
    sandbox.paid()
    ids = [event.id for event in sandbox.gateway.events().items]
    heard = sandbox.say("GET", f"/v1/events?ending_before={ids[3]}&limit=2").json
    assert ([row["id"] for row in heard["data"]], heard["has_more"]) == (ids[1:3], True)


def test_a_checkout_lives_thirty_minutes_to_a_day(sandbox: SandboxWorld) -> None:
    for hours in (0.1, 25):
        with pytest.raises(StripeRequestRefused):
            sandbox.session(expires_at=datetime.now(UTC) + timedelta(hours=hours))
