"""A person's way through a form: what is asked next, what is wrong, when it is finished. Pure.

Invariants: what is known is never asked, except when the person wants to change it; going back checks nothing and loses
nothing; the last step is only finished when every step is sound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.leads.forms import counting, progress
from app.leads.forms.answers import AGREED, NOT_AGREED, problems
from app.leads.forms.origin import taken
from app.leads.forms.progress import Progress
from app.leads.forms.published import LiveForm
from app.leads.problems import Problem
from tenants.language import N_

FASTEST, LONGEST = timedelta(seconds=2), timedelta(hours=24)
LONGEST_ANSWER = 2_000
NOTICES: Mapping[str, str] = {
    counting.TOO_FAST: N_("That was very quick. Please look at your answers once more and send them again."),
    counting.TOO_OLD: N_("This page was open for a long time. Your answers are kept: please send them again."),
    counting.TOO_MANY: N_("Too many requests came from here just now. Your answers are kept: please try again in ten minutes."),
    "wrong": N_("Please look at the marked answers."),
}  # fmt: skip
"""Why a page is shown again, by kind."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The page to show: the step stands in `progress`; `notice` says why it is shown again."""

    progress: Progress
    problems: Mapping[str, Problem] = field(default_factory=dict)
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """Every step is sound: to be received."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Trapped:
    """A program filled the field that people do not see: it is thanked, and nothing else happens."""


def enter(form: LiveForm, language: str, query: Mapping[str, str], at: datetime) -> Progress:
    """The form opened by an address: what its query says of the person is known, where it is sound."""
    given = {name: query[name].strip() for name in form.spec.asked if query.get(name, "").strip()}
    wrong = problems(form.spec, given, given, form.agency.time_zone, at)
    known = {name: text for name, text in given.items() if name not in wrong}
    fresh = progress.begin(form.version, language, at)
    entered = replace(fresh, known=known, origin=taken(query), is_embedded=query.get("embed") == "1")
    return replace(entered, step=_next(form, entered, -1))


def names_of(form: LiveForm, at: Progress) -> tuple[str, ...]:
    """The questions of the step that is shown: those whose answers are not known."""
    return tuple(name for name in form.spec.steps[at.step] if name not in at.known)


def is_last(form: LiveForm, at: Progress) -> bool:
    """Whether this step ends with sending."""
    return _next(form, at, at.step) == at.step


def before(form: LiveForm, at: Progress) -> int | None:
    """The step to go back to."""
    return next((step for step in range(at.step - 1, -1, -1) if _is_open(form, at, step)), None)


def proceed(
    form: LiveForm, came: Progress, posted: Mapping[str, str], at: datetime
) -> Shown | Finished | Trapped:
    """What follows when the page of a step was sent."""
    if posted.get(came.trap):
        return Trapped()
    now = _with_answers(form, came, posted)
    deed, _, name = posted.get("do", "").partition(":")
    if at - came.started_at > LONGEST or came.started_at > at:
        renewed = replace(now, started_at=at)
        return Shown(renewed, notice=counting.TOO_OLD)
    if deed == "change" and name in now.known:
        return Shown(_asked_again(form, now, name))
    back = before(form, now)
    if deed == "back" and back is not None:
        return Shown(replace(now, step=back))
    wrong = _wrong(form, now, names_of(form, now), at)
    if wrong:
        return Shown(now, wrong, "wrong")
    if not is_last(form, now):
        return Shown(replace(now, step=_next(form, now, now.step)))
    return _finished(form, now, at)


def at_problems(form: LiveForm, at: Progress, wrong: Mapping[str, Problem]) -> Shown:
    """The first step with a problem; an answer that came with the address is asked for after all."""
    known = {name: text for name, text in at.known.items() if name not in wrong}
    answers = {**at.answers, **{name: at.known[name] for name in wrong if name in at.known}}
    steps = form.spec.steps
    first = next((i for i, step in enumerate(steps) if set(step) & wrong.keys()), len(steps) - 1)
    return Shown(replace(at, known=known, answers=answers, step=first), wrong, "wrong")


def _finished(form: LiveForm, now: Progress, at: datetime) -> Shown | Finished:
    """The whole form once more: a page may have been sent out of order."""
    wrong = _wrong(form, now, form.spec.asked, at)
    if wrong:
        return at_problems(form, now, wrong)
    if at - now.started_at < FASTEST:
        return Shown(now, notice=counting.TOO_FAST)
    return Finished(now)


def _wrong(form: LiveForm, now: Progress, names: tuple[str, ...], at: datetime) -> dict[str, Problem]:
    wrong = problems(form.spec, names, now.values, form.agency.time_zone, at)
    if is_last(form, now) and form.spec.consent(now.language) and AGREED not in now.answers:
        wrong[AGREED] = Problem(AGREED, NOT_AGREED)
    return wrong


def _with_answers(form: LiveForm, came: Progress, posted: Mapping[str, str]) -> Progress:
    """What the page says in place of what was said before; an answer left out is taken back."""
    asked = {*names_of(form, came), *([AGREED] if is_last(form, came) else [])}
    kept = {name: text for name, text in came.answers.items() if name not in asked}
    said = {name: posted.get(name, "").strip()[: LONGEST_ANSWER + 1] for name in asked}
    return replace(came, answers={**kept, **{name: text for name, text in said.items() if text}})


def _asked_again(form: LiveForm, now: Progress, name: str) -> Progress:
    known = {one: text for one, text in now.known.items() if one != name}
    step = next(i for i, names in enumerate(form.spec.steps) if name in names)
    return replace(now, known=known, answers={**now.answers, name: now.known[name]}, step=step)


def _next(form: LiveForm, at: Progress, step: int) -> int:
    """The next step with anything to ask; the last one is always shown, for the consent and the button."""
    last = len(form.spec.steps) - 1
    open_ones = (one for one in range(step + 1, last + 1) if _is_open(form, at, one))
    return next(open_ones, max(step, 0) if step >= 0 else last)


def _is_open(form: LiveForm, at: Progress, step: int) -> bool:
    return any(name not in at.known for name in form.spec.steps[step])
