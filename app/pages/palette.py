"""What the ⌘K palette finds: pages of the menu, and the tenant's own records by name or id."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from flask_babel import gettext as _

from app import navigation
from app.guard import actor, allow_member, session
from app.reports import records

pages = Blueprint("palette", __name__)

GROUPS = {
    "batch": ("uploads.show", "batch_id", "upload"),
    "lead": ("leads.show", "lead_id", "user"),
    "source": ("sources.index", None, "tag"),
    "purchase": ("purchases.lead", "purchase_id", "user"),
    "sale": ("sales.sale", "sale_id", "receipt"),
    "organisation": ("operator.tenant", "tenant_id", "building-2"),
}
"""Kind of record → endpoint, its argument, icon."""


@pages.get("/palette.json")
@allow_member
def find() -> Response:
    """Pages and records that match `q`, at most twenty."""
    words = request.args.get("q", "").strip()[:100]
    who = actor()
    found: list[dict[str, Any]] = [
        {"label": str(e.label), "href": url_for(e.endpoint), "group": _("Pages"), "icon": e.icon, "hint": ""}
        for e in navigation.entries(who)
        if words.casefold() in str(e.label).casefold()
    ]
    if len(words) >= 2 and who.tenant is not None:
        found += [shown for row in records.find(session(), who.tenant.kind, words) if (shown := _show(row))]
    return jsonify(found[:20])


def _show(row: Any) -> dict[str, Any] | None:
    endpoint, argument, icon = GROUPS[row.kind]
    if endpoint not in current_app.view_functions:
        return None
    href = url_for(endpoint, **({argument: row.id} if argument else {}))
    return {"label": row.label, "href": href, "group": _("Records"), "icon": icon, "hint": row.hint}
