"""Who is to be told is written down in the caller's transaction, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis import Redis
from sqlalchemy import Engine, event

from app.delivery import destinations
from app.delivery.deliver import deliver, deliver_many
from app.delivery.destinations import NewDestination
from app.delivery.models import SHARDS
from app.delivery.payload import Event, MessageTooLarge
from tenants import clock, jobs
from tenants.db import transaction
from tenants.ids import new_id
from tests.app.delivery.scene import (
    CREATED,
    NOW,
    Hook,
    deliveries,
    enqueue,
    events,
    make_hook,
    make_tenant,
    only,
    rows,
)

PUBLIC = "https://example.com/hook"


def test_every_enabled_destination_older_than_the_event_is_told(tenant_id: UUID) -> None:
    told = {make_hook(tenant_id, PUBLIC).id for _ in range(3)}
    off, gone = make_hook(tenant_id, PUBLIC), make_hook(tenant_id, PUBLIC)
    with clock.at(NOW), transaction(tenant_id) as session:
        destinations.disable(session, tenant_id, off.id)
        destinations.delete(session, tenant_id, gone.id)
        destinations.create(session, tenant_id, NewDestination("webhook", "now", PUBLIC))
    with clock.at(CREATED), transaction(tenant_id) as session:
        destinations.create(session, tenant_id, NewDestination("download", "files"))
    make_hook(make_tenant(), PUBLIC)
    assert enqueue(tenant_id, events(at=NOW - timedelta(seconds=1))) == 3
    assert {row["destination_id"] for row in deliveries(tenant_id)} == told
    assert rows("SELECT count(*) AS n FROM delivery")[0]["n"] == 3


def test_a_destination_may_ask_for_some_events_only(tenant_id: UUID) -> None:
    make_hook(tenant_id, PUBLIC, event_types=("return.opened", "action.claimed"))
    assert enqueue(tenant_id, events(kind="sale.created")) == 0
    assert enqueue(tenant_id, events(kind="return.opened")) == 1


def test_an_event_is_owed_once_however_often_it_is_repeated(tenant_id: UUID) -> None:
    make_hook(tenant_id, PUBLIC)
    happened = events(3)
    assert [enqueue(tenant_id, happened) for _ in range(3)] == [3, 0, 0]
    with clock.at(NOW), transaction(tenant_id) as session:
        assert deliver(session, tenant_id, happened[0]) == 0
    assert len(deliveries(tenant_id)) == 3


def test_a_rolled_back_deed_tells_nobody(tenant_id: UUID) -> None:
    make_hook(tenant_id, PUBLIC)

    def break_down() -> None:
        with transaction(tenant_id) as session:
            assert deliver_many(session, tenant_id, events(2)) == 2
            raise LookupError

    with pytest.raises(LookupError):
        break_down()
    assert deliveries(tenant_id) == []


def test_a_message_over_20_kb_is_refused_and_nothing_written(tenant_id: UUID) -> None:
    make_hook(tenant_id, PUBLIC)
    with pytest.raises(MessageTooLarge):
        enqueue(tenant_id, [*events(1), *events(1, text="ї" * 10_000)])
    assert enqueue(tenant_id, events(1, text="ї" * 9_000)) == 1


def test_the_body_is_sealed_at_rest(tenant_id: UUID) -> None:
    make_hook(tenant_id, PUBLIC)
    enqueue(tenant_id, [Event("sale.created", new_id(), {}, NOW, contacts=[{"phone": "+380501112233"}])])
    assert b"380501112233" not in bytes(only(tenant_id)["body_sealed"])


def test_contacts_inside_the_body_are_refused(tenant_id: UUID) -> None:
    with pytest.raises(ValueError, match="contacts"):
        enqueue(tenant_id, events(contacts=[]))


def test_a_hundred_events_take_one_round_trip(tenant_id: UUID, engine: Engine) -> None:
    for _ in range(3):
        make_hook(tenant_id, PUBLIC)
    statements: list[str] = []
    with transaction(tenant_id) as session:
        deliver_many(session, tenant_id, events(1))

        def count(*given: Any) -> None:
            statements.append(given[2])

        event.listen(engine, "before_cursor_execute", count)
        try:
            assert deliver_many(session, tenant_id, events(100)) == 300
        finally:
            event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 1


@pytest.mark.committed
def test_after_the_commit_one_job_per_shard_is_waiting(tenant_id: UUID, valkey: Redis) -> None:
    for _ in range(20):
        make_hook(tenant_id, PUBLIC)
    jobs.use_redis(valkey)
    with transaction(tenant_id) as session:
        deliver_many(session, tenant_id, events(10))
        assert valkey.llen("rq:queue:deliveries") == 0
    shards = rows("SELECT count(DISTINCT shard) AS n FROM delivery")[0]["n"]
    assert 1 < shards <= SHARDS
    assert valkey.llen("rq:queue:deliveries") == shards
    enqueue(tenant_id, events(10))
    assert valkey.llen("rq:queue:deliveries") == shards


def test_the_shard_is_the_same_in_sql_and_in_python(hook: Hook) -> None:
    enqueue(hook.tenant_id, events())
    assert only(hook.tenant_id)["shard"] == hook.shard
