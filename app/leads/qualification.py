"""How ripe an enquiry is: BANT answers give temperature and stage.

Invariant: only a confirmed answer counts; what an agency claims about temperature is never evidence. SAL is not set
here: only a buyer's accepted first contact sets it, on the buyer's own copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.leads.cells import read_boolean
from app.leads.problems import Unreadable
from app.leads.spelling import plain

CONFIRMED, DENIED, UNKNOWN = "confirmed", "denied", "unknown"
LETTERS = ("budget", "authority", "need", "timeline")
TEMPERATURES = ("cold", "warm", "hot")
_ANSWER_OF_LETTER = {answer[0]: answer for answer in (CONFIRMED, DENIED, UNKNOWN)}
_TEMPERATURE_WORDS: Mapping[str, tuple[str, ...]] = {
    "cold": ("cold", "холодний", "холодна", "zimny", "холодный", "холодная"),
    "warm": ("warm", "теплий", "тепла", "ciepły", "тёплый", "теплый", "тёплая", "теплая"),
    "hot": ("hot", "гарячий", "гаряча", "gorący", "горячий", "горячая"),
}
_ANSWER_WORDS: Mapping[str, tuple[str, ...]] = {
    CONFIRMED: ("confirmed", "підтверджено", "potwierdzone", "подтверждено"),
    DENIED: ("denied", "заперечено", "відсутній", "brak", "отрицается", "отсутствует"),
    UNKNOWN: ("unknown", "невідомо", "nieznane", "неизвестно", "?"),
}
_TEMPERATURE_OF = {plain(word): key for key, known in _TEMPERATURE_WORDS.items() for word in known}
_ANSWER_OF = {plain(word): key for key, known in _ANSWER_WORDS.items() for word in known}


@dataclass(frozen=True, slots=True)
class Bant:
    """What is known of budget, authority, need and timeline: each confirmed, denied or unknown."""

    budget: str = UNKNOWN
    authority: str = UNKNOWN
    need: str = UNKNOWN
    timeline: str = UNKNOWN

    @property
    def confirmed_count(self) -> int:
        """How many of the four are confirmed."""
        return (self.budget, self.authority, self.need, self.timeline).count(CONFIRMED)

    @property
    def code(self) -> str:
        """The four answers as letters in the order B, A, N, T: `c`onfirmed, `d`enied, `u`nknown."""
        return "".join(answer[0] for answer in (self.budget, self.authority, self.need, self.timeline))

    @classmethod
    def of_code(cls, code: str) -> "Bant":
        """The answers a code stands for. Raises `KeyError` for letters that are none."""
        budget, authority, need, timeline = (_ANSWER_OF_LETTER[letter] for letter in code)
        return cls(budget, authority, need, timeline)


@dataclass(frozen=True, slots=True)
class Qualification:
    """Temperature (cold, warm, hot), stage (RQL, MQL, SQL), and whether NEED or AUTHORITY is still missing."""

    temperature: str
    stage: str
    is_flagged: bool = False


_BY_COUNT: Mapping[int, tuple[str, str]] = {
    0: ("cold", "RQL"),
    1: ("cold", "RQL"),
    2: ("warm", "MQL"),
    3: ("warm", "MQL"),
    4: ("hot", "SQL"),
}


def qualify(bant: Bant) -> Qualification:
    """The qualification that follows from the answers alone; the flag marks a marketing-qualified lead only."""
    temperature, stage = _BY_COUNT[bant.confirmed_count]
    is_missing = bant.need != CONFIRMED or bant.authority != CONFIRMED
    return Qualification(temperature, stage, stage == "MQL" and is_missing)


@lru_cache(maxsize=256)
def read_temperature(text: str) -> str:
    """A temperature in any of our languages as cold, warm or hot. Raises `Unreadable`."""
    found = _TEMPERATURE_OF.get(plain(text))
    if found is None:
        raise Unreadable("unknown_temperature")
    return found


@lru_cache(maxsize=256)
def read_answer(text: str) -> str:
    """A BANT answer in any of our languages; yes is confirmed and no is denied. Raises `Unreadable`."""
    found = _ANSWER_OF.get(plain(text))
    if found is not None:
        return found
    try:
        return CONFIRMED if read_boolean(text) else DENIED
    except Unreadable:
        raise Unreadable("unknown_answer") from None
