"""Coming in, going out, and going over to another organisation.

Invariant: every coming in and going over gives the browser a new token; a redirect never leaves this site.
"""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow_anyone, allow_member, session, settle
from app.navigation import initials
from app.pages import session_cookie
from app.pages.form_errors import form_errors
from app.pages.places import country_options, zone_of
from app.pages.shell import local_path
from tenants import founding, sessions
from tenants import log_in as entry
from tenants.access import TooManyAttempts
from tenants.errors import Invalid, Refused
from tenants.founding import NewTenant
from tenants.log_in import Credentials, NotConfirmed, WrongCredentials

Answer = str | Response | tuple[str, int]


@allow_anyone("nobody is logged in before logging in")
def log_in() -> Answer:
    """The form to log in; afterwards on to where the reader was going."""
    onward = local_path(request.values.get("next", "/"))
    if request.method == "GET":
        return redirect(onward, 303) if g.get("actor") else _form(None)
    settle()
    form = request.form
    typed = Credentials(form.get("email", ""), form.get("password", ""), session_cookie.token())
    try:
        opened = entry.log_in(typed, session_cookie.browser())
    except (WrongCredentials, NotConfirmed, TooManyAttempts) as refused:
        return _form(refused)
    if opened.tenant_id is None and onward == "/":
        onward = url_for("account.organisations")
    return session_cookie.give(redirect(onward, 303), opened)


@allow_member
def log_out() -> Answer:
    """End this session."""
    sessions.log_out(session(), actor())
    return session_cookie.take(redirect(url_for("account.log_in"), 303))


@allow_member
def organisations() -> Answer:
    """Where the reader works, and a form to open another organisation."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            tenant_id = founding.found_another(session(), actor(), _read(request.form))
        except Invalid as refused:
            errors = form_errors(refused)
        else:
            opened = sessions.switch_tenant(session(), actor(), tenant_id)
            flash(_("Your organisation is open. Complete its details so that it can trade."), "ok")
            return session_cookie.give(redirect(url_for("settings.organisation"), 303), opened)
    cards = entry.tenants_of(session(), actor())
    page = render_template(
        "account/organisations.html",
        cards=cards,
        initials=initials,
        here=actor().tenant_id,
        form=request.form,
        errors=errors,
        countries=country_options(),
    )
    return (page, 422) if errors else page


@allow_member
def enter(tenant_id: UUID) -> Answer:
    """Go on in another organisation of one's own."""
    opened = sessions.switch_tenant(session(), actor(), tenant_id)
    return session_cookie.give(redirect("/", 303), opened)


def _form(refused: Refused | None) -> Answer:
    if refused is None:
        return render_template("account/log_in.html", errors={}, email="")
    page = render_template(
        "account/log_in.html", errors=form_errors(refused), email=request.form.get("email", "")
    )
    response = Response(page, refused.status, mimetype="text/html")
    if "retry_after" in refused.details:
        response.headers["Retry-After"] = str(refused.details["retry_after"])
    return response


def _read(form: Any) -> NewTenant:
    country = form.get("country", "")
    language = str(get_locale() or "en")
    return NewTenant(form.get("kind", ""), form.get("tenant_name", ""), country, language, zone_of(country))
