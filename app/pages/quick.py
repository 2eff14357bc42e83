"""Quick entry: leads typed in one after another, by keyboard; the same form with a script and without one.

Invariant: whatever the script does, the server takes an entry by the same deed as a plain form, once for its id, and only
from the person it was typed by.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from app.body_size import takes_body
from app.errors import wants_json
from app.guard import actor, allow, session
from app.leads import consents
from app.leads.contacts import MOST_CONTACTS
from app.leads.intake_facts import demand_sound
from app.leads.quick import choice as choices
from app.leads.quick.choice import Choice
from app.leads.quick.own_stock import look_up
from app.market.quick_entry import AnothersEntry, Entered, Entry, EntryRefused, EntryReused, choose, enter
from app.market.quick_undo import last_entries, stored_since, undo
from app.pages import quick_view, trade_words
from app.pages.audience import only_for
from app.pages.days import start_of
from app.pages.form_errors import form_errors
from app.pages.intake_form import offered_facts, typed_facts
from app.pages.quick_view import PREFIX
from tenants import clock
from tenants.errors import Invalid, NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission

pages = Blueprint("quick", __name__, url_prefix="/leads/quick")

_LARGEST_BYTES = 100_000


@pages.get("")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def index() -> Any:
    """The empty form, or first the choice of what is typed in."""
    choice = choices.remembered(session(), actor())
    if choice is None:
        return redirect(url_for("quick.setup"))
    try:
        demand_sound(session(), actor().card().id, choice.facts)
    except Refused as refused:
        return _setup(choice, form_errors(refused))
    return _form(choice)


@pages.route("/setup", methods=("GET", "POST"))
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def setup() -> Any:
    """Choose what is typed in: source, kind, terms."""
    if request.method == "GET":
        return _setup(choices.remembered(session(), actor()), {})
    try:
        choose(session(), actor(), _choice())
    except NotFound:
        raise
    except Refused as refused:
        return _setup(None, form_errors(refused)), refused.status
    return redirect(url_for("quick.index"), 303)


@pages.post("")
@takes_body(_LARGEST_BYTES)
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def store() -> Any:
    """Store one entry. A program's form gets what became of it; a plain one the next empty form.

    Asked for one more person, it stores nothing and shows the same form with their lines.
    """
    choice = _choice()
    if "more" in request.form:
        return _form(choice, _typed(), entry_id=request.form.get("entry_id"), has_more=True)
    try:
        _demand_own()
        entered = enter(session(), actor(), _entry(choice), clock.now())
    except EntryRefused as refused:
        return _refused(choice, refused, quick_view.said(refused.problems, choice))
    except NotFound:
        raise
    except Refused as refused:
        return _refused(choice, refused, {"form": form_errors(refused).get("form") or _said(refused)})
    if wants_json():
        return jsonify({"result": entered.result.value, "last": _last()})
    flash(*_told(entered))
    return _form(choice, _kept())


@pages.post("/<uuid:entry_id>/undo")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def take_back(entry_id: UUID) -> Any:
    """Take one's own entry back while it is unsold."""
    undo(session(), actor(), entry_id, clock.now())
    if wants_json():
        return jsonify({"last": _last()})
    flash(_("The entry is taken back."), "ok")
    return redirect(url_for("quick.index"), 303)


@pages.post("/known")
@takes_body(_LARGEST_BYTES)
@allow(Permission.CONTACT_READ)
@only_for("agency")
def known() -> Response:
    """Whether the agency has this phone or e-mail in its own stock already; what of it is none."""
    found = look_up(session(), actor(), request.form.get("written", ""), typed_facts())
    words = ""
    if found.unreadable:
        words = _("Not a valid number or address: %(which)s", which=", ".join(found.unreadable)[:200])
    return jsonify({
        "wrong": words,
        "had": render_template("quick/_had.html", had=found.had) if found.had else "",
    })  # fmt: skip


@pages.get("/who")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def who() -> Response:
    """Who is logged in now, and a fresh token: asked by a page that was open for long."""
    return jsonify({"owner": _owner(), "csrf": generate_csrf()})


def _owner() -> str:
    return f"{choices.person_of(actor())}.{actor().card().id}"


def _demand_own() -> None:
    if request.form.get("owner", "") != _owner():
        raise AnothersEntry(N_("This was typed while somebody else was logged in. Nothing was stored."))


def _choice() -> Choice:
    form = request.form
    return Choice(
        facts=typed_facts(),
        is_offered="is_offered" in form,
        asks_bant="asks_bant" in form,
        consent_origin=form.get("consent_origin", "").strip(),
        sub_id=form.get("sub_id", "").strip(),
    )


