"""The only way to read an uploaded file: in a process of its own, shut in, fed through a pipe and ended on overrun.

Invariant: whatever the bytes do to the reading process, the caller gets rows or a `BadFile`, and no process is left
behind: not after an error, not when the caller stops half-way, not when the caller itself is killed.
"""

import fcntl
import logging
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from app.leads.files import kinds
from app.leads.files.kinds import UNREADABLE, BadFile, FileTooLarge, UnreadableFile
from app.leads.files.layout import LARGEST_FILE, BrokenRow, Layout, Line, Row, Wishes
from app.leads.files.look import Look
from tenants.language import N_

log = logging.getLogger(__name__)

LOOK_SECONDS, READ_SECONDS = 20, 300
"""How long we wait for the reading process in all; what the caller does with the rows does not count."""
_LARGEST_MESSAGE = 64 * 1024 * 1024
_PIPE_BYTES = 1024 * 1024
_READ_BYTES = 1024 * 1024
_ROOT = Path(__file__).parents[3]
_START = """
import sys, types
root, *others = sys.argv[1:]
sys.path[:0] = [root, *others]
for name in ("app", "app.leads"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [root + "/" + name.replace(".", "/")]
from app.leads.files.child import main
main()
"""
"""Starts the child without the start-up of the product's packages: it must not even import a database driver."""


def look_at(pieces: Iterable[bytes], wishes: Wishes | None = None) -> Look:
    """How a file is laid out, its first rows, and how sure that is; the whole file is read. Raises a `BadFile`."""
    command = {"deed": "look", "wishes": asdict(wishes or Wishes())}
    with closing(_answers(pieces, command, LOOK_SECONDS)) as answers:
        for answer in answers:
            if "look" in answer:
                return _sound_look(answer["look"])
    raise UnreadableFile(UNREADABLE)


def blocks(
    pieces: Iterable[bytes], layout: Layout, *, skip_rows: int = 0, rows_in_block: int = 2000
) -> Generator[list[Line], None, None]:
    """Every data row exactly once, in order, with the line of the file or the row of the sheet it begins at.

    A block holds `rows_in_block` rows, or fewer when they are long. `skip_rows` of them are passed over: a check goes
    on where it stopped. Raises a `BadFile`.
    """
    command = {
        "deed": "read",
        "layout": layout.as_json(),
        "skip_rows": skip_rows,
        "rows_in_block": max(1, rows_in_block),
    }
    with closing(_answers(pieces, command, READ_SECONDS)) as answers:
        for answer in answers:
            if "done" in answer:
                return
            yield _sound_block(answer)
    raise UnreadableFile(UNREADABLE)


def _answers(
    pieces: Iterable[bytes], command: dict[str, Any], seconds: float
) -> Generator[dict[str, Any], None, None]:
    """What the child says, message by message; a refusal is raised, and so is its silence."""
    child = _Child(seconds)
    try:
        limits = {"cpu_seconds": int(seconds), "parent": os.getpid()}
        for message in child.talk(_framed(orjson.dumps({**command, **limits})), iter(pieces)):
            answer = orjson.loads(message)
            if "refused" in answer:
                raise _refusal(answer["refused"])
            yield answer
    except orjson.JSONDecodeError:
        raise UnreadableFile(UNREADABLE) from None
    finally:
        child.end()


