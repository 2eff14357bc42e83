"""Jobs on behalf of tenants: woken after the commit, carried by RQ, guaranteed by the row that is still pending.

Invariants: arguments are ids and short words (JSON); a worker process listens to one queue; a job may run twice or
late, so every job is idempotent and the sweeper (`tick`) wakes what Valkey forgot. Nothing is lost by FLUSHALL.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import Session

from tenants.db import after_commit

log = logging.getLogger(__name__)

FAST, SLOW, DELIVERIES = "fast", "slow", "deliveries"
"""Queues: `fast` for mail and payments, `slow` for imports and exports, `deliveries` for what receivers may hold up."""
QUEUES = (FAST, SLOW, DELIVERIES)

DEBOUNCE_SECONDS = 15
"""A job already waiting is not queued again; the mark dies by itself if Valkey lost the job but kept the mark."""


@dataclass(frozen=True, slots=True)
class Job:
    """A deed that a worker does: `path` is how RQ finds it again."""

    path: str
    queue: str
    run: Callable[..., None]

    def __call__(self, *args: str | int) -> None:
        self.run(*args)


_jobs: dict[str, Job] = {}
_redis: Redis | None = None


def use_redis(connection: Redis) -> None:
    """Name the Valkey behind the queues. Called once by the composition root."""
    global _redis
    _redis = connection


def connection() -> Redis:
    """The Valkey connection of the queues."""
    if _redis is None:
        raise RuntimeError("no Valkey: tenants.jobs.use_redis() was not called")
    return _redis


def job(queue: str) -> Callable[[Callable[..., None]], Job]:
    """Declare a job and its queue. The function is three lines calling a deed."""

    def declare(run: Callable[..., None]) -> Job:
        declared = Job(f"{run.__module__}.{run.__qualname__}", queue, run)
        _jobs[declared.path] = declared
        return declared

    return declare


def run(path: str, *args: Any) -> None:
    """Entry of every job inside the worker: take down the mark first, so that new work queues a new job."""
    connection().delete(_mark(path, args))
    _jobs[path].run(*args)


def enqueue(session: Session, wanted: Job, *args: str | int) -> None:
    """Wake a job after the commit. If Valkey is away the pending row stays and the sweeper will find it."""
    after_commit(session, lambda: wake(wanted, *args))


def wake(wanted: Job, *args: str | int) -> None:
    """Queue a job now unless the same one is already waiting; never raises for Valkey's sake."""
    if _redis is None:
        return
    try:
        if _redis.set(_mark(wanted.path, args), 1, nx=True, ex=DEBOUNCE_SECONDS):
            queue = Queue(wanted.queue, connection=_redis, serializer=JSONSerializer)
            queue.enqueue(
                "tenants.jobs.run", wanted.path, *args, result_ttl=0, failure_ttl=3600, job_timeout=3600
            )
    except RedisError:
        log.warning("Valkey did not take %s; the sweeper will", wanted.path)


def _mark(path: str, args: tuple[Any, ...]) -> str:
    return "floe:waiting:" + ":".join([path, *map(str, args)])


@dataclass(frozen=True, slots=True)
class Sweep:
    """Something due by the clock: `every_seconds` apart, given the time, safe to repeat."""

    name: str
    every_seconds: int
    run: Callable[[Any], None]
    talks: bool


_sweeps: list[Sweep] = []


def sweep(
    every_seconds: int, *, talks: bool = False
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Declare a function of the time that the scheduler calls: due rows, windows that end, clocks that run out.

    `talks` says that it speaks to a network (mail, Stripe).
    """

    def declare(run: Callable[[Any], None]) -> Callable[[Any], None]:
        _sweeps.append(Sweep(f"{run.__module__}.{run.__qualname__}", every_seconds, run, talks))
        return run

    return declare


def sweeps() -> list[Sweep]:
    """Everything the scheduler drives."""
    return list(_sweeps)


def tick(now: Any, *, talking: bool = True) -> None:
    """Run every sweep once at this time, or only those that talk to nobody: instead of waiting, in tests and the demo."""
    for due in _sweeps:
        if talking or not due.talks:
            due.run(now)
