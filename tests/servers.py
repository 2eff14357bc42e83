"""Real PostgreSQL and Valkey for one run of the tests, shared by all its processes.

A keeper process starts them and holds them. Whoever uses them holds a shared lock; when the last user is gone, in
whatever way, the keeper stops the servers and deletes the folder. When the keeper is killed, the kernel stops them.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from uuid import uuid4

import psycopg
from psycopg import sql

from app.embedded.servers import SUPERUSER, Home, leave, open_home, start_postgres, start_valkey
from tenants.cluster import prepare

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATE = "floe_template"
START_SECONDS = 60
WATCH_SECONDS = 0.2

# a test's data may be lost with the power: nothing waits for the disk
FAST_POSTGRES = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "autovacuum": "off",
}
FAST_VALKEY = {"appendonly": "no", "databases": "64"}

SECRETS = {
    "SECRET_KEY": "only for tests",
    "FLOE_ROOT_KEY": "dGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMhISE=",
    "STRIPE_SECRET_KEY": "sk_test_sandbox_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_tests",
    "STRIPE_API_BASE": "http://127.0.0.1:9",
}

_held: dict[Path, int] = {}
"""The open files, each holding a shared lock until this process ends."""


@dataclass(frozen=True)
class Servers:
    """The running servers of this run."""

    home: Home

    def valkey_url(self, number: int = 0) -> str:
        """Each test process takes its own numbered database (0 to 63)."""
        return f"{self.home.valkey_url()}?db={number}"


@dataclass(frozen=True)
class DatabaseUrls:
    """The addresses of one database, for SQLAlchemy, by role."""

    app: str
    owner: str
    superuser: str


def start_servers() -> Servers:
    """The servers of this run, started by whichever process comes first. Cheap to repeat."""
    folder = _run_folder()
    while folder not in _held:
        _hold(folder)
    with (folder / "starting").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            _start_keeper(folder)
    return Servers(open_home(folder))


def template_database(servers: Servers) -> str:
    """The migrated database that others are cloned from, made once per run; gives its name."""
    folder = servers.home.path
    with (folder / "migrating").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "migrated").exists():
            prepare(servers.home.database_url(SUPERUSER, "postgres"), TEMPLATE)
            command = (sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade")
            done = subprocess.run(
                command,
                cwd=PROJECT,
                env=environment(servers, urls(servers, TEMPLATE)),
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise RuntimeError(f"the migrations failed:\n{done.stdout}{done.stderr}")
            (folder / "migrated").touch()
    return TEMPLATE


def clone(servers: Servers, name: str, template: str = TEMPLATE) -> DatabaseUrls:
    """A fresh database like the template; one of that name that exists already is dropped."""
    superuser = servers.home.database_url(SUPERUSER, "postgres")
    new, old = sql.Identifier(name), sql.Identifier(template)
    with psycopg.connect(_plain(superuser), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(new))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER owner STRATEGY FILE_COPY").format(new, old)
        )
    prepare(superuser, name)  # a clone does not inherit who may connect
    return urls(servers, name)


def urls(servers: Servers, database: str) -> DatabaseUrls:
    """The addresses of a database, whether it exists or not."""
    return DatabaseUrls(*(servers.home.database_url(role, database) for role in ("app", "owner", SUPERUSER)))


def environment(servers: Servers, database: DatabaseUrls, number: int = 0) -> dict[str, str]:
    """What a process of Floe started by a test is told, beside what the test adds."""
    home = servers.home.path / f"home-{number}"
    home.mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {
        **inherited,
        **SECRETS,
        "DATABASE_URL": database.app,
        "DATABASE_OWNER_URL": database.owner,
        "REDIS_URL": servers.valkey_url(number),
        "FLOE_MODE": "test",
        "FLOE_HOME": str(home),
    }


def _run_folder() -> Path:
    run = os.environ.get("FLOE_TEST_RUN") or os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        run = os.environ["FLOE_TEST_RUN"] = uuid4().hex
    return Path(tempfile.gettempdir()).resolve() / f"floe-tests-{os.getuid()}-{run}"


def _hold(folder: Path) -> None:
    """Become a user of the run's folder until this process ends, unless its keeper is just deleting it."""
    with suppress(FileNotFoundError):
        folder.mkdir(mode=0o700, exist_ok=True)
        users = os.open(folder / "users", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(users, fcntl.LOCK_SH)
        if os.path.samestat(os.fstat(users), (folder / "users").stat()):
            _held[folder] = users
        else:
            os.close(users)


def _start_keeper(folder: Path) -> None:
    with (folder / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            (sys.executable, "-m", "tests.servers", str(folder)),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not (folder / "ready").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the test servers did not start:\n{(folder / 'keeper.log').read_text()}")
        time.sleep(0.02)
    keeper.returncode = 0  # it outlives us on purpose: no warning about a process left running


def _keep(folder: Path) -> None:
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    home, children = open_home(folder), []
    # whoever waits for this lock while we stop finds another file afterwards
    users = (folder / "users").open("a")
    try:
        children.append(start_postgres(home, lambda: bool(asked), FAST_POSTGRES))
        children.append(start_valkey(home, lambda: bool(asked), FAST_VALKEY))
        (folder / "ready").touch()
        while not asked and not _is_alone(users) and all(child.exit_code() is None for child in children):
            time.sleep(WATCH_SECONDS)
    finally:
        for child in reversed(children):
            child.stop()
        leave(home)
        shutil.rmtree(folder, ignore_errors=True)


def _is_alone(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
