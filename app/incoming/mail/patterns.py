"""A sentence with a gap, by which a value is found in a mail: `Budget: {value} EUR`. Pure.

Invariant: there is nothing in it but words and gaps, so a search takes time in proportion to the line, whoever wrote it.
"""

import re

from tenants.errors import Invalid
from tenants.language import N_

VALUE, ANYTHING = "{value}", "{any}"
LONGEST, MOST_GAPS, LEAST_WORDS = 150, 6, 2
_GAPS = re.compile(r"(\{[^{}]*\})")


def demand_pattern(pattern: str) -> None:
    """Raises `Invalid` unless there is one `{value}`, no unknown gap, and words to find it by."""
    pieces = _GAPS.split(pattern)
    gaps = pieces[1::2]
    words = "".join("".join(pieces[::2]).split())
    if pieces[1::2].count(VALUE) != 1:
        raise Invalid(N_("A sentence needs exactly one {value}: the place where the value stands."))
    is_strange = any(gap not in (VALUE, ANYTHING) for gap in gaps) or set("{}") & set(words)
    if is_strange or len(gaps) > MOST_GAPS or "" in [one.strip() for one in pieces[2:-1:2]]:
        raise Invalid(N_("A sentence may hold only {value} and {any} in braces, with words between them."))
    if len(words) < LEAST_WORDS or len(pattern) > LONGEST:
        raise Invalid(N_("A sentence needs at least two letters beside {value}, and at most 150."))


def find(pattern: str, line: str) -> str | None:
    """What stands in the gap `{value}` of a line; None when the line does not fit."""
    pieces = _GAPS.split(" ".join(pattern.split()))
    line = " ".join(line.split())
    small = _small(line)
    at = small.find(_small(pieces[0].strip()))
    if at < 0:
        return None
    at += len(pieces[0].strip())
    for gap, words in zip(pieces[1::2], pieces[2::2], strict=True):
        literal = _small(words.strip())
        end = small.find(literal, at) if literal else len(line)
        if end < 0:
            return None
        if gap == VALUE:
            found = line[at:end].strip()
        at = end + len(literal)
    return found or None


def _small(text: str) -> str:
    """In small letters, as long as it was."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(one.lower()[:1] for one in text)
