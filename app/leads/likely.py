"""Which of some allowed values a person most probably meant."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from app.leads.spelling import plain

LIKE = 0.6


def likely(written: str, options: Sequence[tuple[str, str]]) -> str:
    """The value whose own word or label is most like what was written; empty when none is much like it."""
    wanted = plain(written)
    if not wanted:
        return ""
    best = max(
        ((_likeness(wanted, word), value) for value, label in options for word in (value, label)),
        default=(0.0, ""),
    )
    return best[1] if best[0] >= LIKE else ""


def _likeness(wanted: str, word: str) -> float:
    plain_word = plain(word)
    if plain_word and (wanted.startswith(plain_word) or plain_word.startswith(wanted)):
        return 0.9
    return SequenceMatcher(None, wanted, plain_word).ratio()
