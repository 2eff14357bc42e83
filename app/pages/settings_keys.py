"""API keys: made here, shown once, revoked here."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.pages.days import read_day, start_of
from app.pages.form_errors import form_errors
from app.pages.role_words import permission_label
from tenants import api_keys, clock, members
from tenants.errors import Forbidden, Invalid
from tenants.permissions import Permission

Answer = str | Response | tuple[str, int]


@allow(Permission.KEY_WRITE)
def keys() -> Answer:
    """Every key of the organisation, without its secret."""
    return _page({})


@allow(Permission.KEY_WRITE)
def create() -> Answer:
    """Make a key; this answer is the only one that holds its secret."""
    form = request.form
    try:
        made = api_keys.create(
            session(), actor(), form.get("name", ""), form.getlist("scopes"), _end(form.get("expires_on", ""))
        )
    except (Invalid, Forbidden) as refused:
        errors = form_errors(refused)
        return _page({"scopes": errors.pop("form"), **errors} if "form" in errors else errors), refused.status
    return _page({}, secret=made[1], is_fresh=True)


@allow(Permission.KEY_WRITE)
def revoke(key_id: UUID) -> Answer:
    """The key is refused from now on."""
    api_keys.revoke(session(), actor(), key_id)
    flash(_("The key is revoked."), "ok")
    return redirect(url_for("settings.keys"), 303)


def _end(typed: str) -> datetime | None:
    day = read_day(typed, "expires_on")
    return start_of(day + timedelta(days=1)) if day else None


def _page(errors: dict[str, str], *, secret: str | None = None, is_fresh: bool = False) -> str:
    scopes = api_keys.grantable(actor())
    return render_template(
        "settings/keys.html",
        keys=api_keys.keys(session(), actor()),
        makers={member.user_id: member.name for member in members.members(session(), actor())},
        scopes=[(scope.value, permission_label(scope), scope.value) for scope in scopes],
        now=clock.now(),
        secret=secret,
        form={} if is_fresh else request.form,
        chosen=[] if is_fresh else request.form.getlist("scopes"),
        errors=errors,
    )
