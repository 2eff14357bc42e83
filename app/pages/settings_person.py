"""A person's own settings: name, language, password, and where they are logged in."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow_member, session, settle
from app.language import LANGUAGES
from app.pages.browser_words import browser_name
from app.pages.form_errors import form_errors
from tenants import accounts, password_change, sessions
from tenants.access import TooManyAttempts
from tenants.errors import Invalid, Refused

Answer = str | Response | tuple[str, int]


@allow_member
def person() -> Answer:
    """Who I am, and every place where I am logged in."""
    return _page({})


@allow_member
def rename() -> Answer:
    """Change one's name and language, everywhere."""
    form = request.form
    try:
        accounts.rename_self(session(), actor(), form.get("name", ""), form.get("language", ""))
    except Invalid as refused:
        return _page(form_errors(refused)), refused.status
    flash(_("The settings are saved."), "ok")
    back = _back()
    # the choice is kept with the account now; the browser's own one would go first
    back.delete_cookie("floe_language")
    return back


@allow_member
def change_password() -> Answer:
    """Set another password, knowing the present one; everywhere else one is logged out."""
    form = request.form
    settle()
    try:
        password_change.change(
            actor(), form.get("old", ""), form.get("password", ""), request.remote_addr or ""
        )
    except (Invalid, TooManyAttempts) as refused:
        return _password_page(refused)
    flash(_("Your new password is set. You are logged out everywhere else."), "ok")
    return _back()


@allow_member
def revoke_session(session_id: UUID) -> Answer:
    """Log oneself out somewhere else."""
    sessions.revoke(session(), actor(), session_id)
    flash(_("That session is over."), "ok")
    return _back()


def _back() -> Response:
    return redirect(url_for("settings.person"), 303)


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "settings/person.html",
        me=actor(),
        browser_name=browser_name,
        open_sessions=sessions.open_sessions(session(), actor()),
        languages=list(LANGUAGES.items()),
        form=request.form,
        errors=errors,
    )


def _password_page(refused: Refused) -> Answer:
    # the request's transaction is over: this page asks the database for nothing
    errors = form_errors(refused)
    errors = {"old": errors["form"]} if "form" in errors else errors
    return render_template("settings/password.html", errors=errors), refused.status
