"""A lead as a program sends it, with answers and BANT in boxes of their own, laid out as `intake.take` reads it. Pure.

Invariant: nothing that was sent is dropped: what has no place here is handed on under its own name and becomes a
problem of that lead.
"""

from collections.abc import Mapping

from app.leads.problems import Problem, shown
from app.leads.qualification import LETTERS
from app.leads.unsafe_text import is_storable, without_unsafe

FACTS = (
    "external_id", "enquired_at", "country", "region", "postcode", "language", "sub_id", "temperature", "consent_at",
    "consent_origin", "addressee",
    "ip", "ip_country", "trustedform_url", "jornaya_id",
)  # fmt: skip
LONGEST_NAME = 100


def laid_out(sent: Mapping[str, object]) -> dict[str, object]:
    """Targets and fields by name, people under `contacts`."""
    laid: dict[str, object] = {}
    for name, value in sent.items():
        if name == "contacts":
            laid[name] = value if value is not None else []
        elif name == "answers" and isinstance(value, Mapping):
            laid |= {_name(key): one for key, one in value.items() if key not in (*FACTS, "contacts")}
            laid |= {f"answers.{key}": one for key, one in value.items() if key in (*FACTS, "contacts")}
        elif name == "bant" and isinstance(value, Mapping):
            laid |= {
                f"bant_{key}" if key in LETTERS else f"bant.{_name(key)}": one for key, one in value.items()
            }
        elif value is not None or name not in (*FACTS, "answers", "bant"):
            laid[name if name in FACTS else f"lead.{_name(name)}"] = value
    return laid


def faults(sent: Mapping[str, object]) -> tuple[Problem, ...]:
    """What keeps a lead from being laid out at all: a box that is none, a text that cannot be stored."""
    boxes = [
        Problem(name, "not_an_object", value=shown(sent[name]))
        for name in ("answers", "bant")
        if sent.get(name) is not None and not isinstance(sent[name], Mapping)
    ]
    broken = [
        Problem(_name(name), "unstorable_text") for name, one in sent.items() if not is_storable([name, one])
    ]
    return (*boxes, *broken)


def own_id(sent: Mapping[str, object]) -> str | None:
    """The sender's own id of a lead, as it is stored, to find it again in the answer."""
    given = sent.get("external_id")
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return str(without_unsafe(given)) if isinstance(given, str) and given else None


def _name(given: object) -> str:
    return str(without_unsafe(str(given)))[:LONGEST_NAME]
