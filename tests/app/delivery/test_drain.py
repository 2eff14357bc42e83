"""Claim, send, record: what was enqueued arrives, signed, and how it went is known."""

from datetime import timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from app.delivery import destinations
from app.delivery.addresses import Loopback
from app.delivery.outbound import Timeouts
from app.delivery.payload import Event
from tenants import clock
from tenants.db import transaction
from tenants.ids import new_id
from tests.app.delivery.receiver import Heard, Receiver, Reply, receiving, tripwire
from tests.app.delivery.scene import (
    NOW,
    Hook,
    attempts,
    change,
    deliveries,
    destination,
    enqueue,
    events,
    make_hook,
    only,
    run,
)

SECOND = timedelta(seconds=1)


def test_a_sale_arrives_signed_and_is_delivered(hook: Hook, receiver: Receiver, loopback: Loopback) -> None:
    happened = Event(
        "sale.created", new_id(), {"lead": "Їжак 🦔"}, NOW, contacts=[{"phone": "+380501112233"}]
    )
    enqueue(hook.tenant_id, [happened])
    assert run(hook, loopback).tries == 1
    (heard,) = receiver.heard
    assert Webhook(hook.secret).verify(heard.body, heard.headers) == {
        "type": "sale.created",
        "timestamp": NOW.isoformat(),
        "data": {"lead": "Їжак 🦔", "contacts": [{"phone": "+380501112233"}]},
    }
    row = only(hook.tenant_id)
    assert heard.headers["webhook-id"] == str(row["id"])
    assert heard.headers["content-type"] == "application/json"
    assert (row["state"], row["attempts"], row["delivered_at"], row["last_status"]) == (
        "delivered",
        1,
        NOW,
        200,
    )
    (attempt,) = attempts(hook.tenant_id)
    assert (attempt["number"], attempt["result"], attempt["status"], attempt["at"]) == (
        1,
        "success",
        200,
        NOW,
    )
    assert run(hook, loopback).tries == 0


def test_while_a_secret_is_rotated_both_verify(hook: Hook, receiver: Receiver, loopback: Loopback) -> None:
    with clock.at(NOW), transaction(hook.tenant_id) as session:
        new_secret = destinations.rotate_secret(session, hook.tenant_id, hook.id)
    for hours, valid in ((23, {hook.secret, new_secret}), (24, {new_secret})):
        at = NOW + timedelta(hours=hours)
        enqueue(hook.tenant_id, events(at=at), at)
        run(hook, loopback, at)
        heard = receiver.heard[-1]
        assert len(heard.headers["webhook-signature"].split(" ")) == len(valid)
        for secret in valid:
            assert Webhook(secret).verify(heard.body, heard.headers)


