"""The leads a company bought: the table with its views and downloads, one lead with its people and its story."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app import formats
from app.guard import actor, allow, session
from app.market import queries, returns, reveal
from app.market.lead_score import bought_why
from app.market.queries import Wanted
from app.outcomes import queries as stories
from app.outcomes.report import Outcome, report
from app.outcomes.report_many import report_many
from app.pages import purchase_file, query, score_words, story_events, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.shell import url_with
from tenants import clock
from tenants.errors import Invalid, NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("purchases", __name__, url_prefix="/leads/bought")

MOST_COUNTED = 1000
MANY = ("contacted", "qualified", "purchase")
"""Outcomes that may be told of many leads at once."""


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("company")
def index() -> str:
    """The table: filters, pages and downloads all live in its address."""
    wanted = _wanted()
    page = queries.purchases(session(), wanted, after=query.place())
    return render_template(
        "purchases/index.html",
        page=page,
        count=queries.purchase_count(session(), wanted, most=MOST_COUNTED),
        wanted=wanted,
        agencies=[(str(row.agency_id), row.agency_name) for row in queries.bought_from(session())],
        verticals=trade_words.vertical_options(),
        many=MANY,
        export_links=_export_links(),
        crumbs=[{"label": _("My leads"), "href": None}],
    )


@pages.get("/download/<kind>")
@allow(Permission.CONTACT_READ)
@only_for("company")
def download(kind: str) -> Response:
    """Exactly the view of the table, with contacts, as a file; logged with its count."""
    if kind not in purchase_file.KINDS:
        raise NotFound
    return purchase_file.answer(session(), actor(), _wanted(), kind, clock.now())


@pages.post("/outcomes")
@allow(Permission.OUTCOME_WRITE)
@only_for("company")
def tell_many() -> Any:
    """The same outcome for all selected leads."""
    asked, now = query.picked(), clock.now()
    told = report_many(session(), actor(), asked, Outcome(request.form.get("do", ""), now), now)
    flash(ngettext("Recorded for %(num)s lead.", "Recorded for %(num)s leads.", told), "ok")
    if told < len(asked):
        flash(_("The others were told the same within 24 hours; they are unchanged."), "info")
    return redirect(url_for("purchases.index"), 303)


@pages.get("/<uuid:purchase_id>")
@allow(Permission.LEAD_READ)
@only_for("company")
def lead(purchase_id: UUID) -> str:
    """One bought lead; opening its contacts is logged."""
    return _lead(purchase_id, {})


@pages.post("/<uuid:purchase_id>/outcome")
@allow(Permission.OUTCOME_WRITE)
@only_for("company")
def tell(purchase_id: UUID) -> Any:
    """Tell what became of it."""
    try:
        report(session(), actor(), purchase_id, _outcome(), clock.now())
    except NotFound:
        raise
    except Refused as refused:
        return _lead(purchase_id, form_errors(refused)), refused.status
    flash(_("Recorded."), "ok")
    return redirect(url_for("purchases.lead", purchase_id=purchase_id), 303)


@pages.post("/<uuid:purchase_id>/return")
@allow(Permission.RETURN_WRITE)
@only_for("company")
def claim(purchase_id: UUID) -> Any:
    """Ask for the money back."""
    why = returns.Claim(request.form.get("return_reason", ""), request.form.get("return_note", ""))
    try:
        claim_id = returns.claim(session(), actor(), purchase_id, why, clock.now())
    except NotFound:
        raise
    except Refused as refused:
        return _lead(
            purchase_id, {f"return_{name}": text for name, text in form_errors(refused).items()}
        ), refused.status
    flash(_("Claimed. The agency answers within 48 hours; silence accepts."), "ok")
    return redirect(url_for("returns.one", claim_id=claim_id), 303)


def _lead(purchase_id: UUID, errors: dict[str, str]) -> str:
    found, now = stories.bought_lead(session(), actor(), purchase_id, opens=not errors), clock.now()
    return render_template(
        "purchases/lead.html",
        lead=found,
        row=found.purchase,
        why=score_words.why_rows(bought_why(session(), actor().card().id, purchase_id, now)),
        events=story_events.of_bought(found),
        can_return=found.can_be_returned(now) and actor().may(Permission.RETURN_WRITE),
        errors=errors,
        form=request.form,
        now_input=query.for_input(now),
        crumbs=[
            {"label": _("My leads"), "href": url_for("purchases.index")},
            {"label": trade_words.vertical_name(found.purchase.vertical), "href": None},
        ],
    )


def _export_links() -> list[tuple[str, str]]:
    """The files of exactly this view: the same address with another path."""
    query_string = url_with(after=None)
    return [
        (str(label), url_for("purchases.download", kind=kind) + query_string)
        for kind, label in purchase_file.KINDS.items()
    ]


def _wanted() -> Wanted:
    since, until = query.period()
    order, person = request.args.get("order"), request.args.get("q", "").strip()
    return Wanted(
        verticals=query.chosen("vertical"),
        states=query.chosen("state", queries.STATES),
        terms=query.chosen("terms", trade_words.WORDS["terms"]),
        outcomes=query.chosen("outcome", trade_words.WORDS["outcome"]),
        parties=tuple(str(query.one_id(agency)) for agency in query.chosen("agency")),
        since=since,
        until=until,
        order_id=query.one_id(order) if order else None,
        ids=reveal.purchases_of(session(), actor(), person) if person else None,
    )


def _outcome() -> Outcome:
    form = request.form
    minutes, value = form.get("minutes", "").strip(), form.get("value", "").strip()
    if minutes and not minutes.isdecimal():
        raise Invalid(_("Please correct the marked fields."), fields={"minutes": _("Whole minutes, please.")})
    currency = actor().card().currency
    return Outcome(
        type=form.get("type", ""),
        at=query.local_time("at"),
        value_minor=formats.read_money(value, currency) if value else None,
        currency=currency if value else None,
        seconds=int(minutes) * 60 if minutes else None,
        reason=form.get("reason") or None,
        note=form.get("note", ""),
        repeat=form.get("repeat") == "1",
    )
