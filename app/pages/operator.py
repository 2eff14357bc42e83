"""The operator's desk: organisations to approve or stop, and addressees whose domain somebody has to check.

Invariant: approving and suspending need the organisation's short name typed, so that no click does it by mistake.
"""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.leads import addressee_links
from app.market import linking
from app.pages.form_errors import form_errors
from app.pages.places import country_name
from app.pages.shell import url_with
from tenants import approval, clock
from tenants.approval import FactsMissing, Search
from tenants.errors import Invalid, Refused
from tenants.language import N_
from tenants.organisation import TERMS_VERSION
from tenants.permissions import Permission

pages = Blueprint("operator", __name__, url_prefix="/operator")

PAGE = 50
STATES = ("pending", "approved", "suspended")
Answer = str | Response | tuple[str, int]


@pages.get("/organisations")
@allow(Permission.PLATFORM_APPROVE)
def index() -> Answer:
    """Agencies and companies by state, newest first."""
    state = request.args.get("state", "pending")
    search = Search(state if state in STATES else None, request.args.get("q", ""))  # type: ignore[arg-type]
    found = approval.tenants(session(), actor(), search, older_than=_after(), limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    return render_template(
        "operator/organisations.html",
        found=shown,
        counts=approval.counts(session(), actor()),
        links=len(addressee_links.waiting(session(), actor())),
        state=search.state,
        is_filtered=bool(search.name_part),
        country_name=country_name,
        newer=url_with(after=None) if "after" in request.args else None,
        older=url_with(after=shown[-1].id) if more else None,
    )


@pages.get("/organisations/<uuid:tenant_id>")
@allow(Permission.PLATFORM_APPROVE)
def tenant(tenant_id: UUID) -> Answer:
    """One organisation: who it says it is, and who owns it."""
    return _page(tenant_id, {})


@pages.post("/organisations/<uuid:tenant_id>/approve")
@allow(Permission.PLATFORM_APPROVE)
def approve(tenant_id: UUID) -> Answer:
    """Let it trade."""
    try:
        _demand_typed(tenant_id)
        approval.approve(session(), actor(), tenant_id)
    except (Invalid, FactsMissing) as refused:
        return _refused(tenant_id, refused)
    flash(_("It may trade now. Its owners are told by mail."), "ok")
    return redirect(url_for(".tenant", tenant_id=tenant_id), 303)


@pages.post("/organisations/<uuid:tenant_id>/suspend")
@allow(Permission.PLATFORM_APPROVE)
def suspend(tenant_id: UUID) -> Answer:
    """Stop its trade."""
    try:
        _demand_typed(tenant_id)
        approval.suspend(session(), actor(), tenant_id, request.form.get("reason", ""))
    except Invalid as refused:
        return _refused(tenant_id, refused)
    flash(_("It is suspended. Its owners are told by mail."), "ok")
    return redirect(url_for(".tenant", tenant_id=tenant_id), 303)


@pages.get("/addressees")
@allow(Permission.PLATFORM_APPROVE)
def links() -> Answer:
    """Companies that accepted an addressee's role but have not shown that the domain is theirs."""
    return render_template("operator/links.html", links=addressee_links.waiting(session(), actor()))


@pages.post("/addressees/<uuid:agency_id>/<uuid:addressee_id>/<any(confirm, refuse):decision>")
@allow(Permission.PLATFORM_APPROVE)
def decide_link(agency_id: UUID, addressee_id: UUID, decision: str) -> Answer:
    """The operator checked the domain: it is theirs, or it is not."""
    if decision == "confirm":
        linking.confirm_by_operator(session(), actor(), agency_id, addressee_id, clock.now())
    else:
        addressee_links.refuse_by_operator(session(), actor(), agency_id, addressee_id)
    flash(_("The addressee is linked.") if decision == "confirm" else _("The link is refused."), "ok")
    return redirect(url_for(".links"), 303)


def _demand_typed(tenant_id: UUID) -> None:
    about, _owners = approval.tenant(session(), actor(), tenant_id)
    if request.form.get("typed", "").strip() != about.slug:
        sentence = N_("Type the short name exactly as it is shown.")
        raise Invalid(sentence, fields={"typed": sentence})


def _refused(tenant_id: UUID, refused: Refused) -> Answer:
    return _page(tenant_id, form_errors(refused)), refused.status


def _page(tenant_id: UUID, errors: dict[str, str]) -> str:
    about, owners = approval.tenant(session(), actor(), tenant_id)
    return render_template(
        "operator/organisation.html",
        about=about,
        owners=owners,
        country=country_name(about.facts.country),
        terms_version=TERMS_VERSION,
        form=request.form,
        errors=errors,
    )


def _after() -> UUID | None:
    typed = request.args.get("after", "")
    try:
        return UUID(typed) if typed else None
    except ValueError as wrong:
        raise Invalid(N_("There is no such record.")) from wrong
