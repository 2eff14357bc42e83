"""Start, watch and stop the child processes of the one-machine stack.

Invariants: each child leads its own session, so that Ctrl-C reaches only the supervisor; each is told by the kernel
to stop when the supervisor dies (Linux), even by kill -9. Start children from the main thread only: the kernel
watches the thread that started them.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

SETTLE_SECONDS = 0.05
TELL_SECONDS = 15.0
LOG_LIMIT_BYTES = 10_000_000
_PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """A part of the stack did not come up; the message is one clear sentence for the person at the terminal."""


class Interrupted(Exception):
    """The person asked to stop while the stack was still starting."""


@dataclass(frozen=True)
class Account:
    """The user a child runs as: an ordinary one even when we are root, because Postgres refuses to run as root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None


@dataclass(frozen=True)
class Command:
    """What to start, how to ask it to stop, and how long to wait for that."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    account: Account = field(default_factory=Account)


class Child:
    """One running process of the stack."""

    def __init__(self, command: Command) -> None:
        self.command = command
        keep_short(command.log)
        with command.log.open("ab") as log:
            self._process = _spawn(command, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it lives; negative when a signal ended it."""
        return self._process.poll()

    def wait_until(
        self, is_ready: Callable[[], bool], seconds: float, ask_to_stop: Callable[[], bool]
    ) -> None:
        """Return when ready. Raises `CannotStart` if it ends or the time is over, `Interrupted` if asked to stop."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if ask_to_stop():
                raise Interrupted
            if self.exit_code() is not None:
                raise CannotStart(self.obituary())
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{self.command.name} did not become ready in {seconds:.0f} s.\n{self.last_lines()}"
                )
            time.sleep(SETTLE_SECONDS)

    def run_to_end(self, ask_to_stop: Callable[[], bool], tell: Callable[[str], None] | None = None) -> None:
        """Wait for a step that ends by itself; `tell` hears how far it is, now and then.

        Raises `CannotStart` if it fails, `Interrupted` if asked to stop.
        """
        began = told = time.monotonic()
        while (code := self.exit_code()) is None:
            if ask_to_stop():
                raise Interrupted
            time.sleep(SETTLE_SECONDS)
            if tell and time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                tell(f"{self.command.name}: {self._how_far() or 'still at work'} ({told - began:.0f} s)")
        if code:
            raise CannotStart(self.obituary())

    def stop(self) -> None:
        """Ask it to stop, wait, and kill what is left of its session. Safe to repeat."""
        if self.exit_code() is None:
            self._process.send_signal(self.command.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self.command.stop_seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def cause(self) -> str:
        """Which process ended, and how."""
        return f"{self.command.name} stopped ({_how(self.exit_code())})"

    def obituary(self) -> str:
        """Which process ended, how, and its last words."""
        return f"{self.cause()}. Its last lines:\n{self.last_lines()}"

    def _how_far(self) -> str:
        """What the step last said about itself, in a line that begins with its name."""
        mark = f"{self.command.name}: "
        lines = self.command.log.read_text("utf-8", "replace").splitlines()
        return next((line.removeprefix(mark) for line in reversed(lines) if line.startswith(mark)), "")

    def last_lines(self, count: int = 20) -> str:
        lines = self.command.log.read_text("utf-8", "replace").splitlines()[-count:]
        return "\n".join([f"  {line}" for line in lines] + [f"  (all of it: {self.command.log})"])


def keep_short(log: Path) -> None:
    """Put a log that has grown large aside before it is written again; one older one is kept."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))


def ordinary_account(program: Path, folder: Path) -> Account:
    """How to run a `program` that refuses to be root, with its files in `folder`.

    Raises `CannotStart` where the machine (a locked-down container) allows no way.
    """
    if os.geteuid() != 0:
        return Account()
    for account in _accounts():
        with suppress(OSError, subprocess.SubprocessError):
            _try(account, program, folder)
            return account
    raise CannotStart(
        "Postgres does not run as root, and this machine lets root neither make a user namespace nor work in "
        f"{folder} as the user nobody: run Floe as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
    )


def _accounts() -> list[Account]:
    accounts = []
    unshare, setpriv = shutil.which("unshare"), shutil.which("setpriv")
    if unshare and setpriv:
        mapped = (unshare, "--user", "--map-user=1000", "--map-group=1000")
        # entering the namespace makes the kernel forget the death signal, so setpriv asks for it again
        accounts.append(Account(prefix=(*mapped, setpriv, "--pdeathsig", "INT")))
    with suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        accounts.append(Account(uid=nobody.pw_uid, gid=nobody.pw_gid))
    return accounts


def _try(account: Account, program: Path, folder: Path) -> None:
    subprocess.run(
        (*account.prefix, "/bin/sh", "-c", 'cd "$0" && exec "$1" --version', str(folder), str(program)),
        capture_output=True,
        timeout=20,
        check=True,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.gid is None else [],
    )


def _spawn(command: Command, log: BinaryIO) -> subprocess.Popen[bytes]:
    account = command.account
    return subprocess.Popen(
        (*account.prefix, *command.arguments),
        env=dict(command.environment),
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.gid is None else [],
        start_new_session=True,
        preexec_fn=partial(die_with, os.getpid(), command.stop_signal),
    )


def die_with(parent: int, stop_signal: signal.Signals) -> None:
    """Let the kernel send this process `stop_signal` when `parent` is gone, however it went. Linux only."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(stop_signal))
    if os.getppid() != parent:
        os._exit(1)  # it died in between: nobody would ever stop this process


def _how(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    return f"killed by {signal.Signals(-code).name}"
