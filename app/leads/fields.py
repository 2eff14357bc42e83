"""The typed fields of a vertical: what a value may be, who may see it, and how coarse a preview shows it.

Invariant: free text and web addresses are always personal and never searched or previewed; a personal field is
previewed only as a band of it, and the band alone is public.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from app.leads import cells, countries, moments, regions
from app.leads.problems import Unreadable
from app.leads.spelling import plain

Value = str | int | bool
Reader = Callable[[str], Value]
TYPES = frozenset(
    {"text", "integer", "money", "boolean", "choice", "date", "postcode", "region", "country", "url"}
)
FREE_TEXT = frozenset({"text", "url"})
LONGEST_TEXT = 2000
_REMEMBERED = 1024
_BANDED = frozenset({"integer", "money", "date", "postcode"})


class VerticalFileError(ValueError):
    """A vertical's definition breaks a rule of its own; it is a fault of the file, found when it is loaded."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a value is read against: the lead's country, the upload's currency, the day no birth lies after, and the fields
    whose dates have the month first."""

    country: str
    currency: str
    today: date | None = None
    month_first: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value with its labels by language and further spellings."""

    value: str
    labels: Mapping[str, str]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One question a vertical asks of a lead."""

    name: str
    type: str
    labels: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    is_required: bool = False
    is_personal: bool = False
    is_searchable: bool = False
    is_previewed: bool = False
    choices: tuple[Choice, ...] = ()
    bands: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Lower bounds of bands in whole units; by currency for money, under "" for numbers."""
    low: int | None = None
    high: int | None = None
    date_band: str = "decade"
    is_past: bool = False
    spellings: Mapping[str, str] = field(default_factory=dict)

    def label(self, language: str) -> str:
        """The question in a language; English for one we do not speak."""
        return self.labels.get(language, self.labels["en"])

    @property
    def is_banded(self) -> bool:
        """Whether a preview shows only roughly what was answered."""
        return self.type in _BANDED

    def band(self, value: Value, setting: Setting) -> Value | None:
        """What a preview may show of a value: the value itself if it is closed, else its band, else nothing."""
        if not self.is_banded:
            return value
        if self.type == "date":
            return _date_band(str(value), self.date_band)
        if self.type == "postcode":
            return regions.of_postcode(str(value), setting.country)
        return self._number_band(int(value), setting.currency)

    def _number_band(self, value: int, currency: str) -> str | None:
        is_money = self.type == "money"
        bounds = self.bands.get(currency if is_money else "")
        if not bounds:
            return None
        whole = cells.in_whole_units(value, currency) if is_money else value
        place = bisect_right(bounds, whole)
        if place == 0:
            return f"<{bounds[0]}"
        return f"{bounds[place - 1]}+" if place == len(bounds) else f"{bounds[place - 1]}-{bounds[place] - 1}"


def check(one: Field) -> None:
    """Raises `VerticalFileError` when a field would let free text or an exact personal value out."""
    shows = one.is_previewed or one.is_searchable
    rules = (
        (one.type in TYPES, "its type is unknown"),
        (set(one.labels) >= set(countries.LANGUAGES), "a label is missing in one of the languages"),
        (one.type not in FREE_TEXT or one.is_personal, "free text may hold anything, so it must be personal"),
        (one.type not in FREE_TEXT or not shows, "free text is never previewed or searched"),
        (
            one.type != "postcode" or one.is_personal,
            "a postcode is a place to find somebody, so it is personal",
        ),
        (not (one.is_personal and shows) or one.type in _BANDED, "a personal value is shown only as a band"),
        (not shows or one.type not in {"integer", "money"} or bool(one.bands), "a shown number needs bands"),
        (one.date_band in {"decade", "year", "month"}, "its date band is unknown"),
        (not one.is_personal or one.date_band == "decade", "a personal date is shown by decade only"),
        ((one.type == "choice") == bool(one.choices), "a choice, and only a choice, lists choices"),
        (all(sorted(set(b)) == list(b) for b in one.bands.values()), "its bands do not rise"),
    )
    for is_kept, sentence in rules:
        if not is_kept:
            raise VerticalFileError(f"field {one.name}: {sentence}")


def reader(one: Field, setting: Setting) -> Reader:
    """The function that reads this field's text; it raises `Unreadable`. It remembers what it read of late."""
    makers: Mapping[str, Reader] = {
        "text": _read_text,
        "integer": lambda text: _within(one, cells.read_integer(text)),
        "money": lambda text: cells.read_money(text, setting.currency),
        "boolean": cells.read_boolean,
        "choice": lambda text: _read_choice(one, text),
        "date": lambda text: _read_date(one, text, setting),
        "postcode": lambda text: regions.postcode(text, setting.country),
        "region": lambda text: regions.find(text, setting.country),
        "country": countries.country_code,
        "url": cells.read_url,
    }
    read = makers[one.type]
    return read if one.type in FREE_TEXT else lru_cache(maxsize=_REMEMBERED)(read)


def spellings(choices: tuple[Choice, ...]) -> dict[str, str]:
    """Every spelling of every choice, as it is and plain, to its value; the first choice wins."""
    found: dict[str, str] = {}
    for choice in choices:
        for word in (choice.value, *choice.labels.values(), *choice.aliases):
            found.setdefault(word, choice.value)
            found.setdefault(plain(word), choice.value)
    return found


def _read_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Unreadable("too_long", limit=LONGEST_TEXT)
    return text


def _within(one: Field, number: int) -> int:
    low = one.low if one.low is not None else 0
    high = one.high if one.high is not None else 10**9
    if not low <= number <= high:
        raise Unreadable("out_of_range", low=low, high=high)
    return number


def _read_choice(one: Field, text: str) -> str:
    value = one.spellings.get(text) or one.spellings.get(plain(text))
    if value is None:
        raise Unreadable("not_a_choice", allowed=", ".join(choice.value for choice in one.choices))
    return value


def _read_date(one: Field, text: str, setting: Setting) -> str:
    day = moments.read_date(text, one.name in setting.month_first, is_past=one.is_past)
    if one.is_past and setting.today is not None and day > setting.today:
        raise Unreadable("in_future")
    low, high = one.low or 1900, one.high or 2100
    if not low <= day.year <= high:
        raise Unreadable("date_out_of_range", low=low, high=high)
    return day.isoformat()


def _date_band(iso: str, kind: str) -> str:
    day = date.fromisoformat(iso)
    if kind == "month":
        return f"{day.year}-{day.month:02}"
    decade = day.year // 10 * 10
    return str(day.year) if kind == "year" else f"{decade}-{decade + 9}"
