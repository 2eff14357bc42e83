"""A check survives its worker: killed anywhere, or two at once, and still every row is taken exactly once."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import check as checking
from app.leads.batches import cancel
from app.leads.check import LEASE, check, wake_forgotten
from app.leads.check_block import Block
from app.leads.clearing import clear
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, counts, csv_of, people
from tests.servers import PROJECT
from tests.world import World

pytestmark = pytest.mark.committed
ROWS = 1_500
WORKER = """
import sys
from uuid import UUID
from sqlalchemy import create_engine
from app.config import read
from app.leads import check
from tenants import crypto, db
settings = read()
crypto.use_root_key(settings.root_key)
db.use(create_engine(settings.database_url))
check.BLOCK_ROWS = 40
check.check(UUID(sys.argv[1]), UUID(sys.argv[2]))
"""


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "BLOCK_ROWS", 40)


@contextmanager
def worker(desk: Desk, batch_id: UUID, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = (sys.executable, "-c", WORKER, str(desk.agency.id), str(batch_id))
    process = subprocess.Popen(command, cwd=PROJECT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_rows(desk: Desk, batch_id: UUID, wanted: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while desk.view(batch_id).rows_read < wanted:
        assert process.poll() is None, "the worker ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_check_goes_on_at_the_exact_row(desk: Desk, environment: dict[str, str]) -> None:
    rows = [*people(ROWS), *people(20), Person(9_001, phone="12", email="")]
    batch_id = desk.receive(csv_of(rows))
    desk.start(batch_id)
    where = random.randint(1, ROWS)
    with worker(desk, batch_id, environment) as process:
        wait_for_rows(desk, batch_id, where, process)
        process.send_signal(signal.SIGKILL)
    reached = desk.view(batch_id)
    assert reached.state == "checking", where
    assert reached.accepted + reached.rejected + reached.duplicates == reached.rows_read
    assert desk.count("lead") == reached.accepted
    check(desk.agency.id, batch_id)
    assert desk.view(batch_id).rows_read == reached.rows_read, "the lease is still held"
    with clock.at(clock.now() + LEASE + timedelta(seconds=1)):
        check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (ROWS + 21, ROWS, 1, 20), where
    assert desk.count("lead") == desk.count("lead_salt") == ROWS


def test_of_two_checks_at_once_one_does_the_work(desk: Desk, small_blocks: None) -> None:
    batch_id = desk.receive(csv_of(people(400)))
    desk.start(batch_id)
    workers = [threading.Thread(target=check, args=(desk.agency.id, batch_id)) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert counts(desk.view(batch_id)) == (400, 400, 0, 0)
    assert desk.count("lead") == 400


def test_a_worker_that_was_overtaken_stores_nothing(
    desk: Desk, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = desk.receive(csv_of(people(200)))
    desk.start(batch_id)
    take, taken = checking._take, []

    def overtaken(work: checking.Work, block: Block) -> bool:
        if len(taken) == 2:
            with clock.at(clock.now() + LEASE * 2):
                other = checking._claim(desk.agency.id, batch_id)
                assert other
                assert take(other, next(checking._blocks(other)))
        taken.append(take(work, block))
        return taken[-1]

    monkeypatch.setattr(checking, "_take", overtaken)
    check(desk.agency.id, batch_id)
    assert taken == [True, True, False]
    assert counts(desk.view(batch_id)) == (120, 120, 0, 0)
    assert desk.count("lead") == 120


def test_a_check_cancelled_on_its_way_stops_and_leaves_nothing(
    desk: Desk, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = desk.receive(csv_of([*people(150), Person(1)]))
    desk.start(batch_id)
    take, blocks = checking._take, []

    def cancelled(work: checking.Work, block: Block) -> bool:
        if len(blocks) == 2:
            with transaction(desk.agency.id) as session:
                cancel(session, desk.agency.owner, batch_id)
        blocks.append(take(work, block))
        return blocks[-1]

    monkeypatch.setattr(checking, "_take", cancelled)
    check(desk.agency.id, batch_id)
    assert blocks == [True, True, False]
    clear(desk.agency.id, batch_id)
    clear(desk.agency.id, batch_id)
    tables = ("lead", "lead_salt", "lead_person", "batch_chunk", "batch_problem")
    assert [desk.count(table) for table in tables] == [0, 0, 0, 0, 0]
    assert desk.view(batch_id).state == "cancelled"


def test_a_forgotten_check_is_woken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[str, ...]] = []
    monkeypatch.setattr(checking, "wake", lambda _job, *args: woken.append(args))
    batch_id = desk.receive(csv_of(people(2)))
    desk.start(batch_id)
    wake_forgotten(clock.now())
    assert woken == [(str(desk.agency.id), str(batch_id))]
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET lease_until = :at"), {"at": clock.now() + LEASE})
    wake_forgotten(clock.now())
    assert len(woken) == 1
    wake_forgotten(clock.now() + LEASE * 2)
    assert len(woken) == 2
