"""A form's step as its template draws it: every question with its words, its kind of input and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel import Locale

from app.leads import countries, regions
from app.leads.forms import walk
from app.leads.forms.answers import AGREED, SAID
from app.leads.forms.progress import Progress
from app.leads.forms.published import LiveForm
from app.leads.forms.questions import Question, questions
from app.leads.forms.words import say
from app.leads.problems import Problem
from app.market.form_leads import Page
from tenants.language import N_

TONGUES = {"en": "English", "uk": "Українська", "pl": "Polski", "ru": "Русский"}
"""The languages forms speak, by their own names."""
FEW = 6
"""So many answers stand side by side; more go into a list."""
_LONG = frozenset({"comment", "message", "note", "notes", "description"})
_INPUTS: Mapping[str, tuple[str, str]] = {
    "phone": ("tel", "tel"), "email": ("email", "email"), "integer": ("text", "numeric"),
    "money": ("text", "decimal"), "date": ("date", ""), "url": ("url", "url"), "postcode": ("text", ""),
}  # fmt: skip
"""Kind of question → type and inputmode of its input."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it stands on the page."""

    name: str
    label: str
    look: str
    """input, area, radios or list."""
    type: str
    inputmode: str
    autocomplete: str
    choices: tuple[tuple[str, str], ...]
    value: str
    is_required: bool
    error: str
    unit: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step."""

    asked: tuple[Asked, ...]
    known: tuple[tuple[str, str, str], ...]
    """Name, label and value of what came with the address."""
    number: int
    count: int
    is_last: bool
    has_back: bool
    notice: str
    is_alarm: bool
    carried: str
    trap: str
    consent: str
    is_agreed: bool
    agreed_error: str
    is_embedded: bool
    tongues: tuple[tuple[str, str], ...]


def words(language: str) -> dict[str, Any]:
    """The translator under which these templates draw: the form's language, not the browser's."""

    def translate(sentence: str, **values: object) -> str:
        return say(language, sentence, **values)

    return {"_": translate}


def of_page(page: Page, is_embedded: bool) -> StepView:
    """The step that a page shows."""
    form, at, wrong = page.form, page.shown.progress, page.shown.problems
    spec, is_last = form.spec, walk.is_last(form, at)
    known = questions(spec.kind)
    notice = walk.NOTICES.get(page.shown.notice, "")
    return StepView(
        asked=tuple(_asked(form, at, known[name], wrong.get(name)) for name in walk.names_of(form, at)),
        known=tuple(
            (name, known[name].label(at.language), _shown_value(form, known[name], at)) for name in at.known
        ),
        number=at.step + 1,
        count=len(spec.steps),
        is_last=is_last,
        has_back=walk.before(form, at) is not None,
        notice=say(at.language, notice) if notice else "",
        is_alarm=page.shown.notice == "wrong",
        carried=page.carried,
        trap=at.trap,
        consent=page.consent if is_last else "",
        is_agreed=AGREED in at.answers,
        agreed_error=_sentence(at.language, wrong.get(AGREED)),
        is_embedded=is_embedded,
        tongues=tuple((code, TONGUES[code]) for code in spec.languages) if not at.step else (),
    )


def _asked(form: LiveForm, at: Progress, one: Question, problem: Problem | None) -> Asked:
    spec, language = form.spec, at.language
    choices = _choices(form, one, language)
    look = "input"
    if choices:
        look = "radios" if len(choices) <= FEW else "list"
    elif one.name in _LONG:
        look = "area"
    kind, mode = _INPUTS.get(one.kind, ("text", ""))
    return Asked(
        name=one.name,
        label=one.label(language),
        look=look,
        type=kind,
        inputmode=mode,
        autocomplete=one.autocomplete,
        choices=choices,
        value=at.values.get(one.name, ""),
        is_required=spec.is_required(one.name),
        error=_sentence(language, problem),
        unit=(countries.currency_of(spec.country) or "EUR") if one.kind == "money" else "",
    )


def _choices(form: LiveForm, one: Question, language: str) -> tuple[tuple[str, str], ...]:
    if one.kind == "choice":
        return tuple(
            (choice.value, choice.labels.get(language, choice.labels["en"])) for choice in one.choices
        )
    if one.kind == "boolean":
        return (("yes", say(language, _YES)), ("no", say(language, _NO)))
    if one.kind == "region":
        found = regions.of_country(form.spec.country).values()
        return tuple(sorted(((one.code, one.name(language)) for one in found), key=lambda pair: pair[1]))
    if one.kind == "country":
        names = Locale.parse(language).territories
        return tuple(
            sorted(((c, n) for c, n in names.items() if len(c) == 2 and c.isalpha()), key=lambda p: p[1])
        )
    return ()


def _shown_value(form: LiveForm, one: Question, at: Progress) -> str:
    value = at.known[one.name]
    return dict(_choices(form, one, at.language)).get(value, value)


def _sentence(language: str, problem: Problem | None) -> str:
    if problem is None:
        return ""
    return say(language, SAID.get(problem.code, walk.NOTICES["wrong"]), **problem.params)


_YES, _NO = N_("Yes"), N_("No")
