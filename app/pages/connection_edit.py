"""Editing a connection: what holds for its leads, and the secrets its sender proves itself with."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.incoming import connections
from app.incoming.connections import OPTIONAL, SECRETS
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.intake_form import offered_facts, typed_facts
from tenants.errors import Refused
from tenants.permissions import Permission

pages = Blueprint("connection_edit", __name__, url_prefix="/connections")


@pages.get("/<uuid:connection_id>/edit")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def edit(connection_id: UUID) -> str:
    """The form, as it is now."""
    return _form(connection_id, {})


@pages.post("/<uuid:connection_id>/edit")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def save(connection_id: UUID) -> Any:
    """Keep it; it holds from the next lead on."""
    form = request.form
    try:
        connections.edit(
            session(),
            actor(),
            connection_id,
            form.get("name", ""),
            typed_facts(),
            form.get("is_draft") == "1",
        )
    except Refused as refused:
        if refused.status == 404:
            raise
        return _form(connection_id, form_errors(refused), form), refused.status
    return _back(connection_id)


@pages.post("/<uuid:connection_id>/secrets")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def secrets(connection_id: UUID) -> Any:
    """Put new secrets in place; the old ones hold on for a day."""
    try:
        connections.replace_secrets(session(), actor(), connection_id, request.form)
    except Refused as refused:
        if refused.status == 404:
            raise
        return _form(connection_id, form_errors(refused)), refused.status
    return _back(connection_id)


def _back(connection_id: UUID) -> Any:
    flash(_("Saved."), "ok")
    return redirect(url_for("connections.one", connection_id=connection_id), 303)


def _form(connection_id: UUID, errors: dict[str, str], typed: Any = None) -> str:
    found = connections.get(session(), actor().card().id, connection_id)
    facts = {name: getattr(found.facts, name) for name in found.facts.__dataclass_fields__}
    now = {**facts, "name": found.name, "is_draft": "1" if found.is_draft else ""}
    may = OPTIONAL.get(found.kind)
    return render_template(
        "connections/edit.html",
        row=found,
        form=typed if typed is not None else now,
        errors=errors,
        secrets=(*SECRETS[found.kind], *([may] if may else [])),
        offered=offered_facts(),
        crumbs=[
            {"label": _("Connections"), "href": url_for("connections.index")},
            {"label": found.name, "href": url_for("connections.one", connection_id=found.id)},
            {"label": _("Edit"), "href": None},
        ],
    )
