"""What an agency sold: to whom (as the buyer wants to be known), what it earned, what became of it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.market import queries
from app.market.queries import Wanted
from app.outcomes import actions
from app.outcomes import queries as stories
from app.outcomes.actions import Happened
from app.pages import query, story_events, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("sales", __name__, url_prefix="/sales")


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """The table of sales."""
    wanted = _wanted()
    return render_template(
        "sales/index.html",
        page=queries.sales(session(), wanted, after=query.place()),
        wanted=wanted,
        buyers=[(label, label) for label in queries.sold_to(session())],
        verticals=trade_words.vertical_options(),
        crumbs=[{"label": _("Sales"), "href": None}],
    )


@pages.get("/<uuid:sale_id>")
@allow(Permission.LEAD_READ)
@only_for("agency")
def sale(sale_id: UUID) -> str:
    """One sale with its story."""
    return _sale(sale_id, {})


@pages.post("/<uuid:sale_id>/claim")
@allow(Permission.OUTCOME_WRITE)
@only_for("agency")
def claim(sale_id: UUID) -> Any:
    """Claim an action the company did not report."""
    try:
        what = Happened(
            request.form.get("type", ""),
            query.local_time("happened_at"),
            evidence=request.form.get("evidence", ""),
        )
        actions.claim(session(), actor(), sale_id, what, clock.now())
    except NotFound:
        raise
    except Refused as refused:
        return _sale(sale_id, form_errors(refused)), refused.status
    flash(_("Claimed. The company answers within 72 hours; silence confirms."), "ok")
    return redirect(url_for("sales.sale", sale_id=sale_id), 303)


def _sale(sale_id: UUID, errors: dict[str, str]) -> str:
    found, now = stories.sold_lead(session(), sale_id), clock.now()
    return render_template(
        "sales/sale.html",
        sale=found,
        row=found.sale,
        events=story_events.of_sold(found),
        claimable=found.claimable(now) if actor().may(Permission.OUTCOME_WRITE) else [],
        errors=errors,
        form=request.form,
        now_input=query.for_input(now),
        crumbs=[
            {"label": _("Sales"), "href": url_for("sales.index")},
            {"label": trade_words.vertical_name(found.sale.vertical), "href": None},
        ],
    )


def _wanted() -> Wanted:
    since, until = query.period()
    return Wanted(
        verticals=query.chosen("vertical"),
        states=query.chosen("state", queries.STATES),
        terms=query.chosen("terms", trade_words.WORDS["terms"]),
        outcomes=query.chosen("outcome", trade_words.WORDS["outcome"]),
        parties=query.chosen("buyer"),
        since=since,
        until=until,
    )
