"""What is noted of one lead while it is read: what is wrong with it, and what had to be left out.

Invariant: a value that cannot be read leaves a problem or a warning, never nothing.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from app.leads.problems import Problem, Unreadable

T = TypeVar("T")
LONGEST_FACT = 500


class Notes:
    """One lead being read: its values, what is wrong with it and what had to be left out."""

    __slots__ = ("problems", "values", "warnings")

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def read(self, target: str, reader: Callable[[str], T]) -> T | None:
        """The value read, or None and a problem."""
        text = self.values.get(target)
        if text is None:
            return None
        try:
            return reader(text)
        except Unreadable as answer:
            self.problems.append(answer.problem(target, text))
            return None

    def soft(self, target: str, reader: Callable[[str], str]) -> str:
        """The value read, or nothing and a warning: the lead is good without it."""
        text = self.values.get(target)
        if text is None:
            return ""
        try:
            return reader(text)
        except Unreadable as answer:
            self.warnings.append(answer.problem(target, text))
            return ""

    def text(self, target: str) -> str:
        """A short text as it is."""
        text = self.values.get(target, "")
        if len(text) > LONGEST_FACT:
            self.bad(target, Unreadable("too_long", limit=LONGEST_FACT))
        return text

    def bad(self, target: str, answer: Unreadable) -> None:
        """Notes a problem with a value that could be read."""
        self.problems.append(answer.problem(target, self.values.get(target, "")))

    def miss(self, target: str, code: str) -> None:
        """Notes that a value is missing, unless it is there and already refused."""
        if target not in self.values:
            self.problems.append(Problem(target, code))
