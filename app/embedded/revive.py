"""A part that dies is started again: soon at first, then after ever longer waits; one that dies again and again is not.

Invariants: the database is never started again under the parts that use it: the stack stops; what a dead part left
running goes before it is started again.
"""

import time
from collections.abc import Callable

from app.embedded.children import CannotStart, Child
from app.embedded.parts import Part, Site

FIRST_WAIT, LONGEST_WAIT = 0.5, 8.0
"""In seconds; each death doubles the wait."""
MOST_DEATHS, COUNTED_SECONDS = 5, 120.0
Say = Callable[[str], None]


class Kept:
    """A part with its process, which may be another one after a while."""

    def __init__(self, part: Part, child: Child) -> None:
        self._part, self._child = part, child
        self._deaths: list[float] = []
        self._due: float | None = None

    def look_after(self, site: Site, say: Say) -> None:
        """Start it again if it has died and has waited long enough.

        Raises `CannotStart` with its last words when it died too often or must not die at all, `Interrupted` if the
        person asked to stop meanwhile.
        """
        if self._due is None:
            if self._child.exit_code() is not None:
                self._mourn(say)
        elif time.monotonic() >= self._due:
            self._start_again(site, say)

    def stop(self) -> None:
        """Stop it. Safe to repeat."""
        self._child.stop()

    def _mourn(self, say: Say) -> None:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < COUNTED_SECONDS] + [now]
        if not self._part.is_started_again:
            raise CannotStart(self._child.obituary())
        if len(self._deaths) > MOST_DEATHS:
            often = f"{self._part.name} dies again and again; everything stops.\n"
            raise CannotStart(often + self._child.obituary())
        self._child.stop()
        wait = min(FIRST_WAIT * 2 ** (len(self._deaths) - 1), LONGEST_WAIT)
        self._due = now + wait
        say(f"{self._child.cause()}; it is started again in {wait:g} s. Its log: {self._child.command.log}")

    def _start_again(self, site: Site, say: Say) -> None:
        self._due = None
        try:
            child = self._part.start(site)
        except CannotStart:
            self._mourn(say)
            return
        if child is not None:
            self._child = child
        say(f"{self._part.name} runs again.")
