"""The one-machine stack starts, stops and dies cleanly, whatever the folder is called."""

import base64
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from app.embedded import environment, servers
from app.embedded.children import Account, CannotStart, Child, Command
from app.embedded.parts import PROJECT

GONE_SECONDS = 10  # the promise
PATIENCE_SECONDS = 90  # not a promise: the machine may be busy with other tests
linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a child of this"
)


class Stack:
    """`python -m app.embedded --only postgres,valkey` (and `more`) as a person would start it."""

    def __init__(self, home: Path, output: Path, more: str = "", **told: str) -> None:
        kept = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
        }
        self.home, self.output = home, output
        with output.open("w") as out:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "app.embedded", "--only", f"postgres,valkey{more}"),
                cwd=PROJECT,
                env={**kept, "FLOE_HOME": str(home), **told},
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> dict[str, str]:
        wait_for(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None, PATIENCE_SECONDS)
        assert self.process.poll() is None, self.said()
        lines = [
            line.removeprefix("export ") for line in self.said().splitlines() if line.startswith("export ")
        ]
        return dict(shlex.split(line)[0].split("=", 1) for line in lines)

    def postgres_pid(self) -> int:
        return int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A path with spaces, longer than a socket's path may be; its cluster is made once for all tests here."""
    home = tmp_path_factory.mktemp("a long path") / ("folder with spaces " * 6).strip() / "лід"
    yield home
    servers.leave(servers.open_home(home))


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    started: list[Stack] = []

    def begin(more: str = "", **told: str) -> Stack:
        started.append(Stack(home, tmp_path / f"output-{len(started)}", more, **told))
        return started[-1]

    yield begin
    for stack in started:
        if stack.process.poll() is None:
            stack.process.send_signal(signal.SIGTERM)
        stack.process.wait(PATIENCE_SECONDS)
    wait_for(lambda: not working_in(home))


def wait_for(is_so: Callable[[], bool], seconds: float = GONE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.05)


