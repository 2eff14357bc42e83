"""Uploads of an agency: a file and its facts, its columns, the check of every row, publishing and undoing.

Each step has its own address, so that a tab may be closed at any time and nothing is lost.
"""

from collections import defaultdict
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import (
    addressees,
    batch_queries,
    batches,
    columns,
    consents,
    rejects,
    sources,
    targets,
    verticals,
)
from app.leads.batch_queries import BatchView
from app.leads.batches import Upload
from app.leads.check import start_check
from app.leads.intake_facts import IntakeFacts
from app.leads.reasons import explain
from app.market.batch_offers import publish_batch, undo_batch
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.places import country_options
from app.pages.upload_preview import preview
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("uploads", __name__, url_prefix="/uploads")

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
        after=after,
        is_filtered=bool(states),
        crumbs=[{"label": _("Uploads"), "href": None}],
    )


@pages.get("/new")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def new() -> str:
    """Step one: the file and what is true of all its rows."""
    return _form({})


@pages.post("/new")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def receive() -> Any:
    """Keep the file, then ask for its columns."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _form({"file": _("Choose a file.")}), 422
    try:
        batch_id = batches.receive(session(), actor(), Upload(file.filename, file.stream, _facts()))  # type: ignore[arg-type]
    except Refused as refused:
        errors = form_errors(refused)
        return _form({"file": errors["form"]} if "form" in errors else errors), refused.status
    return redirect(url_for("uploads.columns_of", batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>/columns")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def columns_of(batch_id: UUID) -> str:
    """Step two: which column holds what."""
    return _columns(_batch(batch_id), "")


@pages.post("/<uuid:batch_id>/columns")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def map_columns(batch_id: UUID) -> Any:
    """Keep the mapping and have the whole file checked."""
    wanted = {
        number: target
        for number in range(len(_headings(_batch(batch_id))))
        if (target := request.form.get(f"column-{number}", ""))
    }
    try:
        batches.set_mapping(session(), actor(), batch_id, wanted)
        start_check(session(), actor(), batch_id)
    except NotFound:
        raise
    except Refused as refused:
        return _columns(_batch(batch_id), form_errors(refused)["form"], wanted), refused.status
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def show(batch_id: UUID) -> Any:
    """The check under way, its result, and what became of it."""
    batch = _batch(batch_id)
    if batch.state in ("received", "mapped"):
        return redirect(url_for("uploads.columns_of", batch_id=batch_id), 303)
    tenant_id = actor().card().id
    return render_template(
        "uploads/show.html",
        batch=batch,
        progress=batch_queries.progress(session(), tenant_id, batch_id),
        reasons=[_reason(one) for one in batch_queries.reasons(session(), tenant_id, batch_id)],
        may_see_people=actor().may(Permission.CONTACT_READ),
        crumbs=_crumbs(batch),
    )


@pages.get("/<uuid:batch_id>/progress")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def progress(batch_id: UUID) -> str:
    """Only the moving part of the page, for polling."""
    found = batch_queries.progress(session(), actor().card().id, batch_id)
    return render_template("uploads/_progress.html", batch=_batch(batch_id), progress=found)


@pages.get("/<uuid:batch_id>/rejects.csv")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def rejected_rows(batch_id: UUID) -> Response:
    """The rows that were left out, each with its line and reason."""
    name = _batch(batch_id).file_name.rsplit(".", 1)[0]
    made = rejects.rejects_csv(session(), actor(), batch_id, trade_words.language())
    return send_file(made, "text/csv", as_attachment=True, download_name=f"{name}-rejected.csv")


@pages.post("/<uuid:batch_id>/publish")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def publish(batch_id: UUID) -> Any:
    """Offer every accepted lead."""
    try:
        count = publish_batch(session(), actor(), batch_id, clock.now())
    except NotFound:
        raise
    except Refused as refused:
        flash(form_errors(refused)["form"], "bad")
        return redirect(url_for("uploads.show", batch_id=batch_id), 303)
    flash(_("%(count)s leads are published.", count=count), "ok")
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/undo")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def undo(batch_id: UUID) -> Any:
    """Withdraw everything unsold."""
    withdrawn, sold = undo_batch(session(), actor(), batch_id, clock.now())
    flash(
        _("%(withdrawn)s leads are withdrawn; %(sold)s were sold and stand.", withdrawn=withdrawn, sold=sold),
        "ok",
    )
    return redirect(url_for("uploads.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/cancel")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def cancel(batch_id: UUID) -> Any:
    """Give an unpublished upload up."""
    batches.cancel(session(), actor(), batch_id)
    flash(_("The upload is cancelled. Its file is deleted."), "ok")
    return redirect(url_for("uploads.index"), 303)


def _batch(batch_id: UUID) -> BatchView:
    return batch_queries.batch_view(session(), actor().card().id, batch_id)


def _facts() -> IntakeFacts:
    form = request.form
    most = form.get("max_sales", "").strip()
    return IntakeFacts(
        vertical=form.get("vertical", ""),
        lead_type=form.get("lead_type", ""),
        source_id=_id(form.get("source_id", "")) or UUID(int=0),
        country=form.get("country", ""),
        legal_basis=form.get("legal_basis", ""),
        consent_text_id=_id(form.get("consent_text_id", "")),
        addressee_id=_id(form.get("addressee_id", "")),
        # what is no number is refused as zero is; nothing written means as usual
        max_sales=(int(most) if most.isascii() and most.isdigit() else 0) if most else None,
    )


def _id(written: str) -> UUID | None:
    return query.one_id(written) if written else None


def _form(errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    texts = [one for one in consents.listed(session(), tenant_id) if one.is_newest]
    return render_template(
        "uploads/new.html",
        errors=errors,
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


def _columns(batch: BatchView, error: str, wanted: dict[int, str] | None = None) -> str:
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    rows, headings = batch_queries.samples(session(), actor().card().id, batch.id), _headings(batch)
    found = columns.suggest(batch.headers, rows, vertical, batch.lead_type, batch.country)
    known = targets.targets(vertical, batch.lead_type, trade_words.language())
    chosen = {str(number): target for number, target in wanted.items()} if wanted else batch.mapping
    return render_template(
        "uploads/columns.html",
        batch=batch,
        error=error,
        columns=[_column(number, header, rows, found, chosen) for number, header in enumerate(headings)],
        options=[(t.name, f"{t.label} *" if t.is_required else t.label) for t in known],
        preview=preview(
            batch,
            headings,
            rows,
            {int(number): target for number, target in chosen.items()},
            now=clock.now(),
            time_zone=actor().card().time_zone,
            language=trade_words.language(),
        ),
        mapped=len(chosen),
        crumbs=_crumbs(batch),
    )


def _headings(batch: BatchView) -> list[str]:
    """The columns by their headings; a file without a heading has them numbered."""
    found = batch.headers or [""] * int(batch.layout["width"])
    return [header or _("Column %(number)s", number=number) for number, header in enumerate(found, 1)]


def _column(
    number: int, header: str, rows: list[list[str]], found: list[columns.Suggestion], chosen: dict[str, str]
) -> dict[str, Any]:
    suggestion = next((one for one in found if one.column == number), None)
    target = chosen.get(str(number), "")
    is_sure = suggestion is not None and suggestion.target == target and bool(target)
    return {
        "number": number,
        "header": header,
        "samples": " · ".join([row[number] for row in rows if number < len(row) and row[number]][:3]),
        "target": target,
        "confidence": suggestion.confidence if suggestion and is_sure else None,
        "guess": suggestion.guess if suggestion and not target else None,
    }


def _reason(one: batch_queries.Reason) -> dict[str, Any]:
    unnamed: dict[str, Any] = defaultdict(lambda: "…")  # the values differ from row to row
    sentence = explain(trade_words.language(), one.code, one.column, unnamed)
    return {"kind": one.kind, "sentence": sentence, "count": one.count}


def _crumbs(batch: BatchView) -> list[dict[str, Any]]:
    return [
        {"label": _("Uploads"), "href": url_for("uploads.index")},
        {"label": batch.file_name, "href": None},
    ]