def test_a_failure_is_tried_again_by_the_schedule_with_the_same_id_until_it_is_dead(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(500)
    enqueue(hook.tenant_id, events())
    at, waits = NOW, []
    while (row := only(hook.tenant_id))["state"] == "pending":
        assert run(hook, loopback, row["due_at"] - SECOND / 1000).tries == 0
        waits.append((row["due_at"] - at).total_seconds())
        at = row["due_at"]
        change("UPDATE destination SET open_until = NULL")
        assert run(hook, loopback, at).tries == 1
    for waited, planned in zip(waits, (0, 5, 30, 300, 1800, 7200, 18000, 36000, 36000, 86400), strict=True):
        assert planned * 0.8 <= waited <= planned * 1.2
    assert row["state"] == "dead"
    assert [attempt["number"] for attempt in attempts(hook.tenant_id)] == list(range(1, 11))
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    assert len({heard.body for heard in receiver.heard}) == 1


MEANINGS = (
    (Reply(204), "delivered", "success", None),
    (Reply(200, b"ok"), "delivered", "success", None),
    (Reply(200, b"[1]"), "delivered", "success", None),
    (Reply(200, b"{broken"), "delivered", "success", None),
    (Reply(200, b'{"a":' * 10_000), "delivered", "success", None),
    (Reply(201, b'{"accepted": true, "id": "crm-7"}'), "delivered", "success", "crm-7"),
    (Reply(200, b'{"accepted": false, "reason": "outside area"}'), "refused", "failure", "outside area"),
    (Reply(200, b'{"accepted": false, "reason": "a\\u0000b"}'), "refused", "failure", "ab"),
    (Reply(302, headers={"Location": "https://example.com/"}), "pending", "error", None),
    (Reply(404), "pending", "error", None),
    (Reply(500, b'{"accepted": false}'), "pending", "error", None),
)


@pytest.mark.parametrize("meaning", MEANINGS)
def test_what_an_answer_means(
    hook: Hook, receiver: Receiver, loopback: Loopback, meaning: tuple[Reply, str, str, str | None]
) -> None:
    receiver.reply, *expected = meaning
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    row = only(hook.tenant_id)
    (attempt,) = attempts(hook.tenant_id)
    assert [row["state"], attempt["result"], row["receiver_note"]] == expected
    assert (row["delivered_at"] is not None) == (row["state"] == "delivered")
    assert attempt["status"] == receiver.reply.status


def test_gone_switches_the_destination_off_at_once(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(410)
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    off = destination(hook)
    assert (off["enabled"], off["disabled_reason"], off["disabled_at"]) == (False, "gone", NOW)
    assert only(hook.tenant_id)["state"] == "dead"
    assert enqueue(hook.tenant_id, events()) == 0


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_asks_for_time_gets_it(
    hook: Hook, receiver: Receiver, loopback: Loopback, status: int
) -> None:
    receiver.reply = Reply(status, headers={"Retry-After": "600"})
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    assert only(hook.tenant_id)["due_at"] == NOW + 600 * SECOND
    assert destination(hook)["open_until"] == NOW + 600 * SECOND
    receiver.reply = Reply()
    enqueue(hook.tenant_id, events())
    assert run(hook, loopback, NOW + 599 * SECOND).tries == 0
    assert run(hook, loopback, NOW + 600 * SECOND).tries == 2
    assert destination(hook)["open_until"] is None


def test_a_breaker_opens_pauses_probes_and_closes(hook: Hook, receiver: Receiver, loopback: Loopback) -> None:
    receiver.reply = Reply(500)
    enqueue(hook.tenant_id, events(40))
    run(hook, loopback)
    assert 10 <= len(receiver.heard) < 15
    assert run(hook, loopback, NOW + 59 * SECOND).tries == 0
    assert run(hook, loopback, NOW + 60 * SECOND).tries == 1
    receiver.reply = Reply()
    run(hook, loopback, NOW + 120 * SECOND)
    assert {row["state"] for row in deliveries(hook.tenant_id)} == {"delivered"}
    assert (destination(hook)["open_until"], destination(hook)["failing_since"]) == (None, None)


def test_five_days_of_failures_switch_a_destination_off(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(500)
    for day in range(6):
        at = NOW + timedelta(days=day)
        enqueue(hook.tenant_id, events(at=at), at)
        run(hook, loopback, at)
        assert destination(hook)["enabled"] == (day < 5)
    assert destination(hook)["disabled_reason"] == "failing"


def test_a_receiver_without_an_answer_is_tried_again(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(delay_seconds=0.6)
    enqueue(hook.tenant_id, events())
    run(hook, loopback, timeouts=Timeouts(connect_seconds=0.2, read_seconds=0.2))
    assert (only(hook.tenant_id)["state"], only(hook.tenant_id)["last_error"]) == (
        "pending",
        "no answer in time",
    )


def test_at_most_five_are_in_flight_at_one_destination(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(delay_seconds=0.02)
    enqueue(hook.tenant_id, events(30))
    run(hook, loopback)
    assert receiver.most_in_flight == 5
    assert len(receiver.heard) == 30


def test_an_address_that_stopped_being_allowed_is_not_sent_to(hook: Hook, receiver: Receiver) -> None:
    enqueue(hook.tenant_id, events())
    with tripwire():
        run(hook, frozenset())
    assert receiver.heard == []
    assert only(hook.tenant_id)["state"] == "pending"
    assert destination(hook)["failing_since"] is None


def test_a_body_that_does_not_open_holds_up_nobody(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    enqueue(hook.tenant_id, events(3))
    broken = deliveries(hook.tenant_id)[0]["id"]
    change("UPDATE delivery SET body_sealed = '\\x00' || body_sealed WHERE id = :id", id=broken)
    run(hook, loopback)
    states = {row["id"]: row["state"] for row in deliveries(hook.tenant_id)}
    assert states.pop(broken) == "pending"
    assert set(states.values()) == {"delivered"}


def test_what_is_due_elsewhere_is_sent_while_a_slow_receiver_is_waited_for(
    tenant_id: UUID, receiver: Receiver, loopback: Loopback
) -> None:
    with receiving() as slow:
        both = loopback | {("127.0.0.1", slow.port)}
        slow_hook = make_hook(tenant_id, slow.url, both)
        quick_hook = make_hook(tenant_id, receiver.url, both)
        while quick_hook.shard == slow_hook.shard:
            quick_hook = make_hook(tenant_id, receiver.url, both)
        slow.reply = Reply(delay_seconds=0.5)
        late: list[int] = []

        def quick(_: Heard) -> Reply:
            late.append(slow.in_flight)
            return Reply()

        receiver.reply = quick
        enqueue(tenant_id, events())
        run(slow_hook, both)
        assert late
        assert set(late) == {1}
        assert {row["state"] for row in deliveries(tenant_id)} == {"delivered"}
