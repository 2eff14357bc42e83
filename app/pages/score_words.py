"""Scores for people: what a rule looks at and says, in the reader's language, and a "why" as plain rows for a page.

Invariant: of a rule about the agency's own sources a buyer reads that it counted, never what it says.
"""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app import formats
from app.leads.channels import CHANNELS
from app.leads.scoring.conditions import Condition
from app.leads.scoring.subjects import (
    ACTIVITY,
    AGENCY_ONLY,
    ANSWER,
    AT_LEAST,
    AT_MOST,
    BETWEEN,
    PRESENT,
    Subject,
    subjects,
)
from app.leads.scoring.why import Why
from app.leads.verticals import Vertical
from app.pages.fact_words import answer
from app.pages.trade_words import language, region_name, territory, tongue, yes_no

pages = Blueprint("score_words", __name__)

GROUP_WORDS = {
    "answers": _l("Answers"),
    "contact": _l("Contact"),
    "ripeness": _l("Ripeness"),
    "origin": _l("Origin"),
    "activity": _l("Activity"),
}
KIND_WORDS = {"weight": _l("Counts"), "must": _l("Must be met"), "exclude": _l("Excludes")}
OP_WORDS = {
    "is": _l("is"),
    "one_of": _l("is one of"),
    "at_least": _l("is at least"),
    "at_most": _l("is at most"),
    "between": _l("lies between"),
    "present": _l("is there"),
}
_SUBJECT_WORDS = {
    "bant.budget": _l("Budget (BANT)"),
    "bant.authority": _l("Authority (BANT)"),
    "bant.need": _l("Need (BANT)"),
    "bant.timeline": _l("Timeline (BANT)"),
    "mail": _l("E-mail address"),
    "phone": _l("Phone number"),
    "channels": _l("Ways to reach the person"),
    "completeness": _l("Optional answers given, of 100"),
    "consent": _l("Proof of consent"),
    "age": _l("Days since the enquiry"),
    "channel": _l("Channel"),
    "source": _l("Source"),
    "sub_id": _l("Sub-ID"),
    "country": _l("Country"),
    "region": _l("Region"),
    "language": _l("Language"),
    "activity.contacted": _l("Contacted by the buyer"),
    "activity.call": _l("Call with the buyer"),
    "activity.consultation": _l("Consultation with the buyer"),
    "activity.qualified": _l("Qualified by the buyer"),
    "activity.purchase": _l("Bought from the buyer"),
    "activity.rejected": _l("Rejected by the buyer"),
    "activity.returned": _l("Returned by the buyer"),
}
_VALUE_WORDS = {
    "corporate": _l("of a company"),
    "free": _l("of a free provider"),
    "confirmed": _l("confirmed"),
    "denied": _l("denied"),
    "unknown": _l("unknown"),
}
GRADE_LOOKS = {"A": "ok", "B": "info", "C": "warn", "D": "bad"}


@pages.app_template_filter()
def group_word(name: str) -> str:
    """A group of rules in words."""
    return str(GROUP_WORDS.get(name, name))


@pages.app_template_filter()
def trait_kind(kind: str) -> str:
    """What a trait of the profile does, in words."""
    return str(KIND_WORDS.get(kind, kind))


@pages.app_template_filter()
def grade_look(grade: str | None) -> str:
    """How a grade looks."""
    return GRADE_LOOKS.get(grade or "", "quiet")


def subject_word(code: str, vertical: Vertical) -> str:
    """What a rule looks at, in words: a question of the vertical or a thing known of every lead."""
    if code.startswith(ANSWER):
        name = code.removeprefix(ANSWER)
        return next((one.label(language()) for one in vertical.fields if one.name == name), name)
    return str(_SUBJECT_WORDS.get(code, code))


def value_word(subject: Subject, value: Any, vertical: Vertical, sources: Mapping[str, str]) -> str:
    """A value of a condition in words."""
    code = subject.code
    if code.startswith(ANSWER):
        field = next(one for one in vertical.fields if one.name == code.removeprefix(ANSWER))
        if field.type in ("choice", "country", "region"):
            return answer(field, value, "")
    tellers: dict[str, Callable[[], str]] = {
        "channel": lambda: CHANNELS[value].label(language()) if value in CHANNELS else value,
        "source": lambda: sources.get(value, _("a source that is gone")),
        "country": lambda: territory(value),
        "region": lambda: region_name(value),
        "language": lambda: tongue(value),
    }
    if code in tellers:
        return str(tellers[code]())
    if isinstance(value, bool):
        return yes_no(value)
    return formats.number(value) if isinstance(value, int) else str(_VALUE_WORDS.get(value, value))


def condition_words(when: Condition, vertical: Vertical, sources: Mapping[str, str] | None = None) -> str:
    """A condition in one line; without `sources` the reader is a buyer, who does not learn about them."""
    subject = subjects(vertical)[when.subject]
    if sources is None and when.subject in AGENCY_ONLY:
        return str(_("A rule of the agency about its own source"))
    name = subject_word(when.subject, vertical)
    if when.op == PRESENT:
        if when.subject.startswith(ACTIVITY):
            return name
        return str(_("%(what)s is there", what=name))
    told = [value_word(subject, value, vertical, sources or {}) for value in when.values]
    money = f" {when.currency}" if when.currency else ""
    if when.op == AT_LEAST:
        return str(_("%(what)s: at least %(value)s", what=name, value=told[0] + money))
    if when.op == AT_MOST:
        return str(_("%(what)s: at most %(value)s", what=name, value=told[0] + money))
    if when.op == BETWEEN:
        return f"{name}: {told[0]}–{told[1]}{money}"
    return f"{name}: {', '.join(told)}"


def why_rows(why: Why, sources: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A why as a page shows it: groups with their rules in words, and the traits of the profile."""
    vertical = why.vertical
    groups = [
        {
            "name": group_word(group.name),
            "points": _points(group.counts),
            "limit": _limit(group.sum, group.cap, group.floor) if group.is_capped else "",
            "rules": [
                {
                    "words": condition_words(one.rule.when, vertical, sources),
                    "points": _points(one.points),
                    "faded": _faded(one.rule.points, one.rule.half_life_days, one.age_days),
                }
                for one in group.rules
            ],
        }
        for group in why.groups
    ]
    traits = [
        {
            "words": condition_words(one.when, vertical, sources),
            "kind": trait_kind(one.kind),
            "weight": one.weight or "",
            "look": "ok" if has != (one.kind == "exclude") else "quiet" if one.weight else "bad",
            "has": yes_no(has),
        }
        for one, has in why.traits
    ]
    return {"why": why, "groups": groups, "traits": traits}


def _points(points: float) -> str:
    shown = round(points, 1)
    return f"{'+' if shown > 0 else '−' if shown < 0 else ''}{formats.number(abs(shown))}"


def _limit(total: float, cap: int, floor: int) -> str:
    limit = cap if total > cap else floor
    return str(_("%(sum)s, limited to %(limit)s", sum=_points(total), limit=_points(limit)))


def _faded(points: int, half_life: int | None, age_days: float) -> str:
    if half_life is None:
        return ""
    days = ngettext("half of it fades in %(num)s day", "half of it fades in %(num)s days", half_life)
    age = formats.number(round(age_days, 1))
    return str(
        _("%(points)s at first, %(half)s; %(age)s days ago", points=_points(points), half=days, age=age)
    )
