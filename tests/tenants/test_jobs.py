"""Jobs are woken after the commit, once; sweeps do what Valkey forgot."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis
from rq import Queue

from tenants import jobs
from tenants.db import transaction
from tenants.errors import Refused
from tests.world import World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
done: list[str] = []


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    redis, known, sweeps = jobs._redis, dict(jobs._jobs), list(jobs._sweeps)
    done.clear()
    yield
    jobs._redis = redis
    jobs._jobs.clear()
    jobs._jobs.update(known)
    jobs._sweeps[:] = sweeps


@jobs.job(jobs.SLOW)
def deed(word: str) -> None:
    """A job of these tests."""
    done.append(word)


def waiting(valkey: Redis) -> list[tuple[object, ...]]:
    queue = Queue(jobs.SLOW, connection=valkey, serializer=jobs.JSONSerializer)
    return [tuple(job.args) for job in queue.jobs]


def test_a_job_is_woken_after_the_commit_and_waits_once(world: World, valkey: Redis) -> None:
    with transaction(world.acme.id) as session:
        for word in ("a", "a", "b"):
            jobs.enqueue(session, deed, word)
        assert waiting(valkey) == []
    assert waiting(valkey) == [(deed.path, "a"), (deed.path, "b")]


def test_a_deed_that_was_refused_wakes_nobody(world: World, valkey: Redis) -> None:
    with pytest.raises(Refused), transaction(world.acme.id) as session:
        promise_and_refuse(session)
    assert waiting(valkey) == []


def promise_and_refuse(session: object) -> None:
    jobs.enqueue(session, deed, "a")  # type: ignore[arg-type]
    raise Refused("no")


def test_a_job_that_began_can_be_woken_again(doors: None, valkey: Redis) -> None:
    jobs._jobs[deed.path] = deed
    jobs.wake(deed, "a")
    jobs.run(deed.path, "a")
    jobs.wake(deed, "a")
    assert len(waiting(valkey)) == 2
    deed("b")
    assert done == ["a", "b"]


def test_without_valkey_nothing_is_lost_but_time(doors: None) -> None:
    jobs._redis = None
    jobs.wake(deed, "a")
    with pytest.raises(RuntimeError, match="use_redis"):
        jobs.connection()
    jobs.use_redis(Redis.from_url("unix:///nowhere/valkey.sock"))
    jobs.wake(deed, "a")
    assert done == []


def test_a_tick_runs_every_sweep_and_can_leave_out_those_that_talk() -> None:
    jobs._sweeps.clear()
    jobs.sweep(60)(lambda now: done.append(f"quiet {now:%H}"))
    jobs.sweep(60, talks=True)(lambda now: done.append(f"talks {now:%H}"))
    assert [(each.every_seconds, each.talks) for each in jobs.sweeps()] == [(60, False), (60, True)]
    jobs.tick(NOON)
    assert done == ["quiet 12", "talks 12"]
    jobs.tick(NOON, talking=False)
    assert done[2:] == ["quiet 12"]
