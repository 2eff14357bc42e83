"""The audit log: who did what, filtered by deed, person and day."""

from datetime import timedelta
from uuid import UUID

from flask import render_template, request

from app.guard import actor, allow, session
from app.pages.days import read_day, start_of
from app.pages.deed_words import deed_label, noted, subject_label
from app.pages.shell import url_with
from tenants import audit, members
from tenants.audit import Wanted
from tenants.errors import Invalid
from tenants.language import N_
from tenants.permissions import Permission

PAGE = 50


@allow(Permission.AUDIT_READ)
def audit_log() -> str:
    """A page of deeds, newest first."""
    tenant_id = actor().card().id
    wanted = _wanted()
    found = audit.read(session(), tenant_id, wanted, older_than=_id("after"), limit=PAGE + 1)
    shown, more = found[:PAGE], len(found) > PAGE
    return render_template(
        "settings/audit.html",
        records=shown,
        deeds=[(action, deed_label(action)) for action in audit.actions(session(), tenant_id)],
        people=[(str(each.user_id), each.name) for each in members.members(session(), actor())],
        label=deed_label,
        subject=subject_label,
        noted=noted,
        is_filtered=wanted != Wanted(),
        newer=url_with(after=None) if "after" in request.args else None,
        older=url_with(after=shown[-1].id) if more else None,
    )


def _wanted() -> Wanted:
    since = read_day(request.args.get("from", ""), "from")
    until = read_day(request.args.get("to", ""), "to")
    return Wanted(
        actor_id=_id("who"),
        subject_id=_id("subject"),
        actions=tuple(request.args.getlist("deed")),
        since=start_of(since) if since else None,
        until=start_of(until + timedelta(days=1)) if until else None,
    )


def _id(name: str) -> UUID | None:
    typed = request.args.get(name, "")
    try:
        return UUID(typed) if typed else None
    except ValueError as wrong:
        raise Invalid(N_("There is no such record.")) from wrong