class _Child:
    """One reading process."""

    def __init__(self, seconds: float) -> None:
        libraries = {str(Path(_place_of(name)).parent) for name in ("orjson", "python_calamine")}
        self._process = subprocess.Popen(
            (sys.executable, "-I", "-S", "-c", _START, str(_ROOT), *sorted(libraries)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        self._started = time.monotonic()
        self._left = seconds
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                with suppress(OSError, AttributeError):
                    fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def talk(self, command: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Feed the file and give back whole messages, as they come. Raises `FileTooLarge` or `UnreadableFile`."""
        feed, heard = _Feed(self._process, command, pieces), bytearray()
        told = self._process.stdout
        if told is None:
            raise UnreadableFile(UNREADABLE)
        while True:
            while len(heard) >= 4 and len(heard) >= (end := 4 + int.from_bytes(heard[:4], "big")):
                message = bytes(heard[4:end])
                del heard[:end]
                yield message
            if len(heard) >= 4 and int.from_bytes(heard[:4], "big") > _LARGEST_MESSAGE:
                raise UnreadableFile(UNREADABLE)
            if self._wait(told.fileno(), feed):
                data = os.read(told.fileno(), _READ_BYTES)
                if not data:
                    return
                heard += data
            else:
                feed.push()

    def _wait(self, told: int, feed: "_Feed") -> bool:
        """Wait until there is something to hear (True) or room to feed more (False)."""
        poll = select.poll()
        poll.register(told, select.POLLIN | select.POLLHUP)
        if feed.is_open:
            poll.register(feed.fileno(), select.POLLOUT | select.POLLERR)
        began = time.monotonic()
        ready = poll.poll(max(0, self._left) * 1000)
        self._left -= time.monotonic() - began
        if not ready:
            raise UnreadableFile(UNREADABLE)
        return any(place == told for place, _ in ready)

    def end(self) -> None:
        """No process is left, whatever it was doing. Safe to repeat."""
        if self._process.returncode is not None:
            return
        os.kill(self._process.pid, signal.SIGKILL)  # it is ours until we have waited for it
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._log(usage)

    def _log(self, usage: resource.struct_rusage) -> None:
        log.debug(
            "a file was read in %.2f s (cpu %.2f s, %d MB)",
            time.monotonic() - self._started,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss // 1024,
        )


class _Feed:
    """The file on its way into the child, counted."""

    def __init__(self, process: "subprocess.Popen[bytes]", command: bytes, pieces: Iterator[bytes]) -> None:
        self._pipe = process.stdin
        self._left = memoryview(command)
        self._pieces = pieces
        self._size = 0

    @property
    def is_open(self) -> bool:
        return self._pipe is not None

    def fileno(self) -> int:
        return self._pipe.fileno() if self._pipe is not None else -1

    def push(self) -> None:
        """Write what fits; at the end of the file, or when the child hears no more, hang up."""
        if self._pipe is None:
            return
        if not self._left and not self._next():
            self._close()
            return
        try:
            self._left = self._left[os.write(self._pipe.fileno(), self._left) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._close()

    def _next(self) -> bool:
        piece = next((piece for piece in self._pieces if piece), b"")
        self._size += len(piece)
        if self._size > LARGEST_FILE:
            raise FileTooLarge(
                N_("The file is larger than %(limit)s MB. Split it and upload the parts."),
                limit=LARGEST_FILE // 1024 // 1024,
            )
        self._left = memoryview(piece)
        return bool(piece)

    def _close(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


def _place_of(name: str) -> Path:
    """The folder a library lies in."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin).parent


def _refusal(told: dict[str, Any]) -> BadFile:
    """The refusal the child tells, of a class we know."""
    known = {
        one.code: one for one in vars(kinds).values() if isinstance(one, type) and issubclass(one, BadFile)
    }
    kind = known.get(str(told.get("code")), UnreadableFile)
    details = {str(key): value for key, value in dict(told.get("details") or {}).items()}
    return kind(str(told.get("message", UNREADABLE)), **details)


def _sound_look(told: dict[str, Any]) -> Look:
    try:
        return Look.from_json(told)
    except (KeyError, TypeError, ValueError):
        raise UnreadableFile(UNREADABLE) from None


def _sound_block(told: dict[str, Any]) -> list[Line]:
    """A block as the child tells it: rows, their numbers, and which of them are broken."""
    try:
        rows: list[Row] = told["rows"]
        for place, code, params in told["broken"]:
            rows[place] = BrokenRow(code, params, tuple(told["rows"][place]))
        first = told["first"]
        return list(zip(told["numbers"] or range(first, first + len(rows)), rows, strict=True))
    except (KeyError, TypeError, ValueError, IndexError):
        raise UnreadableFile(UNREADABLE) from None
