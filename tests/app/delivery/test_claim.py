"""Claims are fair between destinations and tenants, leased, and never made twice."""

import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest

from app.delivery.addresses import Loopback
from app.delivery.claim import DESTINATION_CAP, LEASE, MOST_LOST_TRIES, TENANT_CAP, Claimed, claim
from app.delivery.models import SHARDS
from app.delivery.outbound import Answer
from app.delivery.record import Told, record
from app.delivery.verdict import failed, skipped, verdict
from tests.app.delivery.receiver import Receiver, Reply, receiving
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
    make_tenant,
    only,
    platform,
    run,
)
from tests.servers import DatabaseUrls

PUBLIC = "https://example.com/hook"
SECOND = timedelta(seconds=1)


def take(shard: int, chunk: int = 500) -> list[Claimed]:
    with platform() as session:
        return claim(session, shard, NOW, chunk)


def hooks_of_one_shard(count: int, tenants: list[UUID]) -> list[Hook]:
    """So many hooks of one shard, dealt to the tenants in turn."""
    found: list[Hook] = []
    while len(found) < count:
        made = make_hook(tenants[len(found) % len(tenants)], PUBLIC)
        if not found or made.shard == found[0].shard:
            found.append(made)
        else:
            change("UPDATE destination SET deleted_at = created_at WHERE id = :id", id=made.id)
    return found


def test_a_backlog_does_not_push_in_front_of_others(tenant_id: UUID) -> None:
    crowded, *others = hooks_of_one_shard(4, [tenant_id, *(make_tenant() for _ in range(3))])
    enqueue(crowded.tenant_id, events(50), NOW - timedelta(hours=1))
    for other in others:
        enqueue(other.tenant_id, events(2))
    claimed = take(crowded.shard, 5)
    assert {one.destination_id for one in claimed[:4]} == {crowded.id, *(other.id for other in others)}


def test_a_destination_has_five_places_and_a_tenant_twelve(tenant_id: UUID) -> None:
    hooks = hooks_of_one_shard(4, [tenant_id])
    enqueue(tenant_id, events(20))
    claimed = take(hooks[0].shard)
    assert len(claimed) == TENANT_CAP
    assert max(sum(one.destination_id == hook.id for one in claimed) for hook in hooks) <= DESTINATION_CAP
    assert take(hooks[0].shard) == []


def test_places_are_given_again_as_they_are_recorded(hook: Hook) -> None:
    enqueue(hook.tenant_id, events(8))
    first = take(hook.shard)
    with platform() as session:
        record(session, [Told(one, verdict(Answer(200))) for one in first[:2]], NOW)
    assert (len(first), len(take(hook.shard))) == (5, 2)


