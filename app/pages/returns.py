"""Returns of both sides: the company claims and may appeal once, the agency accepts or refuses in time."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.market import queries, returns
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("returns", __name__, url_prefix="/returns")

VIEWS = {"": ("open",), "all": (), "accepted": ("accepted",), "refused": ("refused", "appealed", "decided")}


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency", "company")
def index() -> str:
    """Claims by state; what waits for the agency is the first tab."""
    view = request.args.get("view", "")
    view = view if view in VIEWS else ""
    return render_template(
        "returns/index.html",
        page=queries.claims(session(), VIEWS[view], after=query.place()),
        view=view,
        crumbs=[{"label": _("Returns"), "href": None}],
    )


@pages.get("/<uuid:claim_id>")
@allow(Permission.LEAD_READ)
@only_for("agency", "company")
def one(claim_id: UUID) -> str:
    """One claim with both sides' words."""
    return _claim(claim_id, {})


@pages.post("/<uuid:claim_id>/decide")
@allow(Permission.RETURN_WRITE)
@only_for("agency")
def decide(claim_id: UUID) -> Any:
    """The agency's answer."""
    accept, answer = request.form.get("do") == "accept", request.form.get("answer", "")
    try:
        returns.decide(session(), actor(), claim_id, accept=accept, answer=answer, at=clock.now())
    except NotFound:
        raise
    except Refused as refused:
        return _claim(claim_id, form_errors(refused)), refused.status
    flash(_("Accepted. The money went back.") if accept else _("Refused. The company may appeal once."), "ok")
    return redirect(url_for("returns.one", claim_id=claim_id), 303)


@pages.post("/<uuid:claim_id>/appeal")
@allow(Permission.RETURN_WRITE)
@only_for("company")
def appeal(claim_id: UUID) -> Any:
    """The company asks the operator."""
    try:
        returns.appeal(session(), actor(), claim_id, request.form.get("appeal", ""), clock.now())
    except NotFound:
        raise
    except Refused as refused:
        return _claim(claim_id, form_errors(refused)), refused.status
    flash(_("Appealed. The operator decides."), "ok")
    return redirect(url_for("returns.one", claim_id=claim_id), 303)


def _claim(claim_id: UUID, errors: dict[str, str]) -> str:
    row, now = queries.claim(session(), claim_id), clock.now()
    is_company = row.company_id == actor().tenant_id
    may_write = actor().may(Permission.RETURN_WRITE)
    return render_template(
        "returns/one.html",
        row=row,
        is_company=is_company,
        can_decide=may_write and not is_company and row.state == "open",
        can_appeal=may_write and is_company and row.state == "refused" and row.appeal_until >= now,
        errors=errors,
        form=request.form,
        crumbs=[
            {"label": _("Returns"), "href": url_for("returns.index")},
            {"label": trade_words.word(row.reason, "return_reason"), "href": None},
        ],
    )
