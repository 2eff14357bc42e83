"""The operator's word, which is final: appeals against refused returns, disputes about claimed actions."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.market import returns
from app.outcomes import actions, cases
from app.pages.audience import only_for
from tenants import clock
from tenants.permissions import Permission

pages = Blueprint("decisions", __name__, url_prefix="/decisions")


@pages.get("")
@allow(Permission.PLATFORM_APPROVE)
@only_for("operator")
def index() -> str:
    """What waits for a decision, the oldest first, and what was decided last."""
    appeals, disputes = cases.waiting(session(), actor())
    return render_template(
        "decisions/index.html",
        appeals=appeals,
        disputes=disputes,
        decided=cases.decided(session(), actor()),
        crumbs=[{"label": _("Appeals and disputes"), "href": None}],
    )


@pages.get("/appeals/<uuid:claim_id>")
@allow(Permission.PLATFORM_APPROVE)
@only_for("operator")
def appeal(claim_id: UUID) -> str:
    """One appeal with both sides' words."""
    return _case("appeal", cases.appeal(session(), actor(), claim_id))


@pages.post("/appeals/<uuid:claim_id>")
@allow(Permission.PLATFORM_APPROVE)
@only_for("operator")
def decide_appeal(claim_id: UUID) -> Any:
    """Uphold the appeal (money goes back) or not."""
    uphold, answer = request.form.get("do") == "yes", request.form.get("answer", "")
    returns.decide_appeal(session(), actor(), claim_id, uphold=uphold, answer=answer, at=clock.now())
    flash(_("Decided. Both sides are told."), "ok")
    return redirect(url_for("decisions.index"), 303)


@pages.get("/disputes/<uuid:action_id>")
@allow(Permission.PLATFORM_APPROVE)
@only_for("operator")
def dispute(action_id: UUID) -> str:
    """One dispute with both sides' words."""
    return _case("dispute", cases.dispute(session(), actor(), action_id))


@pages.post("/disputes/<uuid:action_id>")
@allow(Permission.PLATFORM_APPROVE)
@only_for("operator")
def decide_dispute(action_id: UUID) -> Any:
    """The action bills, or not."""
    bills, answer = request.form.get("do") == "yes", request.form.get("answer", "")
    actions.decide_dispute(session(), actor(), action_id, answer, clock.now(), bills=bills)
    flash(_("Decided. Both sides are told."), "ok")
    return redirect(url_for("decisions.index"), 303)


def _case(kind: str, row: Any) -> str:
    label = _("Appeal") if kind == "appeal" else _("Dispute")
    return render_template(
        "decisions/case.html",
        kind=kind,
        row=row,
        is_open=row.state in ("appealed", "disputed"),
        crumbs=[
            {"label": _("Appeals and disputes"), "href": url_for("decisions.index")},
            {"label": label, "href": None},
        ],
    )
