"""Why a row of a file became no lead, in the reader's language.

Invariant: every code that is stored with a row has one sentence here; what is stored is the code, never the sentence.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.leads import duplicates
from app.leads.allowed_values import said
from app.leads.duplicates_elsewhere import ELSEWHERE
from app.leads.problems import SENTENCES, Problem
from app.leads.resting import AWAITING_CONFIRMATION
from app.leads.suppressed import SUPPRESSED
from app.leads.verticals import Vertical
from tenants.language import N_, say

UNKNOWN_ADDRESSEE = "unknown_addressee"
OTHERS = "others"
"""The key under which the further problems of a row stand beside the first one's parameters."""

_OF_THE_FIELD = frozenset({"allowed", "days", "expected", "high", "limit", "low"})

REASONS: Mapping[str, str] = {
    **SENTENCES,
    duplicates.IN_FILE: N_("The same phone or e-mail stands further up in this file."),
    duplicates.IN_STOCK: N_("You have a lead with the same phone or e-mail from the last 90 days."),
    duplicates.EXTERNAL_ID: N_("You have a lead with the same ID of your own."),
    ELSEWHERE: N_("This person is known on the platform already."),
    SUPPRESSED: N_("This person stands on a list of people who are not to be contacted."),
    AWAITING_CONFIRMATION: N_("The person has not confirmed their address yet."),
    "basis_not_allowed": N_("Its legal basis does not cover passing it on."),
    "older_version": N_("It came in under an older version of its vertical, which did not ask for this."),
    UNKNOWN_ADDRESSEE: N_("You have no addressee with this name, domain or ID, or several."),
}


def with_others(problems: Sequence[Problem], columns: Mapping[str, str]) -> dict[str, Any]:
    """The first problem's parameters and, beside them, the other problems; `columns` is target → heading."""
    first, *others = problems
    rest = [[columns.get(one.target or "", one.target), one.code, dict(one.params)] for one in others]
    return {**first.params, **({OTHERS: rest} if rest else {})}


def same_for_all(params: Mapping[str, Any]) -> dict[str, Any]:
    """Of one row's parameters those that every row with the same problem in the same column has."""
    return {name: value for name, value in params.items() if name in _OF_THE_FIELD}


def explain(
    language: str,
    code: str,
    column: str | None,
    params: Mapping[str, Any],
    vertical: Vertical | None = None,
) -> str:
    """Everything wrong with a row, one sentence a problem, each led by the column it is about.

    Allowed values stand there by the labels of the `vertical`; without one by their codes.
    """
    found = [(column, code, params), *params.get(OTHERS, ())]
    return " ".join(_sentence(language, about, what, told, vertical) for about, what, told in found)


def _sentence(
    language: str, column: str | None, code: str, params: Mapping[str, Any], vertical: Vertical | None
) -> str:
    if vertical is not None and "allowed" in params:
        params = {**params, "allowed": said(vertical, language, str(params["allowed"]))}
    words = say(language, REASONS[code]) % params
    return f"{column}: {words}" if column else words
