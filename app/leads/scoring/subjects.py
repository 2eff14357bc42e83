"""What a rule may look at: the answers of a vertical and what is known of every lead. Pure.

Invariant: each subject has one kind, and its kind alone says which comparisons make sense; free text is only ever asked
whether it is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.leads.channels import CHANNELS
from app.leads.qualification import CONFIRMED, DENIED, LETTERS, UNKNOWN
from app.leads.verticals import Vertical

IS, ONE_OF, AT_LEAST, AT_MOST, BETWEEN, PRESENT = "is", "one_of", "at_least", "at_most", "between", "present"

CHOICE, NUMBER, MONEY, DATE, FLAG, TEXT, HIDDEN, MARK, AGE = (
    "choice", "number", "money", "date", "flag", "text", "hidden", "mark", "age")  # fmt: skip
"""Kinds: a closed list, a whole number, an amount, a day, yes/no, a short code, what is sealed, what is there or not,
days since the enquiry."""

OPS: Mapping[str, tuple[str, ...]] = {
    CHOICE: (IS, ONE_OF, PRESENT),
    NUMBER: (AT_LEAST, AT_MOST, BETWEEN, IS, PRESENT),
    MONEY: (AT_LEAST, AT_MOST, BETWEEN, PRESENT),
    DATE: (AT_LEAST, AT_MOST, BETWEEN, PRESENT),
    FLAG: (IS, PRESENT),
    TEXT: (IS, ONE_OF, PRESENT),
    HIDDEN: (PRESENT,),
    MARK: (PRESENT,),
    AGE: (AT_MOST, AT_LEAST),
}

ANSWER, BANT, ACTIVITY = "answer.", "bant.", "activity."
FREE, CORPORATE = "free", "corporate"
ACTIVITIES = ("contacted", "call", "consultation", "qualified", "purchase", "rejected", "returned")
"""What may happen to a sold lead: outcomes told by its buyer, and a return that was accepted."""

_OF_FIELD = {
    "choice": CHOICE, "integer": NUMBER, "money": MONEY, "date": DATE, "boolean": FLAG, "country": TEXT, "region": TEXT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing a rule may look at. `choices` is None where the list is open or no list."""

    code: str
    kind: str
    choices: tuple[str, ...] | None = None

    @property
    def key(self) -> str:
        """The name under which facts hold it: an answer by its own name, everything else behind an @."""
        return self.code.removeprefix(ANSWER) if self.code.startswith(ANSWER) else f"@{self.code}"


_OF_EVERY_LEAD = (
    *(Subject(f"{BANT}{letter}", CHOICE, (CONFIRMED, DENIED, UNKNOWN)) for letter in LETTERS),
    Subject("mail", CHOICE, (CORPORATE, FREE)),
    Subject("phone", MARK),
    Subject("channels", NUMBER),
    Subject("completeness", NUMBER),
    Subject("consent", MARK),
    Subject("age", AGE),
    Subject("channel", CHOICE, tuple(CHANNELS)),
    Subject("source", TEXT),
    Subject("sub_id", TEXT),
    Subject("country", TEXT),
    Subject("region", TEXT),
    Subject("language", TEXT),
    *(Subject(f"{ACTIVITY}{kind}", MARK) for kind in ACTIVITIES),
)

AGENCY_ONLY = frozenset({"source", "sub_id"})
"""Subjects whose values are the agency's own business: a buyer sees that such a rule counted, not what it says."""


def subjects(vertical: Vertical) -> dict[str, Subject]:
    """Everything a rule of this vertical may look at, by code, in the order of a form."""
    answers = []
    for field in vertical.fields:
        kind = HIDDEN if field.is_personal else _OF_FIELD.get(field.type, HIDDEN)
        choices = tuple(choice.value for choice in field.choices) or None
        answers.append(Subject(f"{ANSWER}{field.name}", kind, choices if kind == CHOICE else None))
    return {one.code: one for one in (*answers, *_OF_EVERY_LEAD)}


def is_of_the_moment(code: str) -> bool:
    """Whether this subject changes after the enquiry: its age, and what happened since."""
    return code == "age" or code.startswith(ACTIVITY)
