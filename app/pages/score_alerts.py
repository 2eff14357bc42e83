"""Who is told when a lead reaches a score, and the tenant's own gateway for text messages."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads.scoring import gateway, thresholds
from app.leads.scoring.gateway import Gateway
from app.leads.scoring.thresholds import NewThreshold
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.destinations import loopback
from app.pages.form_errors import form_errors
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("score_alerts", __name__, url_prefix="/score-alerts")


@pages.get("")
@allow(Permission.DELIVERY_READ)
@only_for("agency", "company")
def index() -> str:
    """The thresholds, and the gateway."""
    return _page({})


@pages.post("")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def add() -> Any:
    """Tell somebody from now on."""

    def deed() -> None:
        form = request.form
        wanted = NewThreshold(
            at_least=_whole(form.get("at_least", "")),
            vertical=form.get("vertical", ""),
            members=tuple(query.one_id(one) for one in form.getlist("members")),
            has_webhook=form.get("has_webhook") == "1",
            phones=tuple(
                part for part in form.get("phones", "").replace(",", "\n").splitlines() if part.strip()
            ),
        )
        thresholds.add(session(), actor(), wanted)

    return _done(deed, _("The threshold is set. It is told at once when a lead rises over it."))


@pages.post("/<uuid:threshold_id>")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def change(threshold_id: UUID) -> Any:
    """Switch a threshold off or on, or forget it."""
    wanted = request.form.get("do", "")

    def deed() -> None:
        if wanted == "delete":
            thresholds.delete(session(), actor(), threshold_id)
        else:
            thresholds.switch(session(), actor(), threshold_id, enabled=wanted == "on")

    return _done(deed, _("Saved."))


@pages.post("/gateway")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def set_gateway() -> Any:
    """Set the gateway for text messages, instead of the one before."""

    def deed() -> None:
        form = request.form
        headers = gateway.read_headers(form.get("headers", ""))
        wanted = Gateway(
            form.get("url", "").strip(), form.get("format", ""), form.get("body", "").strip(), headers
        )
        gateway.save(session(), actor(), wanted, loopback())

    return _done(deed, _("The gateway is set. Its address and keys are sealed and not shown again."))


@pages.post("/gateway/remove")
@allow(Permission.DELIVERY_WRITE)
@only_for("agency", "company")
def remove_gateway() -> Any:
    """Send no text messages any more."""
    return _done(lambda: gateway.remove(session(), actor()), _("The gateway is removed."))


def _done(deed: Any, sentence: str) -> Any:
    try:
        deed()
    except NotFound:
        raise
    except Refused as refused:
        return _page(form_errors(refused)), refused.status
    flash(sentence, "ok")
    return redirect(url_for("score_alerts.index"), 303)


def _page(errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    return render_template(
        "scoring/alerts.html",
        thresholds=thresholds.listed(session(), tenant_id),
        members=[(str(one.id), one.name) for one in thresholds.members(session(), tenant_id)],
        verticals=trade_words.vertical_options(),
        gateway_host=gateway.host_of(session(), tenant_id),
        may_write=actor().may(Permission.DELIVERY_WRITE),
        errors=errors,
        form=request.form,
        crumbs=[{"label": _("Score alerts"), "href": None}],
    )


def _whole(typed: str) -> int:
    plain = typed.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 7 else 0
