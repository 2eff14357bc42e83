"""The quarantine of an agency: leads that wait until somebody has looked, released, discarded, given an owner."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.guard import actor, allow, session
from app.leads import quarantine, quarantine_queries, resting_uploads, verticals
from app.leads.flag_words import FLAGS
from app.leads.intake import Result, Taken
from app.leads.mending import fields_of
from app.leads.quarantine_queries import QuarantineFilter
from app.leads.resting import ORIGINS
from app.market.release import mend, release, release_many
from app.pages import query, screening_words, trade_words
from app.pages.audience import only_for
from app.pages.screening_words import ORIGIN_WORDS, reason
from app.pages.upload_view import batch_of
from tenants import clock, members
from tenants.permissions import Permission

pages = Blueprint("quarantine", __name__, url_prefix="/quarantine")
TYPED = "value."
"""Before the name of every value in the form that mends them."""


@pages.get("")
@allow(Permission.LEAD_READ)
@only_for("agency")
def index() -> str:
    """Who waits, and why."""
    tenant_id, wanted = actor().card().id, _wanted()
    upload_id = wanted.origin_id
    counts = (
        quarantine_queries.counts_of_origin(session(), tenant_id, upload_id)
        if upload_id
        else quarantine_queries.counts_by_reason(session(), tenant_id)
    )
    return render_template(
        "quarantine/index.html",
        page=quarantine_queries.quarantine_page(session(), tenant_id, wanted, older_than=query.place()),
        is_narrow=wanted != QuarantineFilter(),
        upload=batch_of(upload_id) if upload_id else None,
        reason_options=[(code, reason(code), count) for code, count in counts.items()],
        origin_options=[(code, str(ORIGIN_WORDS[code])) for code in ORIGINS],
        owner_options=_members(),
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=[{"label": _("Quarantine"), "href": None}],
    )


@pages.get("/<uuid:quarantined_id>")
@allow(Permission.LEAD_READ)
@only_for("agency")
def show(quarantined_id: UUID) -> str:
    """One of them, without what was sent."""
    return _one(quarantined_id, None)


@pages.post("/<uuid:quarantined_id>/values")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def values(quarantined_id: UUID) -> str:
    """What was sent; each look is logged."""
    return _one(quarantined_id, quarantine.look(session(), actor(), quarantined_id))


@pages.post("/<uuid:quarantined_id>/release")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def let_go(quarantined_id: UUID) -> Any:
    """Release one: every rule runs again."""
    taken = release(
        session(),
        actor(),
        quarantined_id,
        clock.now(),
        accepting=request.form.getlist("accepting"),
        is_draft="offer" not in request.form,
    )
    if taken.lead_id is not None:
        return _gone(taken)
    why = " ".join(reason(one.code) for one in taken.problems)
    flash(_("The lead stays in quarantine: %(why)s", why=why), "warn")
    return redirect(url_for("quarantine.show", quarantined_id=quarantined_id), 303)


@pages.post("/<uuid:quarantined_id>/correct")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def correct(quarantined_id: UUID) -> Any:
    """Mend what was sent, and release it when asked; what is still wrong stands at its field, with what was typed."""
    form = request.form
    taken = mend(
        session(),
        actor(),
        quarantined_id,
        {name.removeprefix(TYPED): text for name, text in form.items() if name.startswith(TYPED)},
        clock.now(),
        accepting=form.getlist("accepting"),
        is_released=form.get("do") == "release",
        is_draft="offer" not in form,
    )
    if taken.lead_id is not None:
        return _gone(taken)
    return _one(quarantined_id, quarantine.look(session(), actor(), quarantined_id), taken)


@pages.post("/<uuid:quarantined_id>/discard")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def discard(quarantined_id: UUID) -> Any:
    """Delete what was sent."""
    quarantine.discard_one(session(), actor(), quarantined_id)
    flash(_("The lead is discarded."), "ok")
    return redirect(url_for("quarantine.index"), 303)


@pages.post("/<uuid:quarantined_id>/owner")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def give(quarantined_id: UUID) -> Any:
    """Give one to a member, or to nobody."""
    owner = request.form.get("member", "")
    quarantine.assign_one(session(), actor(), quarantined_id, query.one_id(owner) if owner else None)
    flash(_("Saved."), "ok")
    return redirect(url_for("quarantine.show", quarantined_id=quarantined_id), 303)


@pages.post("/selected")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def selected() -> Any:
    """Release, discard or take the selected ones."""
    ids, deed = query.picked(), request.form.get("do", "")
    if deed == "discard":
        count = quarantine.discard(session(), actor(), ids)
        flash(ngettext("%(num)d lead is discarded.", "%(num)d leads are discarded.", count), "ok")
    elif deed == "mine":
        count = quarantine.assign(session(), actor(), ids, actor().id)
        flash(ngettext("%(num)d lead is yours now.", "%(num)d leads are yours now.", count), "ok")
    else:
        gone, stay = release_many(session(), actor(), ids, clock.now(), is_looked_at=deed == "release")
        flash(ngettext("%(num)d lead is released.", "%(num)d leads are released.", gone), "ok")
        if stay:
            flash(ngettext("%(num)d lead stays.", "%(num)d leads stay.", stay), "warn")
    return redirect(url_for("quarantine.index"), 303)


def _gone(taken: Taken) -> Any:
    known = taken.result is Result.KNOWN
    flash(_("You have this lead already.") if known else _("The lead is released."), "ok")
    return redirect(url_for("leads.show", lead_id=taken.lead_id), 303)


def _one(quarantined_id: UUID, opened: Any, taken: Taken | None = None) -> str:
    row = quarantine_queries.quarantine_row(session(), actor().card().id, quarantined_id)
    fields = errors = others = None
    if opened is not None:
        vertical = verticals.get(row.vertical)
        fields = fields_of(opened, vertical, row.lead_type, trade_words.language(), row.country)
        problems, others = fields.at_fields(taken.problems if taken else ())
        errors = {name: [screening_words.problem(one) for one in found] for name, found in problems.items()}
    return render_template(
        "quarantine/one.html",
        row=row,
        opened=opened,
        fields=fields,
        typed=TYPED,
        errors=errors,
        others=[screening_words.problem(one) for one in others or ()],
        taken=taken,
        origin=ORIGIN_WORDS[row.origin],
        options=[(code, reason(code)) for code in row.reasons],
        takeable=[(code, reason(code)) for code in row.reasons if code in FLAGS],
        owner_options=_members(),
        is_resting=row.state == "resting",
        waits_for_upload=row.origin == "file"
        and resting_uploads.waits_for_upload(session(), actor().card().id, row.origin_id),
        is_unconfirmed=quarantine.AWAITING_CONFIRMATION in row.reasons,
        may_see=actor().may(Permission.CONTACT_READ),
        may_write=actor().may(Permission.LEAD_WRITE),
        crumbs=[
            {"label": _("Quarantine"), "href": url_for("quarantine.index")},
            {"label": row.external_id or str(row.id)[-8:], "href": None},
        ],
    )


def _members() -> list[tuple[str, str]]:
    return [(str(one.user_id), one.name) for one in members.members(session(), actor())]


def _wanted() -> QuarantineFilter:
    """What rests; of one upload (`?upload=`) also what has left, so that its counts are those of its check."""
    upload = request.args.get("upload")
    return QuarantineFilter(
        states=() if upload else ("resting",),
        origin_id=query.one_id(upload) if upload else None,
        reasons=query.chosen("reason"),
        origins=query.chosen("origin", ORIGINS),
        owner_ids=tuple(query.one_id(one) for one in query.chosen("owner")),
    )
