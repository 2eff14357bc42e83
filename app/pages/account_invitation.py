"""An invitation: shown to anybody who has the link, accepted by the person it was mailed to."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import allow_anyone, session, settle
from app.pages import session_cookie
from app.pages.form_errors import form_errors
from app.pages.role_words import role_label
from tenants import invitations, sessions
from tenants import log_in as entry
from tenants.actor import Actor
from tenants.email_address import read_email
from tenants.errors import Invalid
from tenants.invitations import NewPerson, Offer
from tenants.log_in import Credentials

Answer = str | Response | tuple[str, int]


@allow_anyone("the invited person may not have an account yet")
def invitation(token: str) -> Answer:
    """What is offered, and the one next step: join, log in, or make an account."""
    who: Actor | None = g.get("actor")
    if request.method == "POST":
        return _join(who, token) if who else _sign_up(token)
    return _page(token, who, {})


def _join(who: Actor, token: str) -> Answer:
    tenant_id = invitations.accept(session(), who, token)
    opened = sessions.switch_tenant(session(), who, tenant_id)
    flash(_("Welcome. You work here now."), "ok")
    return session_cookie.give(redirect("/", 303), opened)


def _sign_up(token: str) -> Answer:
    settle()
    form = request.form
    person = NewPerson(form.get("name", ""), form.get("password", ""), str(get_locale() or "en"))
    try:
        email = invitations.accept_as_new(token, person)
    except Invalid as refused:
        return _page(token, None, form_errors(refused))
    opened = entry.log_in(Credentials(email, person.password), session_cookie.browser())
    flash(_("Welcome. Your account is ready."), "ok")
    return session_cookie.give(redirect("/", 303), opened)


def _page(token: str, who: Actor | None, errors: dict[str, str]) -> Answer:
    settle()
    offer = invitations.look_up(token)
    page = render_template(
        "account/invitation.html",
        offer=offer,
        role=role_label(offer.role),
        step=_step(offer, who),
        log_in=url_for("account.log_in", next=request.path),
        errors=errors,
        form=request.form,
    )
    return (page, 422) if errors else page


def _step(offer: Offer, who: Actor | None) -> str:
    if who is not None:
        return "join" if read_email(who.email)[1] == read_email(offer.email)[1] else "other_person"
    return "log_in" if offer.has_account else "sign_up"
