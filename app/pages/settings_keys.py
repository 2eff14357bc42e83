"""API keys: made here, shown once, revoked here."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.leads import sources
from app.pages.days import read_day, start_of
from app.pages.form_errors import form_errors
from app.pages.role_words import permission_label
from tenants import api_keys, clock, key_limits, members
from tenants.errors import Forbidden, Invalid
from tenants.language import N_
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
            session(),
            actor(),
            form.get("name", ""),
            form.getlist("scopes"),
            _end(form.get("expires_on", "")),
            limits=_limits(source_id=_source(form.get("source_id", ""))),
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


@allow(Permission.KEY_WRITE)
def limit(key_id: UUID) -> Answer:
    """Where a key may call from, and how fast."""
    try:
        key_limits.limit(session(), actor(), key_id, _limits())
    except Invalid as refused:
        return _page(form_errors(refused), is_fresh=True), refused.status
    flash(_("Saved."), "ok")
    return redirect(url_for("settings.keys"), 303)


def _limits(*, source_id: UUID | None = None) -> key_limits.KeyLimits:
    form = request.form
    return key_limits.read_limits(form.get("networks", "").split(), form.get("calls_a_minute", ""), source_id)


def _source(typed: str) -> UUID | None:
    if not typed:
        return None
    for source in _sources():
        if str(source.id) == typed:
            return source.id
    sentence = N_("Choose one of your sources.")
    raise Invalid(sentence, fields={"source_id": sentence})


def _sources() -> list[sources.Source]:
    return sources.listed(session(), actor().card().id) if actor().card().kind == "agency" else []


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
        sources=[(str(one.id), one.name) for one in _sources()],
        source_names={one.id: one.name for one in _sources()},
        most_calls=current_app.config["FLOE"].api_calls_a_minute,
        now=clock.now(),
        secret=secret,
        form={} if is_fresh else request.form,
        chosen=[] if is_fresh else request.form.getlist("scopes"),
        errors=errors,
    )
