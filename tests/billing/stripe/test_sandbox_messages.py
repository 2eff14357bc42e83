"""Webhook messages: signed, repeated until accepted, and as unruly as the switches say."""

import sqlite3
from pathlib import Path

from billing.stripe.client import StripeGateway
from tests.billing.stripe.sandbox_wire import Catcher, wait_until
from tests.billing.stripe.sandbox_world import SandboxWorld

PAID = {
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
}


def test_messages_are_signed_so_that_our_client_believes_them(
    sandbox: SandboxWorld, catcher: Catcher
) -> None:
    session = sandbox.paid()
    wait_until(lambda: len(catcher.caught) == 4)
    events = [sandbox.gateway.parse_event(body.encode(), header) for body, header in catcher.caught]
    assert {event.type for event in events} == PAID
    assert session.id in {event.object_id for event in events}


def test_a_booking_is_told_late(sandbox: SandboxWorld, catcher: Catcher) -> None:
    sandbox.paid()
    wait_until(lambda: len(catcher.caught) == 4)
    sandbox.capture()
    wait_until(lambda: "charge.updated" in catcher.types)
    update = catcher.events[-1]["data"]
    assert update["previous_attributes"] == {"balance_transaction": None}
    assert update["object"]["balance_transaction"].startswith("txn_")


def test_a_refusing_receiver_is_asked_again(sandbox: SandboxWorld, catcher: Catcher) -> None:
    catcher.status = 503
    sandbox.paid()
    wait_until(lambda: len(catcher.caught) > 5)
    catcher.status = 200
    wait_until(lambda: sandbox.remote.webhooks()["messages"]["pending"] == 0)
    assert sandbox.remote.webhooks()["messages"] == {"pending": 0, "delivered": 4, "dead": 0}


def test_messages_come_twice_when_told_so(sandbox: SandboxWorld, catcher: Catcher) -> None:
    sandbox.remote.webhooks(duplicate=True)
    sandbox.paid()
    wait_until(lambda: len(catcher.caught) == 8)
    ids = [event["id"] for event in catcher.events]
    assert len(set(ids)) == 4


def test_messages_come_in_the_wrong_order_when_told_so(sandbox: SandboxWorld, catcher: Catcher) -> None:
    sandbox.remote.webhooks(reorder=True)
    sandbox.paid()
    wait_until(lambda: len(catcher.caught) == 4)
    assert catcher.types == [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "payment_intent.created",
    ]


def test_the_first_try_is_lost_when_told_so(sandbox: SandboxWorld, catcher: Catcher, tmp_path: Path) -> None:
    sandbox.remote.webhooks(drop_first=True)
    sandbox.paid()
    wait_until(lambda: len(catcher.caught) == 4)
    assert set(catcher.types) == PAID
    with sqlite3.connect(tmp_path / "sandbox.sqlite3") as store:
        wait_until(lambda: store.execute("SELECT attempts FROM delivery").fetchall() == [(2,)] * 4)
    store.close()


def test_messages_wait_when_told_so(sandbox: SandboxWorld, catcher: Catcher) -> None:
    sandbox.remote.webhooks(delay_seconds=0.6)
    sandbox.paid()
    assert sandbox.remote.webhooks()["messages"]["pending"] == 4
    assert catcher.caught == []
    wait_until(lambda: len(catcher.caught) == 4)


def test_an_endpoint_hears_only_its_account_and_its_events(sandbox: SandboxWorld, catcher: Catcher) -> None:
    sandbox.remote.webhooks(url=None)
    made = sandbox.gateway.create_webhook_endpoint("w1", catcher.url, ("checkout.session.completed",))
    stranger = SandboxWorld(sandbox.url)
    stranger.paid()
    stranger.gateway.close()
    sandbox.paid()
    wait_until(lambda: sandbox.remote.webhooks()["messages"]["pending"] == 0)
    assert catcher.types == ["checkout.session.completed"]
    reader = StripeGateway(sandbox.settings(webhook_secret=made.secret))
    body, header = catcher.caught[0]
    assert reader.parse_event(body.encode(), header).type == "checkout.session.completed"


def test_only_local_json_pulls_the_levers(sandbox: SandboxWorld) -> None:
    assert sandbox.lever("clock", {"advance_seconds": 1}).status == 200
    assert sandbox.lever("clock", {"advance_seconds": 1}, Content_Type="text/plain").status == 400
    assert sandbox.lever("clock", {"advance_seconds": 1}, Host="evil.example").status == 403
    assert sandbox.lever("clock", {"advance_seconds": 1}, X_Forwarded_For="10.0.0.1").status == 403


def test_a_senseless_order_is_refused_and_changes_nothing(sandbox: SandboxWorld) -> None:
    for lever, order in (
        ("clock", {}),
        ("clock", {"now": "2026-01-01T00:00:00"}),
        ("clock", {"advance_seconds": "1"}),
        ("clock", []),
        ("webhooks", {"url": "ftp://x"}),
        ("webhooks", {"colour": 1}),
        ("webhooks", {"delay_seconds": -1}),
        ("fail", {"mode": "explode"}),
        ("fail", {"mode": "timeout", "count": 0}),
        ("pay/cs_test_x", {"card": "1"}),
    ):
        assert sandbox.lever(lever, order).status == 400, (lever, order)
    assert sandbox.lever("pay/cs_test_none", {}).status == 404
    assert sandbox.lever("colour", {}).status == 404
    assert "url" not in sandbox.remote.webhooks()
