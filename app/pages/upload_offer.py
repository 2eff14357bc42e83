"""Steps five and six of an upload: its price and its terms, and then the market."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from app import formats
from app.guard import actor, allow, session
from app.leads import consents
from app.leads.batch_queries import BatchView
from app.leads.batch_terms import set_terms
from app.market.batch_offers import publish_batch, stage_batch
from app.market.prices import Price, price_of, set_price
from app.pages import query
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.upload_view import batch_of, crumbs, step
from billing.money import DEFAULT_CURRENCY
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("upload_offer", __name__, url_prefix="/uploads")


@pages.get("/<uuid:batch_id>/offer")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def offer(batch_id: UUID) -> Any:
    """Step five: what the leads cost, and on what basis they may be sold."""
    batch = batch_of(batch_id)
    return _offer(batch, {}) if batch.state in ("checked", "staged") else redirect(step(batch), 303)


@pages.post("/<uuid:batch_id>/offer")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def decide(batch_id: UUID) -> Any:
    """Keep price and terms; other terms mean another check, else the leads are prepared for the market."""
    batch, at = batch_of(batch_id), clock.now()
    try:
        set_price(session(), actor(), batch.source_id, batch.vertical, _price(), at)
        basis, consent = request.form.get("legal_basis", ""), query.form_id("consent_text_id")
        is_new = set_terms(session(), actor(), batch_id, basis, consent, query.form_count("max_sales"))
        if not is_new:
            stage_batch(session(), actor(), batch_id, at)
    except NotFound:
        raise
    except Refused as refused:
        return _offer(batch, form_errors(refused)), refused.status
    where = "upload_check.show" if is_new else "upload_offer.publishing"
    return redirect(url_for(where, batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>/publish")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def publishing(batch_id: UUID) -> Any:
    """Step six: what will be offered, and the one button."""
    batch = batch_of(batch_id)
    if batch.state not in ("checked", "staging", "staged", "publishing"):
        return redirect(step(batch), 303)
    price = price_of(session(), batch.source_id, batch.vertical)
    return render_template(
        "uploads/publish.html", batch=batch, price=price, currency=DEFAULT_CURRENCY, crumbs=crumbs(batch)
    )


@pages.post("/<uuid:batch_id>/publish")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def publish(batch_id: UUID) -> Any:
    """Offer every accepted lead, all or none."""
    try:
        count = publish_batch(session(), actor(), batch_id, clock.now())
    except NotFound:
        raise
    except Refused as refused:
        flash(form_errors(refused)["form"], "bad")
        return redirect(url_for("upload_offer.publishing", batch_id=batch_id), 303)
    flash(ngettext("%(num)s lead is published.", "%(num)s leads are published.", count), "ok")
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>/staging")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def staging(batch_id: UUID) -> str:
    """Only the moving part of the page, for polling."""
    return render_template("uploads/_staging.html", batch=batch_of(batch_id))


def _price() -> Price:
    """The prices of the form; those it does not show stay as they are."""
    return Price(**{field.name: _amount(field.name) for field in fields(Price)})


def _amount(name: str) -> int | None:
    typed = request.form.get(name, "").strip()
    return formats.read_money(typed, DEFAULT_CURRENCY) if typed else None


def _offer(batch: BatchView, errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    price = price_of(session(), batch.source_id, batch.vertical)
    form = request.form if request.method == "POST" else {}
    listed = consents.listed(session(), tenant_id)
    return render_template(
        "uploads/offer.html",
        batch=batch,
        errors=errors,
        form=form,
        amounts={
            field.name: form.get(field.name, formats.money_input(minor, DEFAULT_CURRENCY) if minor else "")
            for field in fields(Price)
            for minor in [getattr(price, field.name)]
        },
        currency=DEFAULT_CURRENCY,
        consents=[(str(c.id), f"{c.name} · {c.version} · {c.language}") for c in listed],
        crumbs=crumbs(batch),
    )
