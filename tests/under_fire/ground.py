"""A database of its own and the processes of Floe on it, to be killed and started again as a test likes.

The doors of this process lead to the same database. Children are started by the main thread only: the kernel stops
them when the thread that started them is gone.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests
from sqlalchemy import RowMapping, create_engine, text

from app.database import TIMEOUTS
from app.embedded.children import Child, Command
from tenants import db
from tenants.db import platform_transaction
from tests import servers as running
from tests.servers import PROJECT

LOCAL = "127.0.0.1"
START_SECONDS = 150


@dataclass
class Ground:
    """One database, what its processes are told, and those that run."""

    urls: running.DatabaseUrls
    environment: dict[str, str]
    folder: Path
    port: int
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://{LOCAL}:{self.port}"

    def start(self, name: str, *arguments: str) -> Child:
        """Start a Python module as a process of its own, or start it again."""
        command = (sys.executable, "-m", *arguments)
        child = Child(Command(name, command, self.environment, PROJECT, self.folder / f"{name}.log"))
        self.children[name] = child
        return child

    def start_web(self, app: str = "wsgi:app") -> None:
        """Start the web server of two processes and wait until it answers."""
        options = ("--no-control-socket", "-k", "gthread", "-w", "2", "--threads", "8")
        web = self.start("web", "gunicorn", *options, "-b", f"{LOCAL}:{self.port}", app)
        web.wait_until(self._is_ready, START_SECONDS, lambda: False)

    def kill(self, name: str) -> None:
        """kill -9, with everything it started."""
        child = self.children.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.stop()

    def stop(self) -> None:
        """Stop whatever still runs."""
        for child in reversed(list(self.children.values())):
            child.stop()
        self.children.clear()

    def said(self, name: str) -> str:
        """What a process has written."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def execute(self, *statements: str) -> None:
        """As superuser, at once."""
        address = self.urls.superuser.replace("+psycopg", "", 1)
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def ground(servers: running.Servers, number: int, folder: Path, **told: str) -> Iterator[Ground]:
    """A fresh migrated database named after the test process; its doors are open here, its processes end with it."""
    urls = running.clone(servers, f"fire_{number}", running.template_database(servers))
    environment = {**running.environment(servers, urls, number), "FLOE_POOL_SIZE": "8", **told}
    engine = create_engine(urls.app, connect_args={"options": TIMEOUTS})
    made = Ground(urls, environment, folder, free_port())
    db.use(engine)
    try:
        yield made
    finally:
        made.stop()
        engine.dispose()


def free_port() -> int:
    """A port nothing listens on."""
    with socket.create_server((LOCAL, 0)) as server:
        return int(server.getsockname()[1])


def rows(query: str, **values: Any) -> list[RowMapping]:
    """Whatever a query finds, between tenants."""
    with platform_transaction("look, in a test") as session:
        return list(session.execute(text(query), values).mappings())


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it became so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
