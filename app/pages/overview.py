"""The front page: the public face to strangers, and to each audience its month, its duties and its last trades."""

from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, url_for
from flask_babel import gettext as _

from app import charts
from app.guard import allow_anyone, session
from app.reports import overview
from tenants import clock
from tenants.actor import Actor
from tenants.permissions import Permission

pages = Blueprint("overview", __name__)


@pages.get("/")
@allow_anyone("strangers are told what Floe is; who is logged in sees their own overview")
def home() -> Any:
    """The overview of the reader's organisation; for strangers what Floe is and where to log in."""
    actor: Actor | None = getattr(g, "actor", None)
    if actor is None:
        return render_template("overview/front.html")
    if actor.tenant is None:
        return redirect(url_for("account.organisations"), 303)
    if actor.may(Permission.PLATFORM_MONEY) and not actor.may(Permission.PLATFORM_APPROVE):
        return redirect(url_for("finance.index"), 303)
    shown = _shown(actor)
    return render_template(
        f"overview/{shown['audience']}.html",
        **shown,
        page_url=page_url,
        sparkline=charts.sparkline,
        change=change,
        crumbs=[{"label": _("Overview"), "href": None}],
    )


def change(now: int, before: int) -> float | None:
    """How much a figure grew against the period before; None when there was nothing to compare with."""
    return (now - before) / before if before else None


def page_url(endpoint: str, **values: Any) -> str | None:
    """The address of a page the reader may have; None while this installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _shown(actor: Actor) -> dict[str, Any]:
    kind, now = actor.card().kind, clock.now()
    if kind == "company":
        return {"audience": kind, "view": overview.company(session(), actor, now), "actor": actor}
    if kind == "agency":
        return {"audience": kind, "view": overview.agency(session(), actor, now), "actor": actor}
    if actor.may(Permission.PLATFORM_APPROVE):
        return {"audience": "operator", "view": overview.operator(session(), actor, now), "actor": actor}
    return {"audience": "staff", "actor": actor}
