"""Our client against a sandbox: what goes in, what comes out, and how each failure is named."""

import dataclasses
import json
import socket
import time

import pytest
import stripe

from billing.stripe import client
from billing.stripe.client import Span, StripeGateway, StripeSettings
from billing.stripe.refusals import (
    PaymentMisconfigured,
    PaymentRefused,
    PaymentUnavailable,
    SignatureInvalid,
    StripeObjectMissing,
    StripeRequestRefused,
)
from billing.stripe.sandbox.messages import signature
from tests.billing.stripe.sandbox_world import SandboxWorld

_EVENT = {
    "id": "evt_1", "object": "event", "type": "charge.updated", "api_version": "2026-10-28.endive", "created": 1,
    "livemode": False, "data": {"object": {"id": "ch_1", "object": "charge"}},
}  # fmt: skip
SECRET = "whsec_test"
PAYLOAD = json.dumps(_EVENT).encode()


@pytest.fixture
def gateway() -> StripeGateway:
    return StripeGateway(StripeSettings("sk_test_sandbox_x", "whsec_test", "http://127.0.0.1:9"))


def signed(payload: bytes, age_seconds: int = 0, secret: str = SECRET) -> str:
    return signature(payload.decode(), secret, int(time.time()) - age_seconds)


def test_a_message_signed_with_our_secret_is_read(gateway: StripeGateway) -> None:
    event = gateway.parse_event(PAYLOAD, signed(PAYLOAD))
    assert (event.id, event.type, event.object_id, event.api_version) == (
        "evt_1",
        "charge.updated",
        "ch_1",
        client.API_VERSION,
    )
    assert event.created_at.tzinfo is not None


@pytest.mark.parametrize(
    ("payload", "header"),
    [
        (PAYLOAD, signed(PAYLOAD, secret="whsec_other")),
        (PAYLOAD + b" ", signed(PAYLOAD)),
        (PAYLOAD, signed(PAYLOAD, age_seconds=301)),
        (PAYLOAD, ""),
        (PAYLOAD, "t=now,v1=x"),
        (PAYLOAD, "t=1,v1=ж"),
        (PAYLOAD, f"t={int(time.time())}"),
        (b"\xff\xfe", "t=1,v1=00"),
        (b"[]", signed(b"[]")),
        (b"{}", signed(b"{}")),
        (b"not json", signed(b"not json")),
    ],
    ids=[
        "other secret", "altered", "old", "no header", "no time", "not ascii", "no signature", "binary", "list",
        "empty", "text",
    ],
)  # fmt: skip
def test_any_other_message_is_refused(gateway: StripeGateway, payload: bytes, header: str) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        gateway.parse_event(payload, header)
    assert refusal.value.status == 400


def test_a_live_key_never_goes_to_an_address_of_our_own() -> None:
    with pytest.raises(PaymentMisconfigured):
        StripeSettings("sk_live_x", "whsec", "http://127.0.0.1:9")


def test_a_sandbox_key_never_goes_to_real_stripe() -> None:
    with pytest.raises(PaymentMisconfigured):
        StripeSettings("sk_test_sandbox_x", "whsec")


def test_all_four_addresses_lead_to_the_sandbox(gateway: StripeGateway) -> None:
    told = gateway._client._requestor._options.base_addresses
    assert set(told) == {"api", "files", "connect", "meter_events"}
    assert set(told.values()) == {"http://127.0.0.1:9"}


def test_secrets_are_not_shown() -> None:
    assert "sk_test" not in repr(StripeSettings("sk_test_sandbox_x", "whsec_y", "http://127.0.0.1:9"))


def test_a_wrong_key_is_a_misconfiguration(sandbox: SandboxWorld) -> None:
    other = StripeGateway(sandbox.settings(secret_key="sk_test_51Real"))
    with pytest.raises(PaymentMisconfigured):
        other.balance()
    other.close()


def test_an_unknown_object_is_missing(sandbox: SandboxWorld) -> None:
    with pytest.raises(StripeObjectMissing) as refusal:
        sandbox.gateway.payment_intent("pi_none")
    assert refusal.value.status == 404


def test_a_declined_card_is_refused_with_its_reason() -> None:
    told = {"error": {"code": "card_declined", "decline_code": "insufficient_funds", "message": "no"}}
    refusal = client._refusal(stripe.CardError("no", None, "card_declined", json_body=told, http_status=402))
    assert isinstance(refusal, PaymentRefused)
    assert refusal.details["decline_code"] == "insufficient_funds"


def test_our_own_mistake_is_named_with_its_parameter(sandbox: SandboxWorld) -> None:
    with pytest.raises(StripeRequestRefused) as refusal:
        sandbox.session(amount_minor=10)
    assert refusal.value.details["stripe_code"] == "amount_too_small"
    assert "unit_amount" in refusal.value.details["param"]


def test_nobody_listening_is_unavailable_with_a_time_to_retry() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        gateway = StripeGateway(StripeSettings("sk_test_sandbox_x", "w", address, network_retries=0))
        with pytest.raises(PaymentUnavailable) as refusal:
            gateway.balance()
        gateway.close()
    assert refusal.value.details["retry_after"] > 0


@pytest.mark.parametrize("mode", ["rate_limit", "conflict", "error_after_commit"])
def test_a_busy_or_broken_stripe_is_unavailable(sandbox: SandboxWorld, mode: str) -> None:
    sandbox.remote.fail(mode)
    with pytest.raises(PaymentUnavailable):
        sandbox.gateway.create_customer("k1", None, "Company", {})


def test_the_client_retries_a_conflict_by_itself(sandbox: SandboxWorld) -> None:
    sandbox.remote.fail("conflict")
    patient = StripeGateway(sandbox.settings(network_retries=2))
    assert patient.create_customer("k1", None, "Company", {}).name == "Company"
    patient.close()


def test_lists_are_paged_newest_first(sandbox: SandboxWorld) -> None:
    for _ in range(3):
        sandbox.paid()
    sandbox.capture()
    first = sandbox.gateway.balance_transactions(Span(limit=2))
    rest = sandbox.gateway.balance_transactions(Span(limit=2, after=first.items[-1].id))
    assert (len(first.items), first.has_more) == (2, True)
    assert (len(rest.items), rest.has_more) == (1, False)
    times = [row.created_at for row in first.items + rest.items]
    assert times == sorted(times, reverse=True)
    assert len({row.id for row in first.items + rest.items}) == 3


def test_a_span_of_time_holds_its_start_and_not_its_end(sandbox: SandboxWorld) -> None:
    made = sandbox.paid()
    events = sandbox.gateway.events(types=("checkout.session.completed",)).items
    at = events[0].created_at
    assert made.id == events[0].object_id
    types = ("checkout.session.completed",)
    assert sandbox.gateway.events(Span(from_at=at), types).items == events
    assert sandbox.gateway.events(Span(to_at=at), types).items == ()


def test_an_event_can_be_fetched_again(sandbox: SandboxWorld) -> None:
    sandbox.paid()
    newest = sandbox.gateway.events().items[0]
    assert sandbox.gateway.event(newest.id) == newest


def test_a_webhook_endpoint_asks_for_our_api_version(sandbox: SandboxWorld) -> None:
    made = sandbox.gateway.create_webhook_endpoint("w1", "https://floe.example/hooks", ("charge.updated",))
    assert made.secret.startswith("whsec_")
    assert made.api_version == stripe.api_version
    (listed,) = sandbox.gateway.webhook_endpoints()
    assert listed == dataclasses.replace(made, secret=None)
