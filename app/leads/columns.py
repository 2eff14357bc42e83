"""From a file's columns to a lead's facts: suggests where each column goes and checks where a person sent it.

Invariant: each target is suggested at most once, and below `SURE` nothing is mapped: it is only a guess to show.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from app.leads.problems import N_
from app.leads.spelling import plain, words
from app.leads.targets import CONTACTS_IN_A_ROW, Known, Target, canonical, known_targets, targets
from app.leads.value_patterns import look_of, share
from app.leads.verticals import Vertical

__all__ = ["SURE", "MappingProblem", "Suggestion", "Target", "check_mapping", "suggest", "targets"]

SURE = 80
REASONS: Mapping[str, str] = {
    "same_name": N_("The heading has the same name."),
    "similar_name": N_("The heading has a similar name."),
    "same_name_and_values": N_("The heading and the values fit."),
    "values": N_("The values look like it."),
    "nothing": N_("Neither the heading nor the values are known."),
}
MAPPING_PROBLEMS: Mapping[str, str] = {
    "unknown_target": N_("There is no such field in this upload."),
    "target_twice": N_("Two columns go to the same field."),
    "name_twice": N_("A full name and its parts cannot both be mapped for one contact."),
    "required_missing": N_("This field is required, and no column goes to it."),
    "not_for_all_rows": N_("This field cannot have one value for all rows."),
    "not_its_value": N_("The value for all rows is none that this field takes."),
    "not_a_full_name": N_("Only a full name that a column goes to can be split."),
    "unknown_order": N_("Choose one of the orders in which names are written."),
    "not_a_date": N_("Only a date that a column goes to has an order of day and month."),
    "unknown_date_order": N_("Say whether the day or the month comes first."),
    "no_channel": N_("Map at least one column to a phone or an e-mail."),
}
_TELLING_KINDS = {"phone": 85, "email": 88}
_WEAKEST_GUESS = 40
_TYPO = 0.84
_CONTACT_WORDS = ("contact", "контакт", "kontakt")
_ORDINALS = frozenset("123456789")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a column should go; `target` is None unless we are sure, `guess` is what it might be."""

    column: int
    target: str | None
    confidence: int
    reason: str
    guess: str | None = None


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """Why a mapping cannot be used: `code` is a key of `MAPPING_PROBLEMS`."""

    code: str
    target: str | None = None
    column: int | None = None

    @property
    def message(self) -> str:
        """The sentence in English."""
        return MAPPING_PROBLEMS[self.code]


def suggest(
    headers: Sequence[str],
    sample_rows: Sequence[Sequence[str]],
    vertical: Vertical,
    lead_type: str,
    country: str = "UA",
) -> list[Suggestion]:
    """One suggestion a column, by the heading's words in any of our languages and by what the values look like."""
    known = known_targets(vertical, lead_type)
    count = max([len(headers), *(len(row) for row in sample_rows)], default=0)
    scored = []
    for column in range(count):
        header = headers[column] if column < len(headers) else ""
        values = [row[column] for row in sample_rows if column < len(row)]
        for rank, one in enumerate(known):
            confidence, reason = _score(header, values, one, vertical, country)
            if confidence >= _WEAKEST_GUESS:
                scored.append((-confidence, column, rank, one.target.name, reason))
    return _assign(sorted(scored), count)


def check_mapping(
    mapping: Mapping[int, str], vertical: Vertical, lead_type: str, given: Collection[str] = ()
) -> list[MappingProblem]:
    """What keeps a mapping from being used; `given` names targets with one value for the whole upload."""
    known = {target.name: target for target in targets(vertical, lead_type)}
    problems: list[MappingProblem] = []
    seen: dict[str, int] = {}
    for column, name in sorted((column, canonical(name)) for column, name in mapping.items()):
        if name not in known:
            problems.append(MappingProblem("unknown_target", name, column))
        elif name in seen:
            problems.append(MappingProblem("target_twice", name, column))
        seen.setdefault(name, column)
    problems.extend(_twofold_names(seen))
    problems.extend(
        MappingProblem("required_missing", name)
        for name, target in known.items()
        if target.is_required and name not in seen and name not in given
    )
    if not any(known[name].kind in _TELLING_KINDS for name in seen if name in known):
        problems.append(MappingProblem("no_channel"))
    return problems


