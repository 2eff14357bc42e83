"""The queries that must return nothing, the sweep, the purge and the notices."""

from datetime import timedelta

import pytest
from redis import Redis

from app.delivery import jobs as delivery_jobs
from app.delivery.addresses import Loopback
from app.delivery.claim import LEASE, claim
from app.delivery.failing import Notice, claim_notices
from app.delivery.proofs import due_shards, overdue, stuck
from app.delivery.retention import KEPT, forget, purge
from tenants import jobs
from tenants.db import transaction
from tests.app.delivery.receiver import Receiver, Reply
from tests.app.delivery.scene import (
    NOW,
    Hook,
    change,
    deliveries,
    enqueue,
    events,
    make_tenant,
    only,
    platform,
    run,
)

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def test_what_nobody_sends_is_overdue_after_five_minutes(hook: Hook, loopback: Loopback) -> None:
    enqueue(hook.tenant_id, events())
    with platform() as session:
        assert overdue(session, NOW + 5 * MINUTE) == []
        (late,) = overdue(session, NOW + 5 * MINUTE + SECOND)
        assert (late.destination_id, late.since) == (hook.id, NOW)
    run(hook, loopback, NOW + 6 * MINUTE)
    with platform() as session:
        assert overdue(session, NOW + 10 * MINUTE) == []


@pytest.mark.parametrize(
    "blame", ["enabled = false", "deleted_at = created_at", "open_until = created_at + interval '2 days'"]
)
def test_a_receivers_own_fault_is_not_overdue(hook: Hook, blame: str) -> None:
    enqueue(hook.tenant_id, events())
    change(f"UPDATE destination SET {blame}")
    with platform() as session:
        assert overdue(session, NOW + HOUR) == []


def test_a_claim_nobody_takes_back_is_stuck(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    with platform() as session:
        claim(session, hook.shard, NOW, 500)
        assert stuck(session, NOW + LEASE + 5 * MINUTE) == []
        assert len(stuck(session, NOW + LEASE + 5 * MINUTE + SECOND)) == 1


def test_a_shard_is_due_when_something_waits_or_was_left_behind(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    assert due_shards(NOW - SECOND) == []
    assert due_shards(NOW) == [hook.shard]
    with platform() as session:
        claim(session, hook.shard, NOW, 500)
    assert due_shards(NOW + LEASE - SECOND) == []
    assert due_shards(NOW + LEASE) == [hook.shard]


@pytest.mark.committed
def test_the_sweep_wakes_what_the_broker_lost(
    hook: Hook, receiver: Receiver, loopback: Loopback, valkey: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.use_redis(valkey)
    enqueue(hook.tenant_id, events())
    valkey.flushdb()
    delivery_jobs.wake_due_shards(NOW)
    delivery_jobs.wake_due_shards(NOW)
    assert valkey.llen("rq:queue:deliveries") == 1
    monkeypatch.setenv("FLOE_MODE", "test")
    monkeypatch.setenv("FLOE_ALLOW_LOOPBACK_DESTINATIONS", f"127.0.0.1:{receiver.port}")
    jobs.run("app.delivery.jobs.drain_shard", hook.shard)
    assert len(receiver.heard) == 1


def test_bodies_are_deleted_after_thirty_days_and_the_log_stays(hook: Hook, loopback: Loopback) -> None:
    enqueue(hook.tenant_id, events(2))
    run(hook, loopback)
    enqueue(hook.tenant_id, events(1))
    with platform() as session:
        assert purge(session, NOW + KEPT) == 0
    delivery_jobs.purge_old_bodies(NOW + KEPT + SECOND)
    assert [row["body_sealed"] for row in deliveries(hook.tenant_id)] == [None] * 3
    assert sorted(row["state"] for row in deliveries(hook.tenant_id)) == ["dead", "delivered", "delivered"]


def test_what_is_erased_is_never_sent_and_only_by_its_own_tenant(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    happened = events(2)
    enqueue(hook.tenant_id, happened)
    stranger = make_tenant()
    with transaction(stranger) as session:
        assert forget(session, hook.tenant_id, [happened[0].subject_id]) == 0
    with transaction(hook.tenant_id) as session:
        assert forget(session, hook.tenant_id, [happened[0].subject_id]) == 1
        assert forget(session, hook.tenant_id, [happened[0].subject_id]) == 0
    assert sorted(row["state"] for row in deliveries(hook.tenant_id)) == ["dead", "pending"]
    run(hook, loopback)
    assert [heard.message["data"]["number"] for heard in receiver.heard] == [1]
    assert sorted(row["state"] for row in deliveries(hook.tenant_id)) == ["dead", "delivered"]


def told(at: timedelta) -> list[Notice]:
    with platform() as session:
        return claim_notices(session, NOW + at)


def test_owners_are_told_after_an_hour_a_day_and_when_it_is_switched_off_each_once(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(500)
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    noticed = [hours for hours in range(1, 60) if told(hours * HOUR)]
    assert noticed == [1, 24]
    last = NOW + timedelta(days=5)
    change("UPDATE delivery SET due_at = :last", last=last)
    run(hook, loopback, last)
    (notice,) = told(timedelta(days=5, hours=1))
    assert (notice.id, notice.disabled_reason, notice.failing_since) == (hook.id, "failing", NOW)
    assert told(timedelta(days=6)) == []
    assert only(hook.tenant_id)["state"] == "pending"


def test_a_recovery_ends_the_notices(hook: Hook, receiver: Receiver, loopback: Loopback) -> None:
    receiver.reply = Reply(500)
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    receiver.reply = Reply()
    run(hook, loopback, only(hook.tenant_id)["due_at"])
    assert told(2 * HOUR) == []
