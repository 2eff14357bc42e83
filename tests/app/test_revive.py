"""What dies is started again with bounded patience, and never more often than that."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.embedded import children, revive
from app.embedded.children import Account, CannotStart, Child, Command
from app.embedded.environment import Ports
from app.embedded.parts import Part, Site
from app.embedded.revive import MOST_DEATHS, Kept
from app.embedded.servers import Home


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(Home(tmp_path, tmp_path, Account()), Ports(1, 2, 3), os.environ, lambda: False)


def part(tmp_path: Path, script: str) -> Part:
    command = Command("short", (sys.executable, "-c", script), os.environ, tmp_path, tmp_path / "log")
    return Part("short", lambda _: Child(command))


def begin(one: Part, site: Site) -> Kept:
    child = one.start(site)
    assert child is not None
    return Kept(one, child)


def watch(kept: Kept, site: Site, said: list[str], until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        kept.look_after(site, said.append)
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_dies_again_and_again_stops_everything_after_ever_longer_waits(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revive, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(revive, "LONGEST_WAIT", 0.05)
    said: list[str] = []
    kept = begin(part(tmp_path, "print('the cause', flush=True); raise SystemExit(3)"), site)
    with pytest.raises(CannotStart, match=r"(?s)short dies again and again.*exit code 3.*the cause"):
        watch(kept, site, said, lambda: False)
    assert said.count("short runs again.") == MOST_DEATHS
    waits = [line.split(" in ")[1].split(" s.")[0] for line in said if "started again" in line]
    assert waits == ["0.01", "0.02", "0.04", "0.05", "0.05"]
    kept.stop()


def test_old_deaths_are_forgotten(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revive, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(revive, "COUNTED_SECONDS", 0.001)
    said: list[str] = []
    kept = begin(part(tmp_path, ""), site)
    watch(kept, site, said, lambda: said.count("short runs again.") > MOST_DEATHS + 1)
    kept.stop()


def test_what_must_not_die_is_not_started_again(site: Site, tmp_path: Path) -> None:
    vital = replace(part(tmp_path, "raise SystemExit(4)"), is_started_again=False)
    said: list[str] = []
    with pytest.raises(CannotStart, match=r"short stopped \(exit code 4\)"):
        watch(begin(vital, site), site, said, lambda: False)
    assert said == []


def test_a_start_that_fails_counts_as_a_death(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revive, "FIRST_WAIT", 0.001)
    once = part(tmp_path, "raise SystemExit(5)")
    kept = begin(once, site)

    def refuse(_site: Site) -> Child:
        raise CannotStart("short did not become ready")

    kept._part = replace(once, start=refuse)
    said: list[str] = []
    with pytest.raises(CannotStart, match="again and again"):
        watch(kept, site, said, lambda: False)
    assert len(said) == MOST_DEATHS


def test_what_the_dead_one_left_running_goes_first(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revive, "FIRST_WAIT", 0.01)
    script = (
        "import os, subprocess, sys; old = os.path.exists('orphan');"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']);"
        "open('orphan', 'a').write(f'{left.pid} '); import time; time.sleep(300 if old else 0)"
    )
    kept = begin(part(tmp_path, script), site)
    said: list[str] = []
    both = tmp_path / "orphan"
    watch(kept, site, said, lambda: both.exists() and len(both.read_text().split()) == 2)
    first, second = both.read_text().split()
    assert not is_running(first)
    assert is_running(second)
    kept.stop()


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_long_step_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "TELL_SECONDS", 0.2)
    script = (
        "import time; time.sleep(0.5); print('step: 3 of 90', flush=True); print('noise', flush=True);"
        "time.sleep(0.8)"
    )
    command = Command("step", (sys.executable, "-c", script), os.environ, tmp_path, tmp_path / "log")
    said: list[str] = []
    Child(command).run_to_end(lambda: False, said.append)
    assert said[0].startswith("step: still at work (")
    assert said[-1].startswith("step: 3 of 90 (")
