"""Every answer and every event snapshot of the sandbox fits the resource classes of the pinned SDK."""

from billing.stripe.sandbox.operations import OPERATIONS
from tests.billing.stripe.sandbox_world import SandboxWorld
from tests.billing.stripe.sdk_annotations import problems

SESSION = {
    "mode": "payment",
    "line_items[0][quantity]": "2",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "Top-up",
    "customer_email": "a@b.example",
    "success_url": "http://127.0.0.1:9/",
}


def live_a_little(sandbox: SandboxWorld) -> dict[str, str]:
    """Makes at least one of everything the sandbox can make."""
    paid = sandbox.paid()
    sandbox.remote.pay(sandbox.session(customer_id=paid.customer_id).id, card="4000000000000002")
    sandbox.remote.pay(sandbox.session().id, card="4000000000003220")
    failed = sandbox.session()
    sandbox.remote.pay(failed.id, card="4000000000003220", challenge="fail")
    waiting = sandbox.session()
    challenged = sandbox.remote.pay(waiting.id, card="4000000000003220", challenge="wait")
    sandbox.capture()
    refund = sandbox.gateway.refund("r1", paid.payment_intent_id, 100)
    event = sandbox.gateway.events().items[0]
    return {
        "customers": paid.customer_id,
        "checkout/sessions": paid.id,
        "payment_intents": paid.payment_intent_id,
        "charges": refund.charge_id,
        "balance_transactions": refund.balance_transaction_id,
        "events": event.id,
        "expired": sandbox.session().id,
        "failed": failed.id,
        "waiting": waiting.id,
        "challenged": challenged["payment_intent"],
    }


PART = {"amount": "100", "expand[0]": "charge"}


def requests(ids: dict[str, str]) -> list[tuple[str, str, dict[str, str] | None]]:
    expanded = "latest_charge.balance_transaction.source"
    return [
        ("POST", "/v1/customers", {"name": "x", "metadata[a]": "b", "metadata[empty]": ""}),
        ("GET", f"/v1/customers/{ids['customers']}", None),
        ("POST", "/v1/checkout/sessions", SESSION),
        (
            "GET",
            f"/v1/checkout/sessions/{ids['checkout/sessions']}?expand[]=line_items&expand[]=customer",
            None,
        ),
        ("GET", f"/v1/checkout/sessions/{ids['failed']}?expand[]=payment_intent.latest_charge", None),
        ("GET", f"/v1/checkout/sessions/{ids['waiting']}", None),
        ("POST", f"/v1/checkout/sessions/{ids['expired']}/expire", {}),
        (
            "GET",
            f"/v1/payment_intents/{ids['payment_intents']}?expand[0]={expanded}&expand[1]=customer",
            None,
        ),
        ("GET", f"/v1/payment_intents/{ids['challenged']}", None),
        (
            "GET",
            f"/v1/charges/{ids['charges']}?expand[]=refunds&expand[]=balance_transaction&expand[]=customer",
            None,
        ),
        ("GET", "/v1/balance", None),
        ("GET", "/v1/balance_transactions?expand[]=data.source&type=refund", None),
        (
            "GET",
            f"/v1/balance_transactions/{ids['balance_transactions']}?expand[]=source.payment_intent",
            None,
        ),
        ("GET", "/v1/events?limit=100", None),
        ("GET", f"/v1/events/{ids['events']}", None),
        ("POST", "/v1/refunds", {"payment_intent": ids["payment_intents"], **PART}),
        ("POST", "/v1/webhook_endpoints", {"url": "https://floe.example/h", "enabled_events[0]": "*"}),
        ("GET", "/v1/webhook_endpoints", None),
    ]


def test_every_operation_answers_in_the_sdks_shape(sandbox: SandboxWorld) -> None:
    asked = requests(live_a_little(sandbox))
    found: list[str] = []
    for method, path, form in asked:
        heard = sandbox.say(method, path, form)
        assert heard.status == 200, (path, heard.text)
        assert "_" not in {name[0] for name in heard.json}
        found += [f"{method} {path}: {problem}" for problem in problems(heard.json)]
    assert found == []
    shapes = {(method, len(path.split("?")[0].split("/"))) for method, path, _ in asked}
    assert len(asked) >= len(OPERATIONS)
    assert {(one.method, len(one.path.split("/"))) for one in OPERATIONS} <= shapes


def test_every_event_tells_of_an_object_in_the_sdks_shape(sandbox: SandboxWorld) -> None:
    ids = live_a_little(sandbox)
    sandbox.gateway.expire_checkout(ids["expired"])
    events = sandbox.say("GET", "/v1/events?limit=100").json["data"]
    snapshots = [event["data"]["object"] for event in events]
    assert [problem for snapshot in snapshots for problem in problems(snapshot)] == []
    assert {event["type"] for event in events} == {
        "payment_intent.created", "payment_intent.succeeded", "payment_intent.payment_failed",
        "payment_intent.requires_action", "charge.succeeded", "charge.failed", "charge.updated", "charge.refunded",
        "refund.created", "checkout.session.completed", "checkout.session.expired",
    }  # fmt: skip
    assert not [name for snapshot in snapshots for name in snapshot if name.startswith("_")]


def test_the_check_itself_sees_a_missing_a_wrong_and_an_unknown_key(sandbox: SandboxWorld) -> None:
    body = sandbox.say("POST", "/v1/customers", {"name": "x"}).json
    broken = {**body, "created": "today", "tax_exempt": "perhaps", "colour": 1}
    del broken["livemode"]
    assert {problem.split(":")[0] for problem in problems(broken)} == {
        "customer.created", "customer.tax_exempt", "customer.colour", "customer.livemode",
    }  # fmt: skip
