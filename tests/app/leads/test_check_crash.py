"""A check survives its worker: killed anywhere, or two at once, and still every row is taken exactly once."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import check as checking
from app.leads import reading
from app.leads.batches import cancel
from app.leads.check import LEASE, check, wake_forgotten
from app.leads.check_block import Block
from app.leads.check_work import Work, begin
from app.leads.clearing import clear
from tenants import clock
from tenants.crypto import Vault
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
from app.leads import check, reading
from tenants import crypto, db
settings = read()
crypto.use_root_key(settings.root_key)
db.use(create_engine(settings.database_url))
reading.BLOCK_ROWS = 40
check.check(UUID(sys.argv[1]), UUID(sys.argv[2]))
"""


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_ROWS", 40)


@contextmanager
def worker(desk: Desk, batch_id: UUID, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = (sys.executable, "-c", WORKER, str(desk.agency.id), str(batch_id))
    process = subprocess.Popen(command, cwd=PROJECT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_rows(
    desk: Desk, batch_id: UUID, wanted: int, workers: Sequence[subprocess.Popen[bytes]]
) -> None:
    deadline = time.monotonic() + 60
    while desk.view(batch_id).rows_read < wanted:
        assert all(one.poll() is None for one in workers), "a worker ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_killed_check_goes_on_at_the_exact_row(
    desk: Desk, environment: dict[str, str], small_blocks: None, lanes: int
) -> None:
    rows = [*people(ROWS), *people(20), Person(9_001, phone="12", email="")]
    batch_id = desk.receive(csv_of(rows))
    desk.start(batch_id)
    where = random.randint(1, ROWS)
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(desk, batch_id, environment)) for _ in range(lanes)]
        wait_for_rows(desk, batch_id, where, workers)
        for one in workers:
            one.send_signal(signal.SIGKILL)
    reached = desk.view(batch_id)
    assert reached.state == "checking", where
    assert reached.accepted + reached.rejected + reached.duplicates == reached.rows_read
    assert desk.count("lead") == reached.accepted
    with clock.at(clock.now() + reading.LEASE + timedelta(seconds=1)):
        check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (ROWS + 21, ROWS, 1, 20), where
    assert desk.count("lead") == desk.count("lead_salt") == ROWS


def test_a_killed_worker_is_replaced_by_the_one_beside_it(desk: Desk, environment: dict[str, str]) -> None:
    batch_id = desk.receive(csv_of([*people(ROWS), *people(20)]))
    desk.start(batch_id)
    assert reading.read(desk.agency.id, batch_id)
    with worker(desk, batch_id, environment) as lost, worker(desk, batch_id, environment) as left:
        wait_for_rows(desk, batch_id, random.randint(1, ROWS // 2), [lost, left])
        lost.send_signal(signal.SIGKILL)
        assert left.wait(60) == 0
    assert (desk.view(batch_id).state, counts(desk.view(batch_id))) == ("checked", (ROWS + 20, ROWS, 0, 20))


def test_a_killed_reading_goes_on_at_the_exact_row(
    desk: Desk, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = desk.receive(csv_of(people(300)))
    added = reading._add

    def dies(tenant_id: UUID, vault: Vault, place: reading._Place, lines: list[reading.Line]) -> bool:
        if place.number == 3:
            raise KeyboardInterrupt
        return added(tenant_id, vault, place, lines)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_add", dies)
        with pytest.raises(KeyboardInterrupt):
            reading.read(desk.agency.id, batch_id)
    assert desk.view(batch_id).rows_split == 120
    assert not reading.read(desk.agency.id, batch_id), "the lease is still held"
    with clock.at(clock.now() + reading.LEASE * 2):
        assert reading.read(desk.agency.id, batch_id)
    assert desk.view(batch_id).rows_total == 300
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (300, 300, 0, 0)


def test_many_checks_at_once_share_the_work(desk: Desk, small_blocks: None) -> None:
    batch_id = desk.receive(csv_of([*people(400), *people(50)]))
    desk.start(batch_id)
    workers = [threading.Thread(target=check, args=(desk.agency.id, batch_id)) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert counts(desk.view(batch_id)) == (450, 400, 0, 50)
    assert desk.count("lead") == 400
    with transaction(desk.agency.id) as session:
        lines = session.execute(text("SELECT line FROM batch_problem ORDER BY line")).scalars().all()
    assert lines == list(range(402, 452)), "of two rows of one person the first stays"


def test_a_block_that_was_stored_by_another_is_left_alone(desk: Desk, small_blocks: None) -> None:
    batch_id = desk.receive(csv_of(people(200)))
    desk.start(batch_id)
    reading.read(desk.agency.id, batch_id)
    work = begin(desk.agency.id, batch_id)
    assert work
    with transaction(desk.agency.id) as session:
        first = session.execute(checking._NEXT, work.words()).one()
        block = checking._worked_out(session, work, first)
    for _ in range(2):
        with transaction(desk.agency.id) as session:
            checking._store(session, work, first.number, block)
    assert counts(desk.view(batch_id)) == (40, 40, 0, 0)
    assert desk.count("lead") == 40


def test_a_check_cancelled_on_its_way_stops_and_leaves_nothing(
    desk: Desk, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = desk.receive(csv_of([*people(150), Person(1)]))
    desk.start(batch_id)
    worked_out, blocks = checking._worked_out, []

    def cancelled(session: Session, work: Work, found: Row[Any]) -> Block:
        blocks.append(found.number)
        if len(blocks) == 3:
            with transaction(desk.agency.id) as other:
                cancel(other, desk.agency.owner, batch_id)
        return worked_out(session, work, found)

    monkeypatch.setattr(checking, "_worked_out", cancelled)
    check(desk.agency.id, batch_id)
    assert (blocks, desk.count("lead")) == ([0, 1, 2], 80)
    clear(desk.agency.id, batch_id)
    clear(desk.agency.id, batch_id)
    tables = ("lead", "lead_salt", "lead_person", "batch_chunk", "batch_block", "batch_problem")
    assert [desk.count(table) for table in tables] == [0] * 6
    assert desk.view(batch_id).state == "cancelled"


def test_a_forgotten_check_is_woken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr(checking, "wake", lambda _job, *args: woken.append(args))
    batch_id = desk.receive(csv_of(people(2)))
    desk.start(batch_id)
    wake_forgotten(clock.now())
    assert woken == [(str(desk.agency.id), str(batch_id), lane) for lane in range(checking.LANES)]
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET lease_until = :at"), {"at": clock.now() + LEASE})
    wake_forgotten(clock.now())
    assert len(woken) == 2
    wake_forgotten(clock.now() + LEASE * 2)
    assert len(woken) == 4
