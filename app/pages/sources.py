"""Where an agency's leads come from, what each source costs and what its leads cost, and who may pay per action."""

from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app import formats
from app.guard import actor, allow, session
from app.leads import sources
from app.leads.channels import CHANNELS
from app.leads.sources import NewSource, Spend
from app.market import prices
from app.market.prices import Price
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from billing.money import DEFAULT_CURRENCY
from tenants import clock
from tenants.errors import Invalid, NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission

pages = Blueprint("sources", __name__, url_prefix="/sources")


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """Sources, prices and the companies that may pay per action."""
    return _page({})


@pages.post("")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def create() -> Any:
    """Add a source."""
    return _done(lambda: sources.create(session(), actor(), _typed()), _("The source is added."))


@pages.post("/<uuid:source_id>")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def change(source_id: UUID) -> Any:
    """Rename a source, or change its channel or public label."""
    return _done(lambda: sources.rename(session(), actor(), source_id, _typed()), _("Saved."))


@pages.post("/<uuid:source_id>/archive")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def archive(source_id: UUID) -> Any:
    """Take a source out of the forms, or back into them."""
    is_archived = request.form.get("archived") == "1"
    return _done(lambda: sources.archive(session(), actor(), source_id, is_archived=is_archived), _("Saved."))


@pages.post("/<uuid:source_id>/spend")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def spend(source_id: UUID) -> Any:
    """Say what a source cost in a month."""

    def deed() -> None:
        amount = formats.read_money(request.form.get("amount", ""), DEFAULT_CURRENCY)
        sources.record_spend(session(), actor(), source_id, Spend(_month(), amount, DEFAULT_CURRENCY))

    return _done(deed, _("Saved."))


@pages.post("/prices")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def set_price() -> Any:
    """Set the prices of one source in one vertical; leads on offer follow at once."""

    def deed() -> None:
        source_id = query.one_id(request.form.get("source_id", ""))
        price = Price(**{field.name: _amount(field.name) for field in fields(Price)})
        prices.set_price(session(), actor(), source_id, request.form.get("vertical", ""), price, clock.now())

    return _done(deed, _("The prices are set. Leads on offer follow at once."))


@pages.post("/ppa")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def allow_ppa() -> Any:
    """Let a company pay per action."""
    slug = request.form.get("company", "")
    return _done(
        lambda: prices.allow_ppa(session(), actor(), slug, clock.now()), _("The company may pay per action.")
    )


@pages.post("/ppa/<uuid:company_id>/stop")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def stop_ppa(company_id: UUID) -> Any:
    """Sell no more per action to a company."""
    return _done(lambda: prices.stop_ppa(session(), actor(), company_id, clock.now()), _("Saved."))


def _done(deed: Any, sentence: str) -> Any:
    try:
        deed()
    except Refused as refused:
        if isinstance(refused, NotFound) and request.endpoint != "sources.allow_ppa":
            raise
        return _page(form_errors(refused)), refused.status
    flash(sentence, "ok")
    return redirect(url_for("sources.index"), 303)


def _typed() -> NewSource:
    form = request.form
    return NewSource(form.get("name", ""), form.get("channel", ""), form.get("public_label", ""))


def _amount(name: str) -> int | None:
    typed = request.form.get(name, "").strip()
    return formats.read_money(typed, DEFAULT_CURRENCY) if typed else None


def _month() -> date:
    try:
        return date.fromisoformat(f"{request.form.get('month', '')}-01")
    except ValueError as error:
        raise Invalid(N_("Choose a month."), fields={"month": N_("Choose a month.")}) from error


def _page(errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    found = sources.listed(session(), tenant_id, has_archived=True)
    return render_template(
        "sources/index.html",
        sources=found,
        options=[(str(s.id), s.name) for s in found if s.archived_at is None],
        spends={s.id: sources.spends(session(), tenant_id, s.id, limit=1) for s in found},
        prices=prices.prices(session()),
        companies=prices.ppa_companies(session()),
        channels=sorted(
            ((c.code, c.label(trade_words.language())) for c in CHANNELS.values()), key=lambda x: x[1]
        ),
        verticals=trade_words.vertical_options(),
        may_write=actor().may(Permission.LEAD_WRITE),
        errors=errors,
        form=request.form,
        month=clock.now().strftime("%Y-%m"),
        crumbs=[{"label": _("Sources and prices"), "href": None}],
    )
