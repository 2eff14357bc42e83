"""A list's file survives its worker: killed anywhere, or two at once, and still every entry is added exactly once."""

import random
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from app.leads import list_reading
from app.market import suppress_file
from tenants import clock
from tests.app.market.test_suppress_file import counts, entries, opened, phones, sent, view
from tests.servers import PROJECT
from tests.world import World

pytestmark = pytest.mark.committed
ROWS = 3_000
WORKER = """
import sys
from uuid import UUID
from sqlalchemy import create_engine
from app.config import read
from app.leads import list_reading
from app.market import suppress_file
from tenants import crypto, db
settings = read()
crypto.use_root_key(settings.root_key)
db.use(create_engine(settings.database_url))
list_reading.BLOCK_ROWS = 10
suppress_file.go_on(UUID(sys.argv[1]), UUID(sys.argv[2]))
"""


def test_a_killed_reading_goes_on_at_the_exact_row(world: World, environment: dict[str, str]) -> None:
    list_id = opened(world.acme)
    upload_id = sent(world.acme, list_id, (phones(ROWS) + "nobody\n" * 10).encode())
    where = random.randint(1, ROWS // 2)
    process = subprocess.Popen(
        (sys.executable, "-c", WORKER, str(world.acme.id), str(upload_id)), cwd=PROJECT, env=environment
    )
    try:
        deadline = time.monotonic() + 240
        while view(world.acme, list_id, upload_id).rows_read < where:
            assert process.poll() is None, "the worker ended too early"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    reached = view(world.acme, list_id, upload_id)
    assert (reached.state, reached.added) == ("reading", reached.rows_read), where
    assert entries(world.acme, list_id) == reached.added
    with clock.at(clock.now() + timedelta(seconds=61)):
        suppress_file.go_on(world.acme.id, upload_id)
    assert counts(view(world.acme, list_id, upload_id)) == ("done", ROWS, 0, 10), where
    assert entries(world.acme, list_id) == ROWS


def test_two_workers_on_one_file_add_everything_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_reading, "BLOCK_ROWS", 10)
    monkeypatch.setattr(list_reading, "LEASE", timedelta(0))  # whoever comes takes it for abandoned
    list_id = opened(world.acme)
    upload_id = sent(world.acme, list_id, phones(400).encode())
    words = (world.acme.id, upload_id)
    workers = [threading.Thread(target=suppress_file.go_on, args=words) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    suppress_file.go_on(*words)
    assert counts(view(world.acme, list_id, upload_id)) == ("done", 400, 0, 0)
    assert entries(world.acme, list_id) == 400
