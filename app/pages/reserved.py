"""Leads reserved for one company: accepted (bought on the agency's terms) or declined."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.market import offers, reserved
from app.pages import query
from app.pages.audience import only_for
from tenants import clock
from tenants.permissions import Permission

pages = Blueprint("reserved", __name__)


@pages.get("/reserved")
@allow(Permission.LEAD_READ)
@only_for("company")
def index() -> str:
    """What waits for this company, the one that expires first on top; nobody else can see it."""
    rows = list(reserved.reserved_leads(session(), clock.now(), after=query.place(), limit=51))
    return render_template(
        "reserved/index.html",
        rows=rows[:50],
        after=rows[49].lead_id if len(rows) > 50 else None,
        terms=offers.standing(session(), actor()),
        ppa={row.lead_id: offers.ppa_minor(row) for row in rows},
        new_key=query.fresh_key,
        crumbs=[{"label": _("Reserved for you"), "href": None}],
    )


@pages.post("/reserved/<uuid:lead_id>/decline")
@allow(Permission.LEAD_BUY)
@only_for("company")
def decline(lead_id: UUID) -> Response:
    """Say no, with a reason the agency can learn from."""
    reserved.decline(session(), actor(), lead_id, request.form.get("reason", ""), clock.now())
    flash(_("Declined. The agency is told, and nobody else is offered this lead."), "ok")
    return redirect(url_for("reserved.index"), 303)
