"""Addressees: the companies that people answered. The agency keeps and invites them; a company accepts and is linked."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, allow_anyone, session
from app.leads import addressee_links, addressees
from app.leads.addressee_links import Linked
from app.leads.addressees import NewAddressee
from app.market import linking
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.places import country_options
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("addressees", __name__)


@pages.get("/addressees")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """The agency's addressees and how many enquiries wait for each."""
    return _page({})


@pages.post("/addressees")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def create() -> Any:
    """Add an addressee."""
    form = request.form
    wanted = NewAddressee(
        form.get("legal_name", ""),
        form.get("country", ""),
        form.get("domain", ""),
        form.get("contact_email", ""),
    )
    try:
        addressees.create(session(), actor(), wanted)
    except Refused as refused:
        return _page(form_errors(refused)), refused.status
    flash(_("The addressee is added. Invite it when enquiries wait."), "ok")
    return redirect(url_for("addressees.index"), 303)


@pages.post("/addressees/<uuid:addressee_id>/invite")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def invite(addressee_id: UUID) -> Any:
    """Mail the company how many enquiries wait; no personal data."""
    try:
        addressees.invite(session(), actor(), addressee_id)
    except NotFound:
        raise
    except Refused as refused:
        return _page(form_errors(refused)), refused.status
    flash(_("The invitation is on its way."), "ok")
    return redirect(url_for("addressees.index"), 303)


@pages.get("/addressee/<token>")
@allow(Permission.LEAD_BUY)
@only_for("company")
def read(token: str) -> str:
    """What an agency offers the company that was invited."""
    return _offer(token, {})


@pages.post("/addressee/<token>")
@allow(Permission.LEAD_BUY)
@only_for("company")
def accept(token: str) -> Any:
    """The company says that it is the addressee."""
    try:
        linked = linking.accept(
            session(), actor(), token, request.form.get("mailbox", "").strip(), clock.now()
        )
    except Refused as refused:
        if refused.status in (404, 410):
            raise
        return _offer(token, form_errors(refused)), refused.status
    said = {
        Linked.LINKED: _("You are linked. The enquiries are reserved for you."),
        Linked.CONFIRM_BY_MAIL: _("We have sent a mail to your domain. Confirm it there."),
        Linked.CONFIRM_BY_OPERATOR: _("The operator checks your domain and links you."),
    }
    flash(said[linked], "ok")
    return redirect(url_for("reserved.index"), 303)


@pages.get("/addressee/confirm/<token>")
@allow_anyone("whoever reads the domain's mail need not have an account")
def ask(token: str) -> str:
    """Ask whether the company is theirs."""
    offer = addressee_links.read_confirmation(token)
    return render_template("addressees/confirm.html", offer=offer, is_done=False)


@pages.post("/addressee/confirm/<token>")
@allow_anyone("whoever reads the domain's mail need not have an account")
def confirm(token: str) -> str:
    """The company is theirs: link it."""
    offer = linking.confirm_by_mail(token, clock.now())
    return render_template("addressees/confirm.html", offer=offer, is_done=True)


def _offer(token: str, errors: dict[str, str]) -> str:
    return render_template(
        "addressees/offer.html",
        offer=addressee_links.read_invitation(session(), token),
        errors=errors,
        form=request.form,
        crumbs=[{"label": _("Reserved for you"), "href": url_for("reserved.index")}],
    )


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "addressees/index.html",
        rows=addressees.listed(session(), actor().card().id),
        may_write=actor().may(Permission.LEAD_WRITE),
        countries=country_options(),
        errors=errors,
        form=request.form,
        crumbs=[{"label": _("Addressees"), "href": None}],
    )
