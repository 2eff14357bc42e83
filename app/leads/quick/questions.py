"""What quick entry asks of one lead, in the order it is typed: the person, the vertical's fields, the place, the BANT.

Invariant: a question has the name of the target of `app.leads.targets` that its answer becomes, but for the person,
whose channels go into the contact set.
"""

from dataclasses import dataclass
from functools import lru_cache

from app.leads.fields import Choice
from app.leads.forms import questions as of_forms
from app.leads.qualification import CONFIRMED, DENIED, LETTERS, UNKNOWN
from app.leads.verticals import Vertical

PERSON = ("name", "phone", "email", "messenger", "role")
PLACE = ("region", "postcode")
BANT = tuple(f"bant_{letter}" for letter in LETTERS)
BANT_ANSWERS = (CONFIRMED, DENIED, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line to type; `labels` are the vertical's own, empty for what every lead is asked."""

    name: str
    kind: str
    labels: dict[str, str]
    is_required: bool = False
    choices: tuple[Choice, ...] = ()


@lru_cache(maxsize=64)
def asked(vertical: Vertical, *, asks_bant: bool = False) -> tuple[Asked, ...]:
    """Every question in order."""
    known = of_forms.questions(vertical)
    person = [Asked(name, known[name].kind, {}) for name in PERSON if name in known]
    own = [
        Asked(one.name, one.kind, dict(one.labels), one.is_locked, one.choices)
        for one in known.values()
        if one.is_own
    ]
    place = [Asked(name, known[name].kind, {}) for name in PLACE]
    bant = [Asked(name, "bant", {}) for name in BANT] if asks_bant else []
    return (*person, *own, *place, *bant)
