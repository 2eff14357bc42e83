"""Connections of an agency: who sends leads where, what arrived and what became of it, and how a body is read."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.incoming import bodies, connections, contents
from app.incoming.become import Became, become
from app.incoming.connections import OPTIONAL, SECRETS, NewConnection
from app.incoming.documents import MAIL, parsed
from app.incoming.paths import guess
from app.leads import sources, verticals
from app.pages import query
from app.pages.audience import only_for
from app.pages.connection_words import kinds, said, target_words
from app.pages.form_errors import form_errors
from app.pages.intake_form import offered_facts, typed_facts
from tenants.db import rehearsal
from tenants.errors import Invalid, Refused
from tenants.language import N_
from tenants.permissions import Permission

pages = Blueprint("connections", __name__, url_prefix="/connections")

pages.add_app_template_filter(said)

FIXED_ROWS = 4


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """All connections with what they received."""
    tenant_id = actor().card().id
    return render_template(
        "connections/index.html",
        connections=connections.listed(session(), tenant_id),
        tallies=bodies.tallies(session(), tenant_id),
        source_names={one.id: one.name for one in sources.listed(session(), tenant_id, has_archived=True)},
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=[{"label": _("Connections"), "href": None}],
    )


@pages.get("/new")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def new() -> str:
    """The form for a new one."""
    return _form({})


@pages.post("/new")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def create() -> Any:
    """Make it; its address is shown on this answer and never again."""
    form = request.form
    names = {name for kept in SECRETS.values() for name in kept} | set(OPTIONAL.values())
    secrets = {name: form.get(name, "") for name in names}
    wanted = NewConnection(
        form.get("kind", ""), form.get("name", ""), typed_facts(), secrets, form.get("is_draft") == "1"
    )
    try:
        made, token = connections.create(session(), actor(), wanted)
    except Refused as refused:
        return _form(form_errors(refused)), refused.status
    return _one(made, token)


@pages.get("/<uuid:connection_id>")
@allow(Permission.LEAD_READ)
@only_for("agency")
def one(connection_id: UUID) -> str:
    """One connection with everything it received."""
    return _one(connection_id)


@pages.post("/<uuid:connection_id>")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def change(connection_id: UUID) -> Any:
    """Pause, go on, or delete."""
    deed = request.form.get("do")
    if deed in ("pause", "resume"):
        connections.pause(session(), actor(), connection_id, on=deed == "pause")
    elif deed == "delete":
        connections.delete(session(), actor(), connection_id)
        flash(_("Deleted. Its address receives nothing any more."), "ok")
        return redirect(url_for("connections.index"), 303)
    else:
        raise Invalid(N_("Nothing was chosen."), fields={"do": N_("Nothing was chosen.")})
    flash(_("Saved."), "ok")
    return redirect(url_for("connections.one", connection_id=connection_id), 303)


@pages.post("/<uuid:connection_id>/address")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def rotate(connection_id: UUID) -> str:
    """A new address, shown on this answer and never again."""
    return _one(connection_id, connections.rotate(session(), actor(), connection_id))


@pages.post("/<uuid:connection_id>/bodies/<uuid:body_id>/again")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def again(connection_id: UUID, body_id: UUID) -> Any:
    """Send a body through again."""
    bodies.again(session(), actor(), connection_id, body_id)
    flash(_("It goes through again. Reload in a moment to see what became of it."), "ok")
    return redirect(url_for("connections.one", connection_id=connection_id), 303)


@pages.get("/<uuid:connection_id>/mapping")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def mapping(connection_id: UUID) -> Any:
    """The newest body, and what of it goes where; a mail's places are rules of another page."""
    if connections.get(session(), actor().card().id, connection_id).kind == MAIL:
        return redirect(url_for("mail_rules.show", connection_id=connection_id), 303)
    return _mapping(connection_id, {})


