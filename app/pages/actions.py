"""Actions of both sides: what waits, whose clock runs, and the company's word: confirmed, withdrawn or refused."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.market.queries import Page
from app.outcomes import actions, queries
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("actions", __name__, url_prefix="/actions")

VIEWS = {"all": (), "billed": ("confirmed", "decided"), "disputed": ("disputed",)}
"""Tab → states; the first tab, what waits, stands for itself."""


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency", "company")
def index() -> str:
    """What waits first, the clock that ends soonest on top; other tabs by time."""
    waiting = queries.pending_actions(session())
    view = request.args.get("view", "")
    page = (
        queries.actions(session(), VIEWS[view], after=query.place()) if view in VIEWS else Page(waiting, None)
    )
    return render_template(
        "actions/index.html",
        page=page,
        waiting=len(waiting),
        view=view if view in VIEWS else "",
        crumbs=[{"label": _("Actions"), "href": None}],
    )


@pages.get("/<uuid:action_id>")
@allow(Permission.LEAD_READ)
@only_for("agency", "company")
def one(action_id: UUID) -> str:
    """One action: who says what, what it costs, until when."""
    return _action(action_id, {})


@pages.post("/<uuid:action_id>/confirm")
@allow(Permission.OUTCOME_WRITE)
@only_for("company")
def confirm(action_id: UUID) -> Any:
    """It happened: the price is captured."""
    actions.confirm(session(), actor(), action_id, clock.now())
    flash(_("Confirmed and billed."), "ok")
    return redirect(url_for("actions.one", action_id=action_id), 303)


@pages.post("/<uuid:action_id>/withdraw")
@allow(Permission.OUTCOME_WRITE)
@only_for("company")
def withdraw(action_id: UUID) -> Any:
    """Take back what was reported."""
    return _with_reason(action_id, actions.withdraw, _("Withdrawn. Nothing is billed."))


@pages.post("/<uuid:action_id>/refuse")
@allow(Permission.OUTCOME_WRITE)
@only_for("company")
def refuse(action_id: UUID) -> Any:
    """It did not happen: the operator decides."""
    return _with_reason(action_id, actions.refuse, _("Refused. The operator decides."))


def _with_reason(action_id: UUID, deed: Any, done: str) -> Any:
    try:
        deed(session(), actor(), action_id, request.form.get("reason", ""), clock.now())
    except NotFound:
        raise
    except Refused as refused:
        return _action(action_id, form_errors(refused)), refused.status
    flash(done, "ok")
    return redirect(url_for("actions.one", action_id=action_id), 303)


def _action(action_id: UUID, errors: dict[str, str]) -> str:
    row = queries.action(session(), action_id)
    return render_template(
        "actions/one.html",
        row=row,
        may_answer=row.state == "pending"
        and row.company_id == actor().tenant_id
        and actor().may(Permission.OUTCOME_WRITE),
        errors=errors,
        crumbs=[
            {"label": _("Actions"), "href": url_for("actions.index")},
            {"label": trade_words.word(row.type, "outcome"), "href": None},
        ],
    )
