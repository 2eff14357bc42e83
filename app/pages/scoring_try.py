"""The test box of the rules: a lead made up in a form, or one of the agency's own, scored before anything is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.leads import countries
from app.leads.channels import CHANNELS
from app.leads.fields import Setting
from app.leads.scoring.facts import Known, Place, Told
from app.leads.scoring.points import Events, Scorer
from app.leads.scoring.subjects import ACTIVITIES, ACTIVITY, CORPORATE, FREE
from app.leads.scoring.why import explain
from app.leads.verticals import Attributes, Vertical
from app.market.lead_score import lead_facts
from app.pages import query
from app.pages.fact_words import preview_options
from app.pages.score_words import subject_word, why_rows
from app.pages.trade_words import language

TRY = "try-"
"""Before the names of the form, so that a field of the vertical cannot meet another."""
_LONGEST_AGE = 3_650


@dataclass(frozen=True, slots=True)
class Trial:
    """The lead that is tried; `problem` says why there is none."""

    known: Known | None
    age_days: float
    events: Events
    at: datetime
    lead_id: str = ""
    problem: str = ""


def trial(session: Session, tenant_id: UUID, kind: Vertical, at: datetime) -> Trial:
    """The lead that the address asks to try. Raises `NotFound` for a lead that is not the agency's."""
    asked = request.args.get("lead", "")
    if asked:
        known, age, events = lead_facts(session, tenant_id, query.one_id(asked), at)
        return Trial(known, age, events, at, asked)
    if request.args.get("made") != "1":
        return Trial(None, 0.0, {}, at)
    country = request.args.get(f"{TRY}country", "UA")
    typed = {one.name: request.args.get(f"{TRY}{one.name}", "").strip() for one in kind.fields}
    setting = Setting(country, countries.currency_of(country) or "EUR", at.date())
    read = kind.read({name: value for name, value in typed.items() if value}, setting)
    answers: Mapping[str, Any] = {}
    has: tuple[str, ...] = ()
    if isinstance(read, Attributes):
        answers, has = read.public, tuple(read.personal)
    elif wrong := [one for one in read if one.code != "missing"]:
        field = next(one for one in kind.fields if one.name == wrong[0].target)
        return Trial(
            None, 0.0, {}, at, problem=_("%(field)s: this cannot be read.", field=field.label(language()))
        )
    else:
        return Trial(None, 0.0, {}, at, problem=_("Fill in the answers that every lead must have."))
    optional = [one.name for one in kind.fields if not one.is_required]
    filled = 100 * sum(name in answers or name in has for name in optional) // max(len(optional), 1)
    return Trial(Known(answers, _told(filled, has), _bant(), _place(country)), _number("age"), _events(), at)


def outcome(
    tried: Trial, scorer: Scorer, saved: Scorer | None, sources: Mapping[str, str]
) -> dict[str, Any] | None:
    """The score under these rules and why; under the saved ones too, when others are being tried."""
    if tried.problem:
        return {"problem": tried.problem}
    if tried.known is None:
        return None
    why = explain(scorer, tried.known, tried.at, tried.age_days, tried.events)
    before = saved.rate(tried.known, tried.age_days, tried.events) if saved else None
    return {
        "rows": why_rows(why, sources),
        "before": before,
        "lead_id": tried.lead_id,
        "problem": "",
    }


def fields(kind: Vertical, sources: Mapping[str, str]) -> list[dict[str, Any]]:
    """The fields of the form: the vertical's own questions, then what is known of every lead."""
    asked = [
        _field(
            one.name,
            one.label(language()),
            preview_options(one, "") if one.type in ("choice", "boolean") else None,
        )
        for one in kind.fields
    ]
    confirmed = [("c", _("confirmed")), ("d", _("denied"))]
    known = [
        _field("country", _("Country"), [(code, code) for code in ("UA", "PL", "DE")]),
        _field(
            "mail", _("E-mail address"), [(CORPORATE, _("of a company")), (FREE, _("of a free provider"))]
        ),
        _field("phone", _("Phone number"), [("1", _("is there"))]),
        *[_field(f"bant_{letter}", subject_word(f"bant.{letter}", kind), confirmed) for letter in _BANT],
        _field("channel", _("Channel"), [(one.code, one.label(language())) for one in CHANNELS.values()]),
        _field("source", _("Source"), list(sources.items())),
        _field("consent", _("Proof of consent"), [("1", _("is there"))]),
        _field("age", _("Days since the enquiry"), None),
        _field(
            "event",
            _("What became of it"),
            [(one, subject_word(f"{ACTIVITY}{one}", kind)) for one in ACTIVITIES],
        ),
    ]
    return asked + known


_BANT = ("budget", "authority", "need", "timeline")


def _field(name: str, label: str, options: list[tuple[str, str]] | None) -> dict[str, Any]:
    full = f"{TRY}{name}"
    return {"name": full, "label": label, "options": options, "value": request.args.get(full, "")}


def _told(completeness: int, has: tuple[str, ...]) -> Told:
    mail, has_phone = request.args.get(f"{TRY}mail", ""), request.args.get(f"{TRY}phone") == "1"
    kind = mail if mail in (CORPORATE, FREE) else None
    return Told(kind, has_phone, int(has_phone) + (kind is not None), completeness, has)


def _bant() -> str:
    given = [request.args.get(f"{TRY}bant_{letter}", "") for letter in _BANT]
    return "".join(one if one in ("c", "d") else "u" for one in given)


def _place(country: str) -> Place:
    channel, source = (request.args.get(f"{TRY}{name}", "") for name in ("channel", "source"))
    is_proven = request.args.get(f"{TRY}consent") == "1"
    return Place(country, channel=channel, source=source, is_proven=is_proven)


def _events() -> Events:
    happened = request.args.get(f"{TRY}event", "")
    return {happened: 0.0} if happened in ACTIVITIES else {}


def _number(name: str) -> float:
    try:
        return min(max(float(request.args.get(f"{TRY}{name}", "") or 0), 0.0), _LONGEST_AGE)
    except ValueError:
        return 0.0
