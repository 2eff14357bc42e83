"""The whole product as people meet it: a small demo in a database of its own, served by gunicorn."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from sqlalchemy import create_engine

from app.demo.load import Size, load
from tenants import db
from tests import servers as running
from tests.billing.till import open_till
from tests.source import PROJECT

SMALL = Size(leads=400, sales=60, days=40, sends_mail=False)
START_SECONDS = 240


@dataclass(frozen=True)
class Site:
    """Where it is, and where it keeps the mails it would have sent."""

    address: str
    home: Path


@contextmanager
def demo_site(servers: running.Servers, number: int, scratch: Path) -> Iterator[Site]:
    """Load the demo into a new database and serve it until the block ends."""
    database = running.clone(servers, f"floe_pages_{number}", running.template_database(servers))
    _load(database, scratch)
    port = _free_port()
    environment = running.environment(servers, database, number) | {
        "FLOE_MODE": "demo",
        "FLOE_BASE_URL": f"http://127.0.0.1:{port}",
        "FLOE_HOME": str(scratch),
    }
    options = ("--no-control-socket", "-k", "gthread", "--threads", "4", "-b", f"127.0.0.1:{port}")
    with (scratch / "web.log").open("w") as log:
        web = subprocess.Popen(
            (sys.executable, "-m", "gunicorn", *options, "wsgi:app"),
            cwd=PROJECT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait(port, web, scratch / "web.log")
            yield Site(f"http://127.0.0.1:{port}", scratch)
        finally:
            web.terminate()
            web.wait(30)


def _load(database: running.DatabaseUrls, scratch: Path) -> None:
    engine, before = create_engine(database.app), db._bind
    try:
        db.use(engine)
        with open_till(scratch) as till:
            load(engine, till.url, SMALL)
    finally:
        db._bind = before
        engine.dispose()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _wait(port: int, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        asked = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            asked.request("GET", "/readyz")
            if asked.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass  # not listening yet
        finally:
            asked.close()
        if web.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the site did not start:\n{log.read_text()}")
        time.sleep(0.1)