def working_in(home: Path) -> list[str]:
    """Every process that works in the home or was started with it, by its command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            here = str((process / "cwd").readlink())
            words = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if f"{here}/".startswith(f"{home}/") or str(home) in words:
            found.append(words)
    return found


def child_of(stack: Stack, words: str) -> list[int]:
    """The processes that the supervisor itself started with these words."""
    started = Path(f"/proc/{stack.process.pid}/task/{stack.process.pid}/children").read_text().split()
    return [int(pid) for pid in started if words in _words_of(pid)]


def _words_of(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")


def workers(told: dict[str, str]) -> list[str]:
    """Workers that have told the broker of themselves, with the id of their process."""
    with redis.Redis.from_url(told["REDIS_URL"]) as client:
        names = [key.decode() for key in client.smembers("rq:workers")]
        return [f"{name} {(client.hget(name, 'pid') or b'').decode()}" for name in names]


def connect(told: dict[str, str], role: str = "app") -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(told["DATABASE_URL"].replace("+psycopg", "").replace("app@", f"{role}@"))


def test_data_is_there_again_after_ctrl_c_and_a_new_start(start: Callable[..., Stack], home: Path) -> None:
    first = start()
    told = first.wait_until_ready()
    with connect(told, "owner") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(told["REDIS_URL"]) as client:
        client.set("kept", "42")
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(PATIENCE_SECONDS) == 0
    assert not working_in(home)

    again = start().wait_until_ready()
    assert again == told, "addresses, ports and secrets stay"
    with connect(again, "owner") as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        connection.execute("DROP TABLE kept")
    with redis.Redis.from_url(again["REDIS_URL"]) as client:
        assert client.get("kept") == b"42"


def test_a_second_start_in_the_same_folder_is_refused_with_the_first_ones_address(
    start: Callable[..., Stack],
) -> None:
    first = start()
    first.wait_until_ready()
    second = start()
    assert second.process.wait(PATIENCE_SECONDS) == 1
    expected = f"already running from this folder (process {first.process.pid}, http://127.0.0.1:8000)"
    assert expected in second.said()
    assert first.process.poll() is None


def test_sigterm_stops_everything_with_exit_code_0(start: Callable[..., Stack], home: Path) -> None:
    stack = start()
    stack.wait_until_ready()
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(PATIENCE_SECONDS) == 0
    assert not working_in(home)


@linux_only
def test_kill_9_of_the_supervisor_leaves_no_process_and_the_next_start_works_at_once(
    start: Callable[..., Stack], home: Path
) -> None:
    stack = start()
    told = stack.wait_until_ready()
    with closing(connect(told)):  # an open connection must not keep the server
        assert len(working_in(home)) > 2
        stack.process.kill()
        stack.process.wait()
        next_one = start()
        next_one.wait_until_ready()
    next_one.process.kill()
    next_one.process.wait()
    wait_for(lambda: not working_in(home))


def test_kill_9_of_postgres_ends_the_stack_with_an_error_that_names_it(
    start: Callable[..., Stack], home: Path
) -> None:
    stack = start()
    stack.wait_until_ready()
    os.kill(stack.postgres_pid(), signal.SIGKILL)
    assert stack.process.wait(PATIENCE_SECONDS) == 1
    assert "postgres stopped (killed by SIGKILL)" in stack.said()
    wait_for(lambda: not working_in(home))


@linux_only
def test_kill_9_of_another_part_starts_it_again_and_disturbs_nothing_else(
    start: Callable[..., Stack], home: Path
) -> None:
    stack = start(",worker-slow")
    told = stack.wait_until_ready()
    [worker] = child_of(stack, "app.worker")
    wait_for(lambda: len(workers(told)) == 1, PATIENCE_SECONDS)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: "worker-slow runs again." in stack.said(), PATIENCE_SECONDS)
    assert "worker-slow stopped (killed by SIGKILL); it is started again in 0.5 s." in stack.said()
    [again] = child_of(stack, "app.worker")
    assert again != worker
    wait_for(lambda: any(str(again) in name for name in workers(told)), PATIENCE_SECONDS)

    with redis.Redis.from_url(told["REDIS_URL"]) as client:
        client.set("kept", "42")
    [valkey] = child_of(stack, "valkey-server")
    time.sleep(1.2)  # its file is written every second
    os.kill(valkey, signal.SIGKILL)
    wait_for(lambda: "valkey runs again." in stack.said(), PATIENCE_SECONDS)
    with redis.Redis.from_url(told["REDIS_URL"]) as client:
        assert client.get("kept") == b"42"
    with connect(told) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(PATIENCE_SECONDS) == 0
    assert not working_in(home)


def test_a_server_that_is_given_is_not_started(start: Callable[..., Stack], home: Path) -> None:
    given = {"DATABASE_URL": "postgresql+psycopg://app@db.example/floe", "REDIS_URL": "redis://cache.example"}
    stack = start(**given)
    told = stack.wait_until_ready()
    assert "postgres: DATABASE_URL is set, so none is started" in stack.said()
    assert not given.keys() & told.keys()
    assert "DATABASE_OWNER_URL" not in told


def test_secrets_are_made_once_for_our_eyes_only(tmp_path: Path) -> None:
    home = servers.Home(tmp_path, tmp_path, Account())
    first = environment.read_secrets(home)
    assert environment.read_secrets(home) == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(first["FLOE_ROOT_KEY"])) == 32


def test_a_port_in_use_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} is already in use.*FLOE_PORT={port + 10}"):
            environment.demand_free(port)
    environment.demand_free(port)


def test_a_part_that_does_not_start_is_named_with_its_last_lines(tmp_path: Path) -> None:
    script = "print('the cause', flush=True); raise SystemExit(3)"
    command = Command("broken", (sys.executable, "-c", script), os.environ, tmp_path, tmp_path / "log")
    child = Child(command)
    with pytest.raises(CannotStart, match=r"(?s)broken stopped \(exit code 3\).*the cause"):
        child.wait_until(lambda: False, 20, lambda: False)
    child.stop()


def test_a_child_that_ignores_the_request_to_stop_is_killed_with_its_own_children(tmp_path: Path) -> None:
    script = "trap '' TERM; sleep 300 & echo $! > pid; wait; sleep 300"
    child = Child(
        Command("deaf", ("/bin/sh", "-c", script), os.environ, tmp_path, tmp_path / "log", stop_seconds=0.2)
    )
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip() != "")
    child.stop()
    assert child.exit_code() == -signal.SIGKILL
    wait_for(lambda: not working_in(tmp_path))
