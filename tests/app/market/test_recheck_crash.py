"""A re-check survives its worker: killed anywhere, looking or applying, and still every lead is dealt with once."""

import random
import signal
import subprocess
import sys
import threading
import time
from uuid import UUID

import pytest

from app.market import recheck_slices, rechecks
from app.market.rechecks import Scope
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.app.market.recheck_desk import published, row, seen, started, suppress
from tests.servers import PROJECT

pytestmark = pytest.mark.committed
LEADS = 90
WORKER = """
import sys
from uuid import UUID
from sqlalchemy import create_engine
from app.config import read
from app.market import recheck_slices, rechecks
from tenants import crypto, db
settings = read()
crypto.use_root_key(settings.root_key)
db.use(create_engine(settings.database_url))
recheck_slices.LOOKED_AT = recheck_slices.APPLIED = 2
rechecks.go_on(UUID(sys.argv[1]), UUID(sys.argv[2]))
"""


def killed(desk: Desk, recheck_id: UUID, environment: dict[str, str]) -> int:
    """A worker killed at a random lead; where that was."""
    where = random.randint(1, LEADS - 40)
    process = subprocess.Popen(
        (sys.executable, "-c", WORKER, str(desk.agency.id), str(recheck_id)), cwd=PROJECT, env=environment
    )
    try:
        deadline = time.monotonic() + 240
        while seen(desk, recheck_id).reached < where:
            assert process.poll() is None, "the worker ended too early"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    return where


def test_a_killed_recheck_goes_on_where_it_was(
    desk: Desk, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recheck_slices, "LOOKED_AT", 50)
    batch = published(desk, [row(number) for number in range(1, LEADS + 1)])
    suppress(desk, *(f"o{number}@example.com" for number in range(1, LEADS, 3)))
    recheck_id = started(desk, Scope(batch_id=batch))
    where = killed(desk, recheck_id, environment)
    view = seen(desk, recheck_id)
    assert view.state == "checking", where
    assert sum(view.verdicts[one] for one in ("ready", "suppressed")) == view.seen
    rechecks.go_on(desk.agency.id, recheck_id)
    view = seen(desk, recheck_id)
    assert (view.seen, view.verdicts["suppressed"]) == (LEADS, 30), where
    assert desk.count("recheck_lead") == 30
    with transaction(desk.agency.id) as session:
        rechecks.apply(session, desk.agency.owner, recheck_id)
    where = killed(desk, recheck_id, environment)
    reached = seen(desk, recheck_id)
    assert desk.count("lead WHERE state = 'withdrawn'") == reached.outcomes["withdrawn"], where
    rechecks.go_on(desk.agency.id, recheck_id)
    view = seen(desk, recheck_id)
    assert (view.state, view.outcomes["withdrawn"]) == ("applied", 30), where
    assert desk.count("lead WHERE state = 'withdrawn'") == 30
    assert desk.count("recheck_lead WHERE outcome = 'withdrawn'") == 30


def test_two_workers_take_turns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recheck_slices, "LOOKED_AT", 5)
    batch = published(desk, [row(number) for number in range(1, 41)])
    recheck_id = started(desk, Scope(batch_id=batch))
    workers = [threading.Thread(target=rechecks.go_on, args=(desk.agency.id, recheck_id)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    view = seen(desk, recheck_id)
    assert (view.state, view.seen, view.verdicts["ready"]) == ("checked", 40, 40)
