"""The organisation's settings: how it is shown, the facts the operator checks, the data-transfer terms."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.language import LANGUAGES
from app.pages.form_errors import form_errors
from app.pages.places import country_name, country_options, zone_groups
from tenants import organisation as deeds
from tenants.errors import Invalid
from tenants.organisation import TERMS_VERSION, Facts, Preferences
from tenants.permissions import Permission

Answer = str | Response | tuple[str, int]


@allow(Permission.TENANT_WRITE)
def organisation() -> Answer:
    """Everything the tenant says about itself."""
    return _page({})


@allow(Permission.TENANT_WRITE)
def prefer() -> Answer:
    """Change how the tenant is shown and spoken to."""
    form = request.form
    wanted = Preferences(
        name=form.get("name", ""),
        language=form.get("language", ""),
        time_zone=form.get("time_zone", ""),
        shows_name=bool(form.get("shows_name")),
    )
    try:
        deeds.prefer(session(), actor(), wanted)
    except Invalid as refused:
        return _page(form_errors(refused)), refused.status
    flash(_("The settings are saved."), "ok")
    return _back()


@allow(Permission.TENANT_WRITE)
def state_facts() -> Answer:
    """State the facts that the operator checks, and accept the terms with them."""
    form = request.form
    facts = Facts(
        legal_name=form.get("legal_name", ""),
        country=form.get("country", ""),
        registration_number=form.get("registration_number", ""),
        vat_number=form.get("vat_number", ""),
    )
    try:
        deeds.state_facts(session(), actor(), facts)
        if form.get("terms_version"):
            deeds.accept_terms(session(), actor(), form["terms_version"])
    except Invalid as refused:
        return _page(form_errors(refused)), refused.status
    flash(_("The details are saved. The operator looks at them next."), "ok")
    return _back()


@allow(Permission.TENANT_WRITE)
def accept_terms() -> Answer:
    """Accept newer terms."""
    try:
        deeds.accept_terms(session(), actor(), request.form.get("terms_version", ""))
    except Invalid as refused:
        return _page(form_errors(refused)), refused.status
    flash(_("The terms are accepted."), "ok")
    return _back()


def _back() -> Response:
    return redirect(url_for("settings.organisation"), 303)


def _page(errors: dict[str, str]) -> str:
    about = deeds.read(session(), actor().card().id)
    return render_template(
        "settings/organisation.html",
        about=about,
        country=country_name(about.facts.country),
        form=request.form,
        errors=errors,
        languages=list(LANGUAGES.items()),
        countries=country_options(),
        zones=zone_groups(),
        terms_version=TERMS_VERSION,
    )