def test_a_claim_that_is_never_recorded_is_due_again_with_the_same_id(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    enqueue(hook.tenant_id, events())
    (lost,) = take(hook.shard)
    assert run(hook, loopback, NOW + LEASE - SECOND).tries == 0
    assert run(hook, loopback, NOW + LEASE).tries == 1
    assert receiver.heard[0].headers["webhook-id"] == str(lost.id)
    assert (only(hook.tenant_id)["state"], only(hook.tenant_id)["attempts"]) == ("delivered", 2)


def test_what_kills_its_sender_every_time_dies_in_the_end(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    for lost in range(MOST_LOST_TRIES):
        with platform() as session:
            assert len(claim(session, hook.shard, NOW + lost * LEASE, 500)) == 1
    with platform() as session:
        assert claim(session, hook.shard, NOW + MOST_LOST_TRIES * LEASE, 500) == []
    assert only(hook.tenant_id)["state"] == "dead"


def test_a_late_answer_of_a_lost_sender_changes_nothing(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    (lost,) = take(hook.shard)
    with platform() as session:
        (again,) = claim(session, hook.shard, NOW + LEASE, 500)
        record(session, [Told(lost, verdict(Answer(500)))], NOW + LEASE)
    assert (only(hook.tenant_id)["state"], attempts(hook.tenant_id)) == ("sending", [])
    with platform() as session:
        record(session, [Told(again, verdict(Answer(200)))], NOW + LEASE)
        record(session, [Told(again, verdict(Answer(500)))], NOW + LEASE)
    assert only(hook.tenant_id)["state"] == "delivered"
    assert [row["number"] for row in attempts(hook.tenant_id)] == [2]


def test_a_skipped_try_is_no_try(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    with platform() as session:
        record(session, [Told(one, skipped()) for one in claim(session, hook.shard, NOW, 500)], NOW)
    assert (only(hook.tenant_id)["state"], only(hook.tenant_id)["attempts"]) == ("pending", 0)
    assert attempts(hook.tenant_id) == []
    assert len(take(hook.shard)) == 1


def test_what_went_wrong_on_our_side_does_not_count_against_the_receiver(hook: Hook) -> None:
    enqueue(hook.tenant_id, events(5))
    with platform() as session:
        record(session, [Told(one, failed("no key")) for one in claim(session, hook.shard, NOW, 500)], NOW)
    assert {row["state"] for row in deliveries(hook.tenant_id)} == {"pending"}
    assert destination(hook)["failing_since"] is None


@pytest.mark.committed
def test_claims_of_one_shard_take_turns_so_that_the_cap_holds(hook: Hook) -> None:
    enqueue(hook.tenant_id, events(20))
    second: list[int] = []
    other = threading.Thread(target=lambda: second.append(len(take(hook.shard))))
    with platform() as session:
        first = claim(session, hook.shard, NOW, 500)
        other.start()
        other.join(0.3)
        assert second == []
    other.join()
    assert (len(first), second) == (5, [0])


@pytest.mark.committed
def test_drains_at_once_send_each_delivery_once_and_keep_the_cap(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(delay_seconds=0.01)
    enqueue(hook.tenant_id, events(60))
    drains = [threading.Thread(target=run, args=(hook, loopback)) for _ in range(4)]
    for one in drains:
        one.start()
    for one in drains:
        one.join()
    ids = [heard.headers["webhook-id"] for heard in receiver.heard]
    assert (len(ids), len(set(ids))) == (60, 60)
    assert receiver.most_in_flight <= DESTINATION_CAP
    assert {row["state"] for row in deliveries(hook.tenant_id)} == {"delivered"}


@pytest.mark.committed
def test_a_tarpit_with_a_backlog_does_not_hold_up_others(
    tenant_id: UUID, receiver: Receiver, loopback: Loopback
) -> None:
    with receiving() as tarpit:
        tarpit.reply = Reply(delay_seconds=3.0)
        both = loopback | {("127.0.0.1", tarpit.port)}
        slow = make_hook(tenant_id, tarpit.url, both)
        other = make_hook(make_tenant(), receiver.url, both)
        enqueue(tenant_id, events(2000))
        done = threading.Thread(target=run, args=(slow, both))
        done.start()
        waits = []
        for _ in range(10):
            time.sleep(0.05)
            before, seen = time.monotonic(), len(receiver.heard)
            enqueue(other.tenant_id, events())
            while len(receiver.heard) == seen and time.monotonic() - before < 5:
                time.sleep(0.005)
            waits.append(time.monotonic() - before)
        change("UPDATE destination SET enabled = false WHERE id = :id", id=slow.id)
        done.join()
    assert max(waits) < 3.0, "nobody waited for an answer of the tarpit"


KILLED = """
import os, time
from datetime import datetime
from sqlalchemy import create_engine
from app.delivery.drain import drain
from tenants import clock, crypto, db
crypto.use_root_key(bytes.fromhex(os.environ["ROOT"]))
db.use(create_engine(os.environ["DATABASE"]))
with clock.at(datetime.fromisoformat(os.environ["NOW"])):
    drain(int(os.environ["SHARD"]), loopback=frozenset({("127.0.0.1", int(os.environ["PORT"]))}))
"""


@pytest.mark.committed
def test_a_sender_killed_in_the_middle_loses_nothing(
    hook: Hook, receiver: Receiver, loopback: Loopback, database: DatabaseUrls
) -> None:
    from tenants import crypto

    receiver.reply = Reply(delay_seconds=0.5)
    enqueue(hook.tenant_id, events(7))
    env = {
        **os.environ,
        "ROOT": (crypto._root or b"").hex(),
        "DATABASE": database.app,
        "NOW": NOW.isoformat(),
        "SHARD": str(hook.shard),
        "PORT": str(receiver.port),
    }
    with subprocess.Popen([sys.executable, "-c", KILLED], env=env) as sender:
        while len(receiver.heard) < 5 and sender.poll() is None:
            time.sleep(0.01)
        sender.kill()
    receiver.reply = Reply()
    run(hook, loopback, NOW + LEASE)
    rows = deliveries(hook.tenant_id)
    assert {row["state"] for row in rows} == {"delivered"}
    assert {heard.headers["webhook-id"] for heard in receiver.heard} == {str(row["id"]) for row in rows}
    assert len(receiver.heard) == 12


def test_every_shard_has_a_number_below_eight(hook: Hook) -> None:
    assert 0 <= hook.shard < SHARDS
