"""The supervisor: start the parts in order, watch them, start again what dies, stop them in reverse.

Invariants: one stack per home (a lock the kernel drops with the process); the exit code is 0 only when a person
stopped a healthy stack; a signal never cuts a start in half, it is noticed at the next wait.
"""

import argparse
import fcntl
import os
import shlex
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from app.embedded.children import CannotStart, Interrupted, die_with
from app.embedded.environment import (
    Ports,
    base_url,
    demand_free,
    environment,
    is_given,
    kept_port,
    owner_url,
    tell_commands,
    web_port,
)
from app.embedded.parts import PARTS, PROJECT, Part, Site
from app.embedded.revive import Kept
from app.embedded.servers import leave, open_home

WATCH_SECONDS = 0.2
DEMO_LOGINS = ("agency@floe.test", "company@floe.test", "finance@floe.test", "operator@floe.test")
DEMO_PASSWORD = "floe-demo-2026"

NAMES = [part.name for part in PARTS]

_asked_to_stop: list[int] = []


def main() -> int:
    """Run the stack until it is stopped. 0: stopped by a person; 1: something did not start, or would not stay."""
    asked = _arguments()
    parts = _chosen(asked.only)
    _hear_signals()
    if asked.die_with_parent:
        die_with(os.getppid(), signal.SIGTERM)
    home = Path(os.environ.get("FLOE_HOME") or PROJECT / ".floe")
    try:
        home.mkdir(parents=True, exist_ok=True)
        with (home / "lock").open("a+") as lock:
            _hold(lock)
            return _run(home, parts)
    except CannotStart as reason:
        _say(str(reason))
    except PermissionError as refused:
        _say(f"Floe may not write {refused.filename}: set FLOE_HOME to a folder of your own.")
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.embedded", description="Run Floe on this machine.")
    parser.add_argument("--only", metavar="PARTS", help="comma-separated: " + ", ".join(NAMES))
    parser.add_argument(
        "--die-with-parent", action="store_true", help="stop when the starting process is gone"
    )
    return parser.parse_args()


def _chosen(only: str | None) -> tuple[Part, ...]:
    wanted = NAMES if only is None else only.split(",")
    if unknown := set(wanted) - set(NAMES):
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
    return tuple(part for part in PARTS if part.name in wanted)


def _hear_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup
        # set by hand: a shell starts background jobs with SIGINT ignored
        signal.signal(number, lambda caught, _frame: _asked_to_stop.append(caught))


def _hold(lock: TextIO) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        process, _, url = lock.read().strip().partition(" ")
        raise CannotStart(f"Floe is already running from this folder (process {process}, {url}).") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()} {base_url(web_port())}\n")
    lock.flush()


def _run(path: Path, parts: tuple[Part, ...]) -> int:
    if any(part.name == "web" for part in parts):
        demand_free(web_port())
    home = open_home(path)
    ports = Ports(web_port(), kept_port(home, "sandbox"), kept_port(home, "mail"))
    site = Site(
        home, ports, environment(home, ports), lambda: bool(_asked_to_stop), lambda far: _say(f"  {far}")
    )
    tell_commands(home, site.environment)
    kept: list[Kept] = []
    try:
        for part in parts:
            _start(part, site, kept)
        _welcome(site, is_whole=len(parts) == len(PARTS))
        return _watch(kept, site)
    except Interrupted:
        return 0
    finally:
        _stop(kept)
        leave(home)


def _start(part: Part, site: Site, kept: list[Kept]) -> None:
    if part.is_given():
        _say(f"  {part.name}: {part.given_by} is set, so none is started")
        return
    began = time.monotonic()
    if child := part.start(site):
        kept.append(Kept(part, child))
    _say(f"  {part.name}: ready ({time.monotonic() - began:.1f} s)")


def _watch(kept: list[Kept], site: Site) -> int:
    while not _asked_to_stop:
        for one in kept:
            try:
                one.look_after(site, _say)
            except CannotStart as reason:
                _say(str(reason))
                return 1
        time.sleep(WATCH_SECONDS)
    return 0


def _stop(kept: list[Kept]) -> None:
    if kept:
        _say("Stopping.")
    for one in reversed(kept):
        one.stop()


def _welcome(site: Site, *, is_whole: bool) -> None:
    if not is_whole:
        owner = {"DATABASE_OWNER_URL": url} if (url := owner_url(site.home)) else {}
        told = {name: value for name, value in site.environment.items() if os.environ.get(name) != value}
        for name, value in sorted({**told, **owner}.items()):
            _say(f"export {name}={shlex.quote(value)}")
        _say("Ctrl-C stops everything.")
        return
    url = site.environment["FLOE_BASE_URL"]
    _say(f"\nFloe is running: {url}\n")
    if site.environment["FLOE_MODE"] == "demo":
        _say(f"  Log in as  {', '.join(DEMO_LOGINS)}")
        _say(f"  Password   {DEMO_PASSWORD}")
    if not is_given("SMTP_HOST"):
        _say(f"  Mail       caught, see {url}/dev/mail")
    _say("  Stripe: " + ("real keys" if is_given("STRIPE_SECRET_KEY") else "simulated"))
    _say(f"  Logs       {site.home.path / 'log'}\n")
    _say("Ctrl-C stops everything.")


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone; stopping goes on without it
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
