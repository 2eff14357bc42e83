"""What a connection received, opened by those who may see contacts: shown, downloaded as it came, sent through again."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.guard import actor, allow, session
from app.incoming import bodies, connections
from app.incoming.bodies import BodyGone
from app.incoming.documents import MAIL, document, parsed
from app.incoming.mail.mail import Mail
from app.pages.audience import only_for
from app.pages.connection_words import target_words
from tenants.errors import Refused
from tenants.language import N_
from tenants.permissions import Permission

pages = Blueprint("connection_bodies", __name__, url_prefix="/connections")

ENDINGS = {MAIL: "eml", "json": "json"}


@pages.get("/<uuid:connection_id>/bodies/<uuid:body_id>")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def show(connection_id: UUID, body_id: UUID) -> str:
    """What arrived, and what became of it."""
    found = connections.get(session(), actor().card().id, connection_id)
    body, kind, raw = bodies.opened(session(), actor(), connection_id, body_id)
    try:
        value = parsed(kind, raw) if raw is not None else None
    except Refused:
        value = None
    mail = value if isinstance(value, Mail) else None
    return render_template(
        "connections/body.html",
        row=found,
        body=body,
        labels=target_words(found.facts),
        results=bodies.rows(session(), actor().card().id, body),
        mail=mail,
        places=[] if mail else list(document(found.kind, value).items()),
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=[
            {"label": _("Connections"), "href": url_for("connections.index")},
            {"label": found.name, "href": url_for("connections.one", connection_id=found.id)},
            {"label": _("Received"), "href": None},
        ],
    )


@pages.get("/<uuid:connection_id>/bodies/<uuid:body_id>/file")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def download(connection_id: UUID, body_id: UUID) -> Response:
    """As it came, with whatever is attached."""
    _body, kind, raw = bodies.opened(session(), actor(), connection_id, body_id)
    if raw is None:
        raise BodyGone(N_("What was received is kept for 30 days only."))
    name = f"received-{body_id}.{ENDINGS.get(kind, 'txt')}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(raw, content_type="application/octet-stream", headers=headers)


@pages.post("/<uuid:connection_id>/again")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def again(connection_id: UUID) -> Any:
    """Send through again whatever became no lead."""
    connections.get(session(), actor().card().id, connection_id)
    count = bodies.all_again(session(), actor(), connection_id)
    flash(ngettext("%(num)s goes through again.", "%(num)s go through again.", count), "ok")
    return redirect(url_for("connections.one", connection_id=connection_id), 303)
