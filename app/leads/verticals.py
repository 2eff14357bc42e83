"""Kinds of leads: each vertical with its typed fields, versioned, read from the files beside this module.

Invariant: a version once published keeps its meaning, so every old lead stays readable; what is public holds no free
text and no exact personal value, and a preview is made of public values alone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from app.leads import fields
from app.leads.countries import LANGUAGES
from app.leads.duplicate_rule import USUAL, DuplicateRule, read_rule
from app.leads.fields import Choice, Field, Setting, Value, VerticalFileError
from app.leads.flag_words import FLAGS
from app.leads.problems import Problem, Unreadable
from tenants.errors import Refused
from tenants.language import N_

_FOLDER = Path(__file__).parent / "verticals"
RESERVED = frozenset({"currency"})
"""Public keys that are no fields: the currency of all money of the lead."""


class UnknownVertical(Refused):
    """There is no vertical with this code and version."""

    status, code = 422, "unknown_vertical"


@dataclass(frozen=True, slots=True)
class Attributes:
    """A lead's answers: `public` may be searched and, banded, previewed; `personal` is only ever stored encrypted."""

    public: dict[str, Value]
    personal: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Screening:
    """Which flags keep a lead of this kind out, and which make it wait until somebody has looked."""

    rejects: frozenset[str] = frozenset()
    quarantines: frozenset[str] = frozenset()

    def refused(self, flags: tuple[str, ...]) -> list[str]:
        """The flags for which a lead is rejected."""
        return [one for one in flags if one in self.rejects]

    def waits_for(self, flags: tuple[str, ...]) -> list[str]:
        """The flags for which a lead waits in quarantine."""
        return [one for one in flags if one in self.quarantines]


@dataclass(frozen=True, eq=False)
class Vertical:
    """One version of a kind of lead."""

    code: str
    version: int
    names: Mapping[str, str]
    is_b2b: bool
    demands_consent: bool
    lead_days: int
    fields: tuple[Field, ...]
    screening: Screening = Screening()
    duplicates: DuplicateRule = USUAL

    @property
    def key(self) -> str:
        """`code@version`, as a lead remembers it."""
        return f"{self.code}@{self.version}"

    def name(self, language: str) -> str:
        """Its name in a language; English for one we do not speak."""
        return self.names.get(language, self.names["en"])

    def read(self, values: Mapping[str, str], setting: Setting) -> Attributes | tuple[Problem, ...]:
        """Reads every answer or names everything that is wrong; money is minor units of `setting.currency`."""
        readers = _readers(self, setting)
        public: dict[str, Value] = {}
        personal: dict[str, Value] = {}
        problems: list[Problem] = []
        for name, text in values.items():
            known = readers.get(name)
            if known is None:
                problems.append(Problem(name, "unknown_field"))
                continue
            try:
                value = known[1](text)
            except Unreadable as answer:
                problems.append(answer.problem(name, text))
                continue
            one = known[0]
            if one.is_personal:
                personal[name] = value
                _put_band(public, one, value, setting)
            else:
                public[name] = value
            if one.type == "money":
                public["currency"] = setting.currency
        problems.extend(Problem(name, "missing") for name in _required(self) if name not in values)
        return tuple(problems) if problems else Attributes(public, personal)


def preview(vertical: Vertical, public: Mapping[str, Value]) -> dict[str, Value]:
    """What a buyer may see before buying: closed values as they are, numbers and dates as bands."""
    currency = str(public.get("currency", ""))
    shown: dict[str, Value] = {}
    for one, is_open in _previewed(vertical):
        found = public.get(one.name)
        if found is None:
            continue
        value = one.band(found, Setting("", currency)) if is_open else found
        if value is not None:
            shown[one.name] = value
            if one.type == "money":
                shown["currency"] = currency
    return shown


def get(code: str, version: int | None = None) -> Vertical:
    """A vertical by code, or by `code@version`; the newest version unless one is named. Raises `UnknownVertical`."""
    bare, _, asked = code.partition("@")
    if asked.isdecimal():
        version = int(asked)
    versions = _shipped().get(bare, {})
    found = versions.get(version if version is not None else max(versions, default=0))
    if found is None:
        raise UnknownVertical(N_("There is no vertical “%(vertical)s”."), vertical=code, version=version)
    return found