def _twofold_names(seen: Mapping[str, int]) -> list[MappingProblem]:
    numbers = range(1, CONTACTS_IN_A_ROW + 1)
    whole = [f"contact_{number}" for number in numbers if f"contact_{number}_name" in seen]
    parts = ((one, f"{one}_{part}") for one in whole for part in ("first_name", "last_name"))
    return [MappingProblem("name_twice", f"{one}_name", seen[part]) for one, part in parts if part in seen]


def _assign(scored: Sequence[tuple[int, int, int, str, str]], count: int) -> list[Suggestion]:
    """The best pairs first, each column and each target once."""
    chosen: dict[int, Suggestion] = {}
    taken: set[str] = set()
    for negative, column, _, name, reason in scored:
        if column in chosen or name in taken:
            continue
        taken.add(name)
        is_sure = -negative >= SURE
        chosen[column] = Suggestion(column, name if is_sure else None, -negative, reason, name)
    return [chosen.get(column, Suggestion(column, None, 0, "nothing")) for column in range(count)]


def _score(
    header: str, values: Sequence[str], known: Known, vertical: Vertical, country: str
) -> tuple[int, str]:
    """How sure we are, from 0 to 100, that a column is this target."""
    by_name = _by_header(header, known)
    kind = known.target.kind
    look = look_of(kind, known.target.name, vertical, country)
    fitting = share(values, look) if look is not None else None
    if by_name == 0:
        sure = _TELLING_KINDS.get(kind, 0)
        is_like = fitting is not None and fitting >= 0.8 and known.contact == 1 and sure > 0
        return (sure, "values") if is_like else (0, "nothing")
    reason = "same_name" if by_name >= 95 else "similar_name"
    if fitting is None:
        return by_name, reason
    if fitting >= 0.8:
        return min(100, by_name + 6), "same_name_and_values"
    return (by_name - 35 if fitting < 0.3 else by_name - 10), reason


def _by_header(header: str, known: Known) -> int:
    """The best agreement of the heading with any name of the target; the contact's number must agree too."""
    said = words(header)
    if known.contact:
        number = next((int(word) for word in said if word in _ORDINALS), 1)
        if number != known.contact:
            return 0
        said = [word for word in said if word not in _ORDINALS]
        said = [word for word in said if not word.startswith(_CONTACT_WORDS)] or said
    return max((_agreement(tuple(said), name) for name in known.words), default=0)


@lru_cache(maxsize=50_000)
def _agreement(said: tuple[str, ...], name: str) -> int:
    """100 for the same words, 95 for the same in short or with a typing slip, less when the heading says more."""
    wanted = _words_of(name)
    if not said or not wanted:
        return 0
    if said == wanted or plain("".join(said)) == plain("".join(wanted)):
        return 100
    left = list(said)
    for word in wanted:
        match = next((other for other in left if _is_like(word, other)), None)
        if match is None:
            return 0
        left.remove(match)
    return 95 if not left else round(60 + 32 * len(wanted) / len(said))


@lru_cache(maxsize=5_000)
def _words_of(name: str) -> tuple[str, ...]:
    return tuple(words(name))


def _is_like(wanted: str, said: str) -> bool:
    """The same word, its beginning of three letters or more, or a typing slip in a longer word."""
    if wanted == said:
        return True
    shorter, longer = sorted((wanted, said), key=len)
    if len(shorter) >= 3 and longer.startswith(shorter):
        return True
    if len(shorter) < 5 or len(longer) - len(shorter) > 2 or shorter[0] != longer[0]:
        return False
    return SequenceMatcher(None, wanted, said).ratio() >= _TYPO
