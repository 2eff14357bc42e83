"""A lead as a program sends it, with answers and BANT in boxes of their own, laid out as `intake.take` reads it. Pure.

Invariant: nothing that was sent is dropped: what has no place here is handed on under its own name and becomes a
problem of that lead.
"""

from collections.abc import Mapping

from app.leads.qualification import LETTERS
from app.leads.unsafe_text import without_unsafe

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


def own_id(sent: Mapping[str, object]) -> str | None:
    """The sender's own id of a lead, to find it again in the answer."""
    given = sent.get("external_id")
    return str(without_unsafe(given)) if isinstance(given, str) and given else None


def _name(given: object) -> str:
    return str(without_unsafe(str(given)))[:LONGEST_NAME]