def current() -> tuple[Vertical, ...]:
    """The newest version of every vertical, by code."""
    return tuple(versions[max(versions)] for _, versions in sorted(_shipped().items()))


def load(folder: Path) -> dict[str, dict[int, Vertical]]:
    """All verticals of a folder by code and version. Raises `VerticalFileError` when a file breaks a rule."""
    loaded: dict[str, dict[int, Vertical]] = {}
    for path in sorted(folder.glob("*.toml")):
        vertical = _vertical(tomllib.loads(path.read_text("utf-8")))
        if path.name != f"{vertical.code}.{vertical.version}.toml":
            raise VerticalFileError(f"{path.name}: the file must be named code.version.toml")
        loaded.setdefault(vertical.code, {})[vertical.version] = vertical
    return loaded


@cache
def _shipped() -> dict[str, dict[int, Vertical]]:
    return load(_FOLDER)


@lru_cache(maxsize=32)
def _readers(vertical: Vertical, setting: Setting) -> Mapping[str, tuple[Field, fields.Reader]]:
    return {one.name: (one, fields.reader(one, setting)) for one in vertical.fields}


@cache
def _previewed(vertical: Vertical) -> tuple[tuple[Field, bool], ...]:
    """The fields a preview shows, each with whether it shows a band of the value; of personal ones only the band is public."""
    return tuple((one, one.is_banded and not one.is_personal) for one in vertical.fields if one.is_previewed)


@cache
def _required(vertical: Vertical) -> tuple[str, ...]:
    return tuple(one.name for one in vertical.fields if one.is_required)


def _put_band(public: dict[str, Value], one: Field, value: Value, setting: Setting) -> None:
    """Of a personal value only its band may become public, and only when the field is shown at all."""
    if one.is_previewed or one.is_searchable:
        band = one.band(value, setting)
        if band is not None:
            public[one.name] = band


def _vertical(entry: Mapping[str, Any]) -> Vertical:
    asked = tuple(_field(one) for one in entry["fields"])
    names = [one.name for one in asked]
    if len(set(names)) < len(names) or RESERVED & set(names):
        raise VerticalFileError(f"{entry['code']}: a field is named twice or has a reserved name")
    return Vertical(
        code=entry["code"],
        version=entry["version"],
        names=_texts(entry["names"]),
        is_b2b=entry["is_b2b"],
        demands_consent=entry["demands_consent"],
        lead_days=entry.get("lead_days", 30),
        fields=asked,
        screening=_screening(entry.get("screening", {})),
        duplicates=_duplicates(entry.get("duplicates", {})),
    )


def _duplicates(entry: Mapping[str, Any]) -> DuplicateRule:
    try:
        return read_rule(entry)
    except (ValueError, KeyError, TypeError) as wrong:
        raise VerticalFileError(f"duplicates: {wrong}") from wrong


def _screening(entry: Mapping[str, Any]) -> Screening:
    unknown = {*entry.get("reject", ()), *entry.get("quarantine", ())} - set(FLAGS)
    if unknown:
        raise VerticalFileError(f"screening: nothing is flagged as {', '.join(sorted(unknown))}")
    return Screening(frozenset(entry.get("reject", ())), frozenset(entry.get("quarantine", ())))


def _field(entry: Mapping[str, Any]) -> Field:
    choices = tuple(
        Choice(one["value"], _texts(one["labels"]), tuple(one.get("aliases", ())))
        for one in entry.get("choices", ())
    )
    one = Field(
        name=entry["name"],
        type=entry["type"],
        labels=_texts(entry["labels"]),
        aliases=tuple(entry.get("aliases", ())),
        is_required=entry.get("required", False),
        is_personal=entry.get("personal", False),
        is_searchable=entry.get("searchable", False),
        is_previewed=entry.get("preview", False),
        choices=choices,
        bands={key: tuple(bounds) for key, bounds in entry.get("bands", {}).items()},
        low=entry.get("low"),
        high=entry.get("high"),
        date_band=entry.get("date_band", "decade"),
        is_past=entry.get("is_past", False),
        spellings=fields.spellings(choices),
    )
    fields.check(one)
    return one


def _texts(texts: list[str]) -> Mapping[str, str]:
    if len(texts) != len(LANGUAGES):
        raise VerticalFileError(f"{texts}: a text is needed in each of {', '.join(LANGUAGES)}")
    return dict(zip(LANGUAGES, texts, strict=True))
