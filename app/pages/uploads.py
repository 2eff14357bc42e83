"""Uploads of an agency: the list, a new file, and one upload once it is on the market.

Each step of an upload has its own address, so that a tab may be closed at any time and nothing is lost; `step` tells
where an upload stands.
"""

import io
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.body_size import takes_files
from app.guard import actor, allow, session
from app.leads import addressees, batch_queries, batches, consents, file_uploads, sources, verticals
from app.leads.batches import Upload
from app.leads.files.template import template_xlsx
from app.leads.intake_facts import IntakeFacts
from app.leads.targets import CONSUMER, TARGETED
from app.leads.upload_to_batch import LEADS, receive_upload
from app.market.batch_offers import pause_batch, resume_batch, undo_batch
from app.market.batch_trade import batch_trade
from app.pages import noticed, query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.places import country_options
from app.pages.slices import takes_slices
from app.pages.upload_view import batch_of, crumbs, step
from app.wording import sentence
from tenants import clock
from tenants.errors import Invalid, NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission

pages = Blueprint("uploads", __name__, url_prefix="/uploads")
takes_slices(pages, LEADS, Permission.LEAD_WRITE, "uploads.new", "agency")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATES = tuple(trade_words.WORDS["batch"])


@pages.get("")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def index() -> str:
    """Every upload, newest first."""
    states = query.chosen("state", STATES)
    rows = batch_queries.batch_page(
        session(), actor().card().id, states=states, older_than=query.place(), limit=51
    )
    after = rows[49].id if len(rows) > 50 else None
    return render_template(
        "uploads/index.html",
        rows=rows[:50],
        step=step,
        after=after,
        is_filtered=bool(states),
        crumbs=[{"label": _("Uploads"), "href": None}],
    )


@pages.get("/new")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def new() -> str:
    """Step one: the file, or rows pasted from a spreadsheet, and what is true of all its rows."""
    return _form({})


@pages.post("/new")
@takes_files
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def receive() -> Any:
    """Keep the file, which comes with the form or has come slice by slice, then show how it is read."""
    try:
        batch_id = _received()
    except Refused as refused:
        errors = form_errors(refused)
        return _form({"file": errors["form"]} if "form" in errors else errors), refused.status
    return redirect(url_for("upload_steps.headers_of", batch_id=batch_id), 303)


@pages.get("/template/<code>.xlsx")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def template(code: str) -> Response:
    """A workbook to fill in: the columns of a vertical, with examples and allowed values."""
    kind = query.chosen("type", (CONSUMER, TARGETED)) or (CONSUMER,)
    made = template_xlsx(verticals.get(code), kind[0], trade_words.language())
    return send_file(made, XLSX, as_attachment=True, download_name=f"{code}-{kind[0]}.xlsx")


@pages.get("/<uuid:batch_id>")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def show(batch_id: UUID) -> Any:
    """What became of a published upload; an unfinished one leads to its step."""
    batch = batch_of(batch_id)
    if batch.state not in ("published", "paused", "undone", "cancelled"):
        return redirect(step(batch), 303)
    tenant_id = actor().card().id
    return render_template(
        "uploads/show.html",
        batch=batch,
        trade=batch_trade(session(), tenant_id, batch_id),
        noticed=noticed.rows(batch),
        crumbs=crumbs(batch),
    )


@pages.post("/<uuid:batch_id>/pause")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def pause(batch_id: UUID) -> Any:
    """Take the whole upload off the market for a while."""
    pause_batch(session(), actor(), batch_id, clock.now())
    flash(_("The upload is paused. Nothing of it can be bought until you resume it."), "ok")
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/resume")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def resume(batch_id: UUID) -> Any:
    """Offer it again."""
    resume_batch(session(), actor(), batch_id, clock.now())
    flash(_("The upload is on offer again."), "ok")
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/undo")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def undo(batch_id: UUID) -> Any:
    """Withdraw everything unsold."""
    batch = batch_of(batch_id)
    try:
        withdrawn, sold = undo_batch(session(), actor(), batch_id, clock.now())
    except NotFound:
        raise
    except Refused as refused:
        flash(sentence(refused), "bad")
        return redirect(step(batch), 303)
    words = [ngettext("%(num)s lead is withdrawn.", "%(num)s leads are withdrawn.", withdrawn)]
    if sold:
        words.append(
            ngettext(
                "%(num)s sold lead stands; it is no longer offered.",
                "%(num)s sold leads stand; they are no longer offered.",
                sold,
            )
        )
    flash(" ".join(words), "ok")
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/cancel")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def cancel(batch_id: UUID) -> Any:
    """Give an unpublished upload up."""
    batches.cancel(session(), actor(), batch_id)
    flash(_("The upload is cancelled. Its file is deleted."), "ok")
    return redirect(url_for("uploads.index"), 303)


def _received() -> UUID:
    upload_id, file = query.form_id("upload_id"), request.files.get("file")
    if upload_id is None or (file is not None and file.filename):
        return batches.receive(session(), actor(), _upload())
    return receive_upload(session(), actor(), upload_id, _facts())


def _upload() -> Upload:
    file, pasted = request.files.get("file"), request.form.get("pasted", "")
    if file is not None and file.filename:
        return Upload(file.filename, file.stream, _facts())  # type: ignore[arg-type]
    if not pasted.strip():
        words = N_("Choose a file, or paste rows.")
        raise Invalid(words, fields={"file": words})
    return Upload(_("Pasted rows") + ".tsv", io.BytesIO(pasted.encode()), _facts())


def _facts() -> IntakeFacts:
    form = request.form
    return IntakeFacts(
        vertical=form.get("vertical", ""),
        lead_type=form.get("lead_type", ""),
        source_id=query.form_id("source_id") or UUID(int=0),
        country=form.get("country", ""),
        legal_basis=form.get("legal_basis", ""),
        consent_text_id=query.form_id("consent_text_id"),
        addressee_id=query.form_id("addressee_id"),
        max_sales=query.form_count("max_sales"),
    )


def _form(errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    texts = [one for one in consents.listed(session(), tenant_id) if one.is_newest]
    begun = file_uploads.unfinished(session(), actor(), LEADS)
    return render_template(
        "uploads/new.html",
        errors=errors,
        arrived=next((one for one in begun if str(one.id) == request.form.get("upload_id")), None),
        begun=begun,
        slice_bytes=file_uploads.SLICE_BYTES,
        form=request.form,
        verticals=trade_words.vertical_options(),
        sources=[(str(s.id), s.name) for s in sources.listed(session(), tenant_id)],
        consents=[(str(c.id), f"{c.name} · {c.version} · {c.language}") for c in texts],
        addressees=[(str(a.id), a.legal_name) for a in addressees.listed(session(), tenant_id)],
        countries=country_options(),
        country=actor().card().country,
        crumbs=[
            {"label": _("Uploads"), "href": url_for("uploads.index")},
            {"label": _("New upload"), "href": None},
        ],
    )
