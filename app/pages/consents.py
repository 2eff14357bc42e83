"""Consent texts of an agency: written once, never changed; a change is a new version."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import consents
from app.leads.consents import Wording
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.trade_words import tongue
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("consents", __name__, url_prefix="/consents")

LANGUAGES = ("uk", "pl", "en", "ru", "de", "fr", "es", "it", "cs", "ro")
"""Languages people are asked in."""


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """All texts with all their versions."""
    return render_template(
        "consents/index.html",
        texts=consents.listed(session(), actor().card().id),
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=[{"label": _("Consent texts"), "href": None}],
    )


@pages.route("/new", methods=("GET", "POST"))
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def new() -> Any:
    """Write a text."""
    if request.method == "GET":
        return _form({}, None)
    return _keep(lambda: consents.create(session(), actor(), request.form.get("name", ""), _wording()), None)


@pages.route("/<uuid:consent_text_id>/new", methods=("GET", "POST"))
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def new_version(consent_text_id: UUID) -> Any:
    """Write the next version; leads keep the version they were asked with."""
    old = consents.get(session(), actor().card().id, consent_text_id)
    if request.method == "GET":
        return _form({}, old)
    return _keep(lambda: consents.new_version(session(), actor(), consent_text_id, _wording()), old)


def _keep(deed: Any, old: consents.ConsentText | None) -> Any:
    try:
        deed()
    except NotFound:
        raise
    except Refused as refused:
        return _form(form_errors(refused), old), refused.status
    flash(_("The consent text is kept."), "ok")
    return redirect(url_for("consents.index"), 303)


def _wording() -> Wording:
    form = request.form
    most = form.get("max_recipients", "").strip()
    return Wording(
        form.get("language", ""),
        form.get("body", ""),
        form.get("recipients", ""),
        int(most) if most.isdigit() else 0,
    )


def _form(errors: dict[str, str], old: consents.ConsentText | None) -> str:
    return render_template(
        "consents/new.html",
        errors=errors,
        form=request.form,
        old=old,
        languages=[(code, tongue(code)) for code in LANGUAGES],
        crumbs=[
            {"label": _("Consent texts"), "href": url_for("consents.index")},
            {"label": old.name if old else _("New text"), "href": None},
        ],
    )
