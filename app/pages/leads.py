"""An agency's own leads: the table, one lead, its contacts on demand, and its withdrawal."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import queries, sources
from app.leads.forms import origin
from app.leads.queries import LeadFilter
from app.leads.reasons import REASONS
from app.leads.rechecks.queries import RecheckView, recheck_view
from app.leads.reveal import reveal
from app.market.lead_score import lead_why
from app.market.withdraw import withdraw_lead, withdraw_leads
from app.pages import form_words, noticed, query, score_words, trade_words
from app.pages.audience import only_for
from tenants import clock
from tenants.permissions import Permission

pages = Blueprint("leads", __name__, url_prefix="/leads")


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """The table of leads."""
    tenant_id, wanted = actor().card().id, _wanted()
    before = request.args.get("before")
    page = queries.lead_page(
        session(),
        tenant_id,
        wanted,
        older_than=query.place(),
        newer_than=query.one_id(before) if before else None,
    )
    return render_template(
        "leads/index.html",
        page=page,
        is_narrow=wanted != LeadFilter(),
        verticals=trade_words.vertical_options(),
        sources=[(str(s.id), s.name) for s in sources.listed(session(), tenant_id, has_archived=True)],
        flags=noticed.flag_options(),
        recheck=_recheck(wanted),
        crumbs=[{"label": _("Leads"), "href": None}],
    )


@pages.get("/<uuid:lead_id>")
@allow(Permission.LEAD_READ)
@only_for("agency")
def show(lead_id: UUID) -> str:
    """One lead, without its contacts."""
    return _lead(lead_id, None)


@pages.post("/<uuid:lead_id>/contacts")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def contacts(lead_id: UUID) -> str:
    """One lead with its contacts; each look is logged."""
    return _lead(lead_id, reveal(session(), actor(), lead_id))


@pages.post("/<uuid:lead_id>/withdraw")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def withdraw(lead_id: UUID) -> Any:
    """Take one lead off the market."""
    withdraw_lead(session(), actor(), lead_id, request.form.get("reason", ""), clock.now())
    flash(_("The lead is withdrawn. Sales stand."), "ok")
    return redirect(url_for("leads.show", lead_id=lead_id), 303)


@pages.post("/withdraw")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def withdraw_many() -> Any:
    """Take the selected leads off the market."""
    count = withdraw_leads(
        session(), actor(), query.picked(), request.form.get("reason", "mistake"), clock.now()
    )
    flash(_("%(count)s leads are withdrawn.", count=count), "ok")
    return redirect(url_for("leads.index"), 303)


def _lead(lead_id: UUID, people: Any) -> str:
    lead = queries.lead_view(session(), actor().card().id, lead_id)
    return render_template(
        "leads/lead.html",
        lead=lead,
        row=lead.row,
        people=people,
        why=score_words.why_rows(
            lead_why(session(), actor().card().id, lead_id, clock.now()),
            {str(lead.row.source_id): lead.row.source_name},
        ),
        origin=form_words.came_from(
            origin.of_lead(session(), actor().card().id, lead_id), has_people=people is not None
        ),
        may_see_people=actor().may(Permission.CONTACT_READ),
        may_withdraw=actor().may(Permission.LEAD_WRITE)
        and lead.row.state not in ("withdrawn", "erased", "expired"),
        crumbs=[
            {"label": _("Leads"), "href": url_for("leads.index")},
            {"label": lead.row.external_id or str(lead_id)[-8:], "href": None},
        ],
    )


def _recheck(wanted: LeadFilter) -> RecheckView | None:
    """The re-check whose leads are shown."""
    if wanted.recheck_id is None:
        return None
    return recheck_view(session(), actor().card().id, wanted.recheck_id, clock.now())


def _wanted() -> LeadFilter:
    since, until = query.period()
    types = query.chosen("type", trade_words.WORDS["lead_type"])
    batch, recheck = request.args.get("batch"), request.args.get("recheck")
    flags, warned = query.chosen("flag", REASONS), query.chosen("warned", ("yes", "no"))
    released = query.chosen("released", ("yes", "no"))
    return LeadFilter(
        states=query.chosen("state", trade_words.WORDS["lead_state"]),
        verticals=query.chosen("vertical"),
        lead_type=types[0] if len(types) == 1 else None,
        source_ids=tuple(query.one_id(one) for one in query.chosen("source")),
        batch_id=query.one_id(batch) if batch else None,
        temperatures=query.chosen("temperature", trade_words.WORDS["temperature"]),
        grades=query.chosen("grade", ("A", "B", "C", "D")),
        since=since,
        until=until,
        external_id=request.args.get("q", "").strip() or None,
        flag=flags[0] if flags else None,
        is_warned=warned[0] == "yes" if warned else None,
        is_released=released[0] == "yes" if released else None,
        recheck_id=query.one_id(recheck) if recheck else None,
        verdict=request.args.get("verdict") or None,
        code=request.args.get("code") or None,
        outcome=request.args.get("outcome") or None,
    )
