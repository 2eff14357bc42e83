"""What a form can ask: the fields of its vertical, and of the lead's person and place.

Invariant: a question is named after the target of `app.leads.targets` that its answer becomes.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from app.leads.countries import LANGUAGES
from app.leads.fields import Choice, Field
from app.leads.verticals import Vertical

CHANNELS = ("phone", "email")
"""Without one of these nobody can be reached."""
NAMES = frozenset({"name", "first_name", "last_name", "role"})
_FILE = Path(__file__).parent / "questions.toml"
_AUTOCOMPLETE = {
    "birth_date": "bday",
    "address": "street-address",
    "company": "organization",
    "website": "url",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask; `is_locked` when no lead of the vertical can be without it."""

    name: str
    kind: str
    labels: Mapping[str, str]
    is_locked: bool
    choices: tuple[Choice, ...]
    autocomplete: str
    is_own: bool
    """Whether the vertical asks it, else it is about the person or place of any lead."""

    def label(self, language: str) -> str:
        """The question in a language; English for one we do not speak."""
        return self.labels.get(language, self.labels["en"])


@lru_cache(maxsize=64)
def questions(vertical: Vertical) -> Mapping[str, Question]:
    """Everything a form of this vertical can ask, by name, in the order a person would."""
    own = [_of_field(one) for one in vertical.fields]
    return {
        one.name: one for one in (*own, *(one for one in _shared() if vertical.is_b2b or one.name != "role"))
    }


def usual(vertical: Vertical) -> tuple[tuple[str, ...], ...]:
    """Where a new form begins: what must be known of the matter, then how to reach the person."""
    first = tuple(one.name for one in vertical.fields if one.is_required)
    last = ("name", "phone", "email")
    return (first, last) if first else (last,)


def _of_field(one: Field) -> Question:
    autocomplete = _AUTOCOMPLETE.get(one.name, "off")
    return Question(one.name, one.type, one.labels, one.is_required, one.choices, autocomplete, is_own=True)


@cache
def _shared() -> tuple[Question, ...]:
    return tuple(
        Question(
            entry["name"],
            entry["kind"],
            dict(zip(LANGUAGES, entry["labels"], strict=True)),
            is_locked=False,
            choices=(),
            autocomplete=entry["autocomplete"],
            is_own=False,
        )
        for entry in tomllib.loads(_FILE.read_text("utf-8"))["questions"]
    )
