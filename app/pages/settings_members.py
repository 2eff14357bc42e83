"""Members, invitations and what each role may do, on one page."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.pages import session_cookie
from app.pages.form_errors import form_errors
from app.pages.role_words import ROLE_LABELS, role_label, role_options, role_table
from app.wording import sentence
from tenants import clock, invitations
from tenants import members as deeds
from tenants.errors import Invalid, Refused
from tenants.members import AlreadyMember, LastOwner
from tenants.permissions import Permission

Answer = str | Response | tuple[str, int]


@allow(Permission.MEMBER_WRITE)
def members() -> Answer:
    """Everybody who works here, the open invitations, and the table of roles."""
    return _page({})


@allow(Permission.MEMBER_WRITE)
def invite() -> Answer:
    """Mail an invitation."""
    email = request.form.get("email", "").strip()
    try:
        invitations.invite(session(), actor(), email, request.form.get("role", ""))
    except (Invalid, AlreadyMember) as refused:
        errors = form_errors(refused)
        return _page({"email": errors.pop("form"), **errors} if "form" in errors else errors), refused.status
    flash(_("The invitation is on its way to %(email)s.", email=email), "ok")
    return _back()


@allow(Permission.MEMBER_WRITE)
def revoke(invitation_id: UUID) -> Answer:
    """Take an invitation back."""
    invitations.revoke(session(), actor(), invitation_id)
    flash(_("The invitation is revoked."), "ok")
    return _back()


@allow(Permission.MEMBER_WRITE)
def change_role(user_id: UUID) -> Answer:
    """Give a member another role."""
    role = request.form.get("role", "")
    try:
        deeds.change_role(session(), actor(), user_id, role)
    except LastOwner as refused:
        return _refuse(refused)
    flash(_("The new role is: %(role)s", role=role_label(role)), "ok")
    # who stepped down may not see this page any more
    return redirect("/", 303) if user_id == actor().id else _back()


@allow(Permission.MEMBER_WRITE)
def grant_buying(user_id: UUID) -> Answer:
    """Let an agent buy, or not any more."""
    may_buy = bool(request.form.get("may_buy"))
    deeds.grant_buying(session(), actor(), user_id, may_buy)
    flash(_("This member may buy now.") if may_buy else _("This member does not buy any more."), "ok")
    return _back()


@allow(Permission.MEMBER_WRITE)
def remove(user_id: UUID) -> Answer:
    """Take a member out; they are logged out of this organisation at once."""
    try:
        deeds.remove(session(), actor(), user_id)
    except LastOwner as refused:
        return _refuse(refused)
    flash(_("The member is removed."), "ok")
    if user_id == actor().id:
        return session_cookie.take(redirect(url_for("account.log_in"), 303))
    return _back()


def _refuse(refused: Refused) -> Response:
    # nothing was written: the refusal is raised before the first write
    flash(sentence(refused), "bad")
    return _back()


def _back() -> Response:
    return redirect(url_for("settings.members"), 303)


def _page(errors: dict[str, str]) -> str:
    kind = actor().card().kind
    columns: list[dict[str, Any]] = [
        {"label": _("What")},
        *({"label": label} for label in ROLE_LABELS.values()),
    ]
    return render_template(
        "settings/members.html",
        members=deeds.members(session(), actor()),
        invitations=invitations.open_invitations(session(), actor()),
        me=actor().id,
        kind=kind,
        now=clock.now(),
        roles=role_options(),
        labels=dict(role_options()),
        role_columns=columns,
        role_rows=role_table(kind),
        form=request.form,
        errors=errors,
    )
