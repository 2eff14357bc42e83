"""Signing up and confirming the address.

Invariant: a link is used up by a button, never by opening it: mail scanners open links.
"""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import allow_anyone, settle
from app.pages.form_errors import form_errors
from app.pages.places import country_options, zone_of
from tenants import sign_up as deed
from tenants.errors import Invalid
from tenants.organisation import TERMS_VERSION
from tenants.sign_up import SignUp

Answer = str | Response | tuple[str, int]


@allow_anyone("whoever signs up has no account yet")
def sign_up() -> Answer:
    """The form of a newcomer; the answer does not tell whether the address is known."""
    settle()
    form = request.form if request.method == "POST" else request.args
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            deed.sign_up(_read(request.form))
        except Invalid as refused:
            errors = form_errors(refused)
        else:
            return render_template("account/look_into_mailbox.html", email=form["email"].strip())
    page = render_template("account/sign_up.html", form=form, errors=errors, countries=country_options())
    return (page, 422) if errors else page


@allow_anyone("the reader of the mail need not be logged in")
def confirm(token: str) -> Answer:
    """The link that proves an address: one button."""
    if request.method == "GET":
        return render_template("account/confirm.html")
    settle()
    deed.confirm_email(token)
    flash(_("Your address is confirmed. You can log in now."), "ok")
    return redirect(url_for("account.log_in"), 303)


@allow_anyone("everybody may read the terms before signing up")
def terms() -> Answer:
    """The data-transfer terms in force."""
    return render_template("account/terms.html", version=TERMS_VERSION)


def _read(form: Any) -> SignUp:
    country = form.get("country", "")
    return SignUp(
        kind=form.get("kind", ""),
        tenant_name=form.get("tenant_name", ""),
        country=country,
        person_name=form.get("person_name", ""),
        email=form.get("email", ""),
        password=form.get("password", ""),
        language=str(get_locale() or "en"),
        time_zone=zone_of(country),
    )
