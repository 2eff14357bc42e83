"""Where a tenant is told: destinations with their secrets and switches, the log of deliveries, tests and repeats."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.config import Settings
from app.delivery import destinations as list_of
from app.delivery import keeping, log
from app.delivery.addresses import Loopback, loopback_from
from app.delivery.destinations import NewDestination, find, send_test
from app.delivery.log import Wanted
from app.delivery.replay import ENDED
from app.guard import actor, allow, session
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from tenants import clock
from tenants.errors import Invalid, NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("destinations", __name__, url_prefix="/destinations")

PAGE = 50
EVENTS = {
    "company": ("sale.created", "sale.returned", "return.refused", "action.reported", "action.captured",
                "action.withdrawn", "action.disputed", "action.decided", "lead.reserved", "lead.consent_withdrawn",
                "lead.score_reached"),
    "agency": ("sale.created", "sale.returned", "return.claimed", "action.reported", "action.captured",
               "action.withdrawn", "action.disputed", "action.decided", "lead.declined",
               "lead.score_reached"),
}  # fmt: skip
"""What each kind of tenant may be told."""


@pages.get("")
@allow(Permission.DELIVERY_READ)
@only_for("agency", "company")
def index() -> str:
    """All destinations, and the latest deliveries of all of them."""
    tenant_id, states = actor().card().id, query.chosen("state", trade_words.WORDS["delivery"])
    rows, after = _deliveries(Wanted(states=states, before=_before(), limit=PAGE + 1))
    known = list_of.list_destinations(session(), tenant_id)
    return render_template(
        "destinations/index.html",
        destinations=known,
        names={one.id: one.name for one in known},
        deliveries=rows,
        after=after,
        is_filtered=bool(states),
        crumbs=[{"label": _("Destinations"), "href": None}],
    )


@pages.get("/new")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def new() -> str:
    """The form for a new one."""
    return _form({})


@pages.post("/new")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def create() -> Any:
    """Add a destination; a webhook's secret is shown on the answer and never again."""
    try:
        made = keeping.create(session(), actor(), _wanted(), clock.now(), loopback())
    except Refused as refused:
        return _form(form_errors(refused)), refused.status
    flash(_("Added. It is told what happens from now on."), "ok")
    if made.secret is None:
        return redirect(url_for("destinations.one", destination_id=made.destination.id), 303)
    return _one(made.destination.id, secret=made.secret)


@pages.get("/<uuid:destination_id>")
@allow(Permission.DELIVERY_READ)
@only_for("agency", "company")
def one(destination_id: UUID) -> str:
    """One destination with its log."""
    return _one(destination_id)


@pages.post("/<uuid:destination_id>/secret")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def rotate(destination_id: UUID) -> str:
    """A new secret, shown on the answer and never again."""
    return _one(destination_id, secret=keeping.rotate(session(), actor(), destination_id, clock.now()))


@pages.post("/<uuid:destination_id>/test")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def test(destination_id: UUID) -> Any:
    """Send a real, signed test; its page shows how it went."""
    delivery_id = send_test(session(), actor().card().id, destination_id)
    return redirect(url_for("destinations.delivery", delivery_id=delivery_id), 303)


@pages.post("/<uuid:destination_id>")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def change(destination_id: UUID) -> Any:
    """Rename, switch, or decide whether mails carry contacts."""
    deed, form, now = request.form.get("do"), request.form, clock.now()
    if deed in ("enable", "disable"):
        keeping.switch(session(), actor(), destination_id, now, on=deed == "enable")
    elif deed == "rename":
        keeping.rename(session(), actor(), destination_id, form.get("name", ""), now)
    elif deed == "contacts":
        keeping.allow_contacts(session(), actor(), destination_id, now, allowed=form.get("allowed") == "1")
    else:
        raise Invalid(_("Nothing was chosen."), fields={"do": "enable, disable, rename, contacts"})
    flash(_("Saved."), "ok")
    return redirect(url_for("destinations.one", destination_id=destination_id), 303)


@pages.post("/<uuid:destination_id>/delete")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def delete(destination_id: UUID) -> Any:
    """Delete for good; the log stays."""
    keeping.delete(session(), actor(), destination_id, clock.now())
    flash(_("Deleted. What waited for it was given up; its log stays."), "ok")
    return redirect(url_for("destinations.index"), 303)


@pages.get("/deliveries/<uuid:delivery_id>")
@allow(Permission.DELIVERY_READ)
@only_for("agency", "company")
def delivery(delivery_id: UUID) -> str:
    """One delivery with every attempt; it refreshes itself while it is under way."""
    found, attempts = log.find_delivery(session(), actor().card().id, delivery_id)
    known = {one.id: one for one in list_of.list_destinations(session(), actor().card().id)}
    return render_template(
        "destinations/delivery.html",
        row=found,
        attempts=attempts,
        destination=known.get(found.destination_id),
        has_ended=found.state in ENDED,
        crumbs=[
            {"label": _("Destinations"), "href": url_for("destinations.index")},
            {"label": trade_words.word(found.event_type, "event"), "href": None},
        ],
    )


@pages.post("/deliveries/<uuid:delivery_id>/replay")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def replay(delivery_id: UUID) -> Any:
    """Send it again."""
    log.find_delivery(session(), actor().card().id, delivery_id)
    keeping.send_again(session(), actor(), delivery_id, clock.now())
    return redirect(url_for("destinations.delivery", delivery_id=delivery_id), 303)


def _one(destination_id: UUID, secret: str | None = None) -> str:
    found = find(session(), actor().card().id, destination_id)
    rows, after = _deliveries(Wanted(destination_id=destination_id, before=_before(), limit=PAGE + 1))
    return render_template(
        "destinations/one.html",
        row=found,
        secret=secret,
        deliveries=rows,
        after=after,
        crumbs=[
            {"label": _("Destinations"), "href": url_for("destinations.index")},
            {"label": found.name, "href": None},
        ],
    )


def _form(errors: dict[str, str]) -> str:
    return render_template(
        "destinations/new.html",
        events=trade_words.words("event", *EVENTS[actor().card().kind]),
        form=request.form,
        errors=errors,
        may_contacts=actor().may(Permission.CONTACT_DELIVERY),
        crumbs=[
            {"label": _("Destinations"), "href": url_for("destinations.index")},
            {"label": _("New"), "href": None},
        ],
    )


def _wanted() -> NewDestination:
    form, kind = request.form, actor().card().kind
    chosen = [event for event in form.getlist("events") if event in EVENTS[kind]]
    return NewDestination(
        kind=form.get("kind", ""),
        name=form.get("name", ""),
        address=form.get("address", "").strip() or None,
        includes_contacts=form.get("includes_contacts") == "1",
        language=trade_words.language(),
        event_types=chosen or None,
    )


def _deliveries(wanted: Wanted) -> tuple[list[Any], str | None]:
    rows = log.list_deliveries(session(), actor().card().id, wanted)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return rows[:PAGE], f"{last.created_at.isoformat()}~{last.id}" if last else None


def _before() -> tuple[datetime, UUID] | None:
    at, _tilde, last_id = request.args.get("after", "").partition("~")
    try:
        return (datetime.fromisoformat(at), query.one_id(last_id)) if at else None
    except ValueError as error:
        raise NotFound from error


def loopback() -> Loopback:
    """The receivers on this machine that this installation may send to."""
    settings: Settings = current_app.config["FLOE"]
    return loopback_from({
        "FLOE_ALLOW_LOOPBACK_DESTINATIONS": ",".join(settings.loopback_destinations),
        "FLOE_MODE": settings.mode,
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
    })  # fmt: skip