@pages.post("/<uuid:connection_id>/mapping")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def set_mapping(connection_id: UUID) -> Any:
    """Keep the mapping, and try it on the newest body at once; the trial stores nothing."""
    try:
        connections.map_paths(session(), actor(), connection_id, *_typed())
    except Invalid as refused:
        return _mapping(connection_id, form_errors(refused)), refused.status
    return _mapping(connection_id, {}, is_saved=True)


def _typed() -> tuple[dict[str, str], dict[str, str]]:
    form = request.form
    named = zip(form.getlist("place"), form.getlist("target"), strict=False)
    fixed = zip(form.getlist("fixed_target"), form.getlist("fixed_value"), strict=False)
    paths = {path: target for path, target in named if path and target}
    return paths, {target: value.strip() for target, value in fixed if target and value.strip()}


def _one(connection_id: UUID, token: str | None = None) -> str:
    tenant_id = actor().card().id
    found = connections.get(session(), tenant_id, connection_id)
    after = request.args.get("after", "")
    rows = bodies.listed(session(), tenant_id, connection_id, query.one_id(after) if after else None)
    return render_template(
        "connections/one.html",
        row=found,
        address=connections.address(found.kind, token) if token else None,
        mapping_href=url_for(
            f"{'mail_rules.show' if found.kind == MAIL else 'connections.mapping'}", connection_id=found.id
        ),
        bodies=rows[: bodies.PAGE],
        labels=target_words(found.facts),
        after=rows[bodies.PAGE - 1].id if len(rows) > bodies.PAGE else None,
        tally=bodies.tallies(session(), tenant_id).get(connection_id),
        source=sources.get(session(), tenant_id, found.facts.source_id),
        may_write=actor().may(Permission.LEAD_WRITE),
        may_map=actor().may(Permission.CONTACT_READ) and actor().may(Permission.LEAD_WRITE),
        crumbs=_crumbs(found.name),
    )


def _form(errors: dict[str, str]) -> str:
    return render_template(
        "connections/new.html",
        kinds=kinds(),
        form=request.form,
        errors=errors,
        offered=offered_facts(),
        crumbs=_crumbs(_("New")),
    )


def _mapping(connection_id: UUID, errors: dict[str, str], *, is_saved: bool = False) -> str:
    tenant_id = actor().card().id
    found = connections.get(session(), tenant_id, connection_id)
    facts, vertical = found.facts, verticals.get(found.facts.vertical)
    labels = target_words(facts)
    newest = bodies.last(session(), tenant_id, connection_id)
    flat = contents.contents(found, parsed(newest[0], newest[1])) if newest else {}
    kept, fixed = _typed() if errors else (found.mapped.paths, found.mapped.constants)
    chosen = kept or guess(vertical, facts.lead_type, facts.country, flat)
    places = [*flat, *(path for path in chosen if path not in flat)]
    tried: Became | None = None
    if is_saved and newest:
        with rehearsal(session()):
            tried = become(session(), actor(), found, parsed(newest[0], newest[1]), newest[2])
    return render_template(
        "connections/mapping.html",
        row=found,
        rows=[(path, flat.get(path), chosen.get(path)) for path in places],
        fixed=[*fixed.items(), *([("", "")] * FIXED_ROWS)][: max(FIXED_ROWS, len(fixed) + 1)],
        targets=list(labels.items()),
        labels=labels,
        received_at=newest[2] if newest else None,
        is_guess=not kept and bool(chosen),
        is_saved=is_saved,
        tried=tried,
        errors=errors,
        crumbs=[*_crumbs(found.name, connection_id), {"label": _("Mapping"), "href": None}],
    )


def _crumbs(name: str, connection_id: UUID | None = None) -> list[dict[str, Any]]:
    here = url_for("connections.one", connection_id=connection_id) if connection_id else None
    return [{"label": _("Connections"), "href": url_for("connections.index")}, {"label": name, "href": here}]
