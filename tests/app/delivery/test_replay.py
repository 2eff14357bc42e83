"""What has ended can be sent again, under its old id."""

from datetime import timedelta

import pytest

from app.delivery.addresses import Loopback
from app.delivery.replay import NotReplayable, replay, replay_range
from tenants import clock
from tenants.db import transaction
from tenants.errors import Invalid
from tests.app.delivery.receiver import Receiver, Reply
from tests.app.delivery.scene import (
    NOW,
    Hook,
    attempts,
    change,
    deliveries,
    enqueue,
    events,
    make_tenant,
    only,
    run,
)

HOUR = timedelta(hours=1)


def die(hook: Hook) -> None:
    change("UPDATE delivery SET state = 'dead', attempts = 10 WHERE tenant_id = :id", id=hook.tenant_id)


def test_a_dead_delivery_is_sent_again_with_its_id_and_a_new_schedule(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    enqueue(hook.tenant_id, events())
    die(hook)
    delivery_id = only(hook.tenant_id)["id"]
    with clock.at(NOW + HOUR), transaction(hook.tenant_id) as session:
        replay(session, hook.tenant_id, delivery_id)
    receiver.reply = Reply(500)
    run(hook, loopback, NOW + HOUR)
    row = only(hook.tenant_id)
    assert row["state"] == "pending"
    assert timedelta(seconds=4) <= row["due_at"] - NOW - HOUR <= timedelta(seconds=6)
    assert [attempt["number"] for attempt in attempts(hook.tenant_id)] == [11]
    assert receiver.heard[0].headers["webhook-id"] == str(delivery_id)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE delivery SET state = 'pending'",
        "UPDATE delivery SET state = 'sending', lease_until = due_at",
        "UPDATE delivery SET body_sealed = NULL",
        "UPDATE destination SET enabled = false",
        "UPDATE destination SET deleted_at = created_at",
    ],
)
def test_what_is_under_way_or_gone_is_not_replayed(hook: Hook, spoil: str) -> None:
    enqueue(hook.tenant_id, events())
    die(hook)
    change(spoil)
    before = only(hook.tenant_id)
    with pytest.raises(NotReplayable), transaction(hook.tenant_id) as session:
        replay(session, hook.tenant_id, before["id"])
    assert only(hook.tenant_id) == before


def test_another_tenants_delivery_is_not_replayed(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    die(hook)
    stranger = make_tenant()
    for claimed_to_be in (stranger, hook.tenant_id):
        with pytest.raises(NotReplayable), transaction(stranger) as session:
            replay(session, claimed_to_be, only(hook.tenant_id)["id"])


def test_a_time_range_is_replayed_in_one_go(hook: Hook, receiver: Receiver, loopback: Loopback) -> None:
    for hours in range(4):
        enqueue(hook.tenant_id, events(2, at=NOW + hours * HOUR), NOW)
    die(hook)
    with clock.at(NOW), transaction(hook.tenant_id) as session:
        span = (NOW + HOUR, NOW + 3 * HOUR)
        assert replay_range(session, hook.tenant_id, hook.id, span) == 4
        assert replay_range(session, hook.tenant_id, hook.id, span) == 0
    run(hook, loopback)
    assert len(receiver.heard) == 4
    with transaction(hook.tenant_id) as session:
        assert replay_range(session, hook.tenant_id, hook.id, span, ("delivered", "dead")) == 4


def test_a_range_that_makes_no_sense_is_refused(hook: Hook) -> None:
    with transaction(hook.tenant_id) as session:
        with pytest.raises(Invalid):
            replay_range(session, hook.tenant_id, hook.id, (NOW, NOW))
        with pytest.raises(Invalid):
            replay_range(session, hook.tenant_id, hook.id, (NOW, NOW + HOUR), ("pending",))
    assert deliveries(hook.tenant_id) == []
