"""A forgotten password: a mailed link, and the form behind it."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import allow_anyone, settle
from app.pages import session_cookie
from app.pages.form_errors import form_errors
from tenants import password_change
from tenants.errors import Invalid

Answer = str | Response | tuple[str, int]


@allow_anyone("whoever forgot the password cannot log in")
def forgot() -> Answer:
    """Ask for a link; the answer does not tell whether the address is known."""
    settle()
    email = request.form.get("email", "").strip()
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            password_change.request_reset(email)
        except Invalid as refused:
            errors = form_errors(refused)
        else:
            return render_template("account/look_into_mailbox.html", email=email)
    page = render_template("account/forgot.html", errors=errors, email=email)
    return (page, 422) if errors else page


@allow_anyone("the link proves who it is")
def reset(token: str) -> Answer:
    """Set a new password; everywhere else the person is logged out."""
    settle()
    password_change.demand_link(token)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            password_change.reset(token, request.form.get("password", ""))
        except Invalid as refused:
            errors = form_errors(refused)
        else:
            flash(_("Your new password is set. Log in with it."), "ok")
            return session_cookie.take(redirect(url_for("account.log_in"), 303))
    page = render_template("account/reset.html", errors=errors)
    return (page, 422) if errors else page