def _entry(choice: Choice) -> Entry:
    form = request.form
    try:
        entry_id = UUID(form.get("entry_id", ""))
    except ValueError as wrong:
        raise Invalid(N_("This form is incomplete. Open the page again.")) from wrong
    return Entry(entry_id, choice, _typed(), "agreed" in form, _age())


def _typed() -> dict[str, str]:
    return {name.removeprefix(PREFIX): one for name, one in request.form.items() if name.startswith(PREFIX)}


def _age() -> timedelta:
    """How long the entry waited, by the browser's own clock, which may be wrong but is the same at both ends."""
    entered, sent = request.form.get("entered_at", ""), request.form.get("sent_at", "")
    if not entered and not sent:
        return timedelta()
    try:
        return datetime.fromisoformat(sent) - datetime.fromisoformat(entered)
    except (ValueError, TypeError) as wrong:
        raise Invalid(N_("This form is incomplete. Open the page again.")) from wrong


def _kept() -> dict[str, str]:
    """What was typed and pinned, for the next one."""
    typed = _typed()
    return {name: typed.get(name, "") for name in request.form.getlist("pin")}


def _told(entered: Entered) -> tuple[str, str]:
    told = {
        "accepted": (_("The lead is stored."), "ok"),
        "duplicate": (_("You have this person already; nothing was stored."), "warn"),
        "quarantined": (_("The lead waits in quarantine until somebody has looked at it."), "warn"),
    }
    return told[entered.result.value]


def _said(refused: Refused) -> str:
    return " ".join(dict.fromkeys(form_errors(refused).values()))


def _refused(choice: Choice, refused: Refused, errors: dict[str, str]) -> Any:
    if wants_json():
        told = {"result": "refused", "code": refused.code, "errors": errors}
        return make_response(jsonify({**told, "last": _last()}), refused.status)
    # the id of a stored lead is spent: what is typed now is another one
    again = None if isinstance(refused, EntryReused) else request.form.get("entry_id")
    return _form(choice, _typed(), errors, entry_id=again), refused.status


def _last() -> str:
    return render_template("quick/_last.html", **_entries())


def _entries() -> dict[str, Any]:
    today = start_of(clock.now().astimezone(ZoneInfo(actor().card().time_zone)).date())
    return {"last": last_entries(session(), actor()), "today": stored_since(session(), actor(), today)}


def _form(
    choice: Choice,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    entry_id: str | None = None,
    *,
    has_more: bool = False,
) -> str:
    facts, typed, errors = choice.facts, typed or {}, errors or {}
    tenant_id, pinned = actor().card().id, request.form.getlist("pin")
    try:
        lines = quick_view.lines(choice, typed, errors, pinned)
        people = quick_view.further_people(choice, typed, errors, has_more=has_more)
        blank = quick_view.blank_person(choice)
        text = consents.get(session(), tenant_id, facts.consent_text_id) if facts.consent_text_id else None
    except Refused:
        lines, people, blank, text = [], [], [], None
    return render_template(
        "quick/index.html",
        choice=choice,
        facts=facts,
        first=[one for one in lines if quick_view.is_of_person(one)],
        people=people,
        blank=blank,
        most_people=MOST_CONTACTS,
        lines=[one for one in lines if not quick_view.is_of_person(one)],
        consent=text,
        typed=typed,
        errors=errors,
        pinned=pinned,
        has_agreed=(bool(errors) or has_more) and "agreed" in request.form,
        entry_id=entry_id or str(uuid4()),
        owner=_owner(),
        words=quick_view.words(),
        may_look=actor().may(Permission.CONTACT_READ),
        summary=_summary(choice),
        crumbs=_crumbs(None),
        **_entries(),
    )


def _summary(choice: Choice) -> list[str]:
    """What is typed in, in a few words."""
    offered = offered_facts()
    named = [
        dict(offered["verticals"]).get(choice.facts.vertical, ""),
        dict(offered["sources"]).get(str(choice.facts.source_id), ""),
        dict(offered["addressees"]).get(str(choice.facts.addressee_id), ""),
        str(trade_words.WORDS["lead_type"].get(choice.facts.lead_type, "")),
        _("offered at once") if choice.is_offered else _("kept as drafts"),
    ]
    return [one for one in named if one]


def _setup(choice: Choice | None, errors: dict[str, str]) -> str:
    facts = choice.facts if choice else None
    return render_template(
        "quick/setup.html",
        form=request.form if request.method == "POST" else facts or {},
        choice=choice if choice or request.method == "GET" else _choice(),
        errors=errors,
        offered=offered_facts(),
        crumbs=_crumbs(_("What is typed in")),
    )


def _crumbs(last: str | None) -> list[dict[str, Any]]:
    first = {"label": _("Quick entry"), "href": url_for("quick.index") if last else None}
    return [first, {"label": last, "href": None}] if last else [first]
