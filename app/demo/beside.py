"""A second pair of hands: deeds that need not wait for the others are done in a process of their own.

Invariants: deeds are done in the order they are given, each while the clock stands at its own time; a deed that fails
fails the demo; the process ends with the one that started it, however that ends.
"""

import multiprocessing
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from app.embedded.children import die_with
from tenants import clock
from tenants.errors import Refused

Act = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a deed: its result, the code of its refusal, or the trace of its fault."""

    result: Any = None
    refused: str = ""
    fault: str = ""


class Beside(AbstractContextManager["Beside"]):
    """`act(*words, moment)` for whatever is given; leaving the block waits for all of it."""

    def __init__(self, act: Act) -> None:
        self.refused: Counter[str] = Counter()
        """By code: what the rules refused."""
        self._told: list[Told] = []
        self._given = 0
        ours, theirs = multiprocessing.Pipe()
        self._line: Connection[Any, Any] = ours
        fork = multiprocessing.get_context("fork")
        self._process = fork.Process(target=_serve, args=(ours, theirs, act, os.getpid()), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, moment: datetime, *words: Any) -> int:
        """Have a deed done; its number, to ask for its result."""
        while self._line.poll():  # what was told already must not fill the line
            self._hear()
        self._line.send((moment, words))
        self._given += 1
        return self._given - 1

    def result(self, number: int) -> Any:
        """The result of a deed; waits for it."""
        while len(self._told) <= number:
            self._hear()
        return self._told[number].result

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            while len(self._told) < self._given:
                self._hear()
        self._process.kill()
        self._process.join()
        self._line.close()

    def _hear(self) -> None:
        told: Told = self._line.recv()
        if told.fault:
            raise RuntimeError(f"a deed beside the others failed:\n{told.fault}")
        if told.refused:
            self.refused[told.refused] += 1
        self._told.append(told)


def _serve(theirs: "Connection[Any, Any]", line: "Connection[Any, Any]", act: Act, parent: int) -> None:
    die_with(parent, signal.SIGKILL)
    theirs.close()
    while True:
        moment, words = line.recv()
        line.send(_do(act, moment, words))


def _do(act: Act, moment: datetime, words: tuple[Any, ...]) -> Told:
    try:
        with clock.at(moment):
            return Told(act(*words, moment))
    except Refused as refused:
        return Told(refused=refused.code)
    except Exception:
        return Told(fault=traceback.format_exc())
