"""The rules of a mail connection and their test box: a sample is pasted, or the newest mail taken, and the rules tried."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from app.formats import moment
from app.guard import actor, allow, session
from app.incoming import bodies, connections
from app.incoming.connections import Connection
from app.incoming.documents import MAIL, parsed
from app.incoming.mail.mail import Mail, read_pasted
from app.incoming.paths import Paths
from app.incoming.rehearse import Trial, rehearse, suggestion
from app.pages.audience import only_for
from app.pages.connection_words import place_word, rule_kinds, target_words
from app.pages.form_errors import form_errors
from tenants import clock
from tenants.errors import Invalid, NotFound
from tenants.permissions import Permission

pages = Blueprint("mail_rules", __name__, url_prefix="/connections")

OWN_ROWS, FIXED_ROWS = 3, 3
LONGEST_SAMPLE = 200_000
TIMES = ("enquired_at", "consent_at")


@dataclass(frozen=True)
class _Sample:
    mail: Mail
    received_at: datetime
    pasted: str = ""


@pages.get("/<uuid:connection_id>/rules")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def show(connection_id: UUID) -> str:
    """The rules beside the newest mail; suggestions where there are none yet."""
    found = _connection(connection_id)
    return _page(found, found.mapped, _sample(found), {})


@pages.post("/<uuid:connection_id>/rules")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def change(connection_id: UUID) -> Any:
    """Try the rules; keep them too when asked to."""
    actor().demand(Permission.CONTACT_READ)
    found, typed = _connection(connection_id), _typed()
    sample = _sample(found)
    try:
        rules = connections.demand_rules(found, typed.paths, typed.constants)
        if request.form.get("do") == "save":
            connections.map_paths(session(), actor(), connection_id, typed.paths, typed.constants)
    except Invalid as refused:
        return _page(found, typed, sample, form_errors(refused)), refused.status
    return _page(found, rules, sample, {}, is_saved=request.form.get("do") == "save")


def _connection(connection_id: UUID) -> Connection:
    found = connections.get(session(), actor().card().id, connection_id)
    if found.kind != MAIL:
        raise NotFound
    return found


def _sample(found: Connection) -> _Sample | None:
    pasted = request.form.get("sample", "")[:LONGEST_SAMPLE]
    if pasted.strip():
        return _Sample(read_pasted(pasted), clock.now(), pasted)
    newest = bodies.last(session(), actor().card().id, found.id)
    mail = parsed(newest[0], newest[1]) if newest else None
    return _Sample(mail, newest[2]) if newest and isinstance(mail, Mail) else None


def _typed() -> Paths:
    form = request.form
    shown = zip(form.getlist("place"), form.getlist("target"), strict=False)
    kinds, names = form.getlist("own_kind"), form.getlist("own_name")
    own = zip(kinds, names, form.getlist("own_target"), strict=False)
    paths = {place: target for place, target in shown if place and target}
    paths |= {f"{kind}.{name.strip()}": target for kind, name, target in own if name.strip() and target}
    fixed = zip(form.getlist("fixed_target"), form.getlist("fixed_value"), strict=False)
    return Paths(paths, {target: value.strip() for target, value in fixed if target and value.strip()})


def _page(
    found: Connection, rules: Paths, sample: _Sample | None, errors: dict[str, str], *, is_saved: bool = False
) -> str:
    labels = target_words(found.facts)
    trial = _tried(found, Paths() if errors else rules, sample)
    guessed = suggestion(found, sample.mail) if sample and not rules.paths and not errors else {}
    chosen = dict(rules.paths) or guessed
    places = trial.places if trial else {}
    return render_template(
        "connections/mail_rules.html",
        row=found,
        rows=[(place, place_word(place), *_seen(place, trial, chosen)) for place in _each(places, chosen)],
        own=[("label", "", "")] * OWN_ROWS,
        kinds=rule_kinds(),
        fixed=[*rules.constants.items(), *([("", "")] * FIXED_ROWS)][
            : max(FIXED_ROWS, len(rules.constants) + 1)
        ],
        targets=list(labels.items()),
        labels=labels,
        sample=sample,
        is_guess=bool(guessed),
        is_saved=is_saved,
        trial=trial,
        **_outcome(trial, labels, rules),
        errors=errors,
        crumbs=[
            {"label": _("Connections"), "href": url_for("connections.index")},
            {"label": found.name, "href": url_for("connections.one", connection_id=found.id)},
            {"label": _("Rules"), "href": None},
        ],
    )


def _tried(found: Connection, rules: Paths, sample: _Sample | None) -> Trial | None:
    return rehearse(session(), actor(), found, sample.mail, rules, sample.received_at) if sample else None


def _each(places: Mapping[str, str], chosen: Iterable[str]) -> list[str]:
    """The rules first, then what else the sample has."""
    return [*chosen, *(place for place in places if place not in chosen)]


def _seen(place: str, trial: Trial | None, chosen: Mapping[str, str]) -> tuple[str, str | None]:
    seen = (trial.found.get(place) or trial.places.get(place, "")) if trial else ""
    return seen, chosen.get(place)


def _shown(value: object, *, is_time: bool) -> object:
    """A value as the pages write it; a time that cannot be read as it stands."""
    try:
        at = datetime.fromisoformat(str(value)) if is_time and value else None
    except ValueError:
        return value
    return moment(at) if at and at.tzinfo else value


def _outcome(trial: Trial | None, labels: Mapping[str, str], rules: Paths) -> dict[str, Any]:
    """What would come out: a lead with its values, or a table of several with what would become of each."""
    if trial is None or trial.became is None:
        return {"lead": [], "leads": [], "columns": []}
    known = dict.fromkeys(name for lead in trial.leads for name in lead)
    names = [name for name in known if not trial.became.rows or name in rules.paths.values()]
    rows = zip(trial.became.rows or (trial.became,), trial.leads, strict=True)
    leads = [
        (number, became, [_shown(lead.get(name), is_time=name in TIMES) for name in names])
        for number, (became, lead) in enumerate(rows, 1)
    ]
    words = [labels.get(name, name) for name in names]
    return {
        "lead": list(zip(words, leads[0][2], strict=True)),
        "leads": leads,
        "columns": [{"label": word} for word in words],
    }
