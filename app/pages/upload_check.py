"""Step four of an upload: every row checked, what could be put right for many, and the rows that come back mended."""

import hashlib
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.body_size import takes_files
from app.guard import actor, allow, session
from app.leads import batch_queries, fixes, news, rejects, targets, verticals
from app.leads.allowed_values import allowed_values
from app.leads.batch_queries import BatchView
from app.leads.check_again import check_again as check_once_more
from app.leads.corrections import correct
from app.leads.fixes import Fixes
from app.leads.likely import likely
from app.leads.quarantine_queries import counts_of_origin
from app.leads.reasons import explain
from app.pages import noticed, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from app.pages.upload_view import batch_of, crumbs, step
from app.wording import sentence
from tenants import crypto
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("upload_check", __name__, url_prefix="/uploads")

_HERE = ("checking", "checked", "failed", "staged", "mapped")
SHOWN_VALUES = 12
"""Unknown values of one field that the page shows, the commonest first."""

SHOWN_UPLOADS = 3
"""Uploads that the page names as those whose leads were met."""


@pages.get("/<uuid:batch_id>/check")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def show(batch_id: UUID) -> Any:
    """The check under way, or its result."""
    return _page(batch_of(batch_id), "")


@pages.post("/<uuid:batch_id>/check")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def check_again(batch_id: UUID) -> Any:
    """Check the whole file once more under today's rules."""
    batch = batch_of(batch_id)
    try:
        check_once_more(session(), actor(), batch_id)
    except NotFound:
        raise
    except Refused as refused:
        return _refused(batch, form_errors(refused).get("form", sentence(refused)), refused.status)
    return redirect(url_for("upload_check.show", batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>/progress")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def progress(batch_id: UUID) -> Response:
    """Only the moving part of the page, for polling; unchanged it is not sent again."""
    batch = batch_of(batch_id)
    found = batch_queries.progress(session(), actor().card().id, batch_id)
    news.seen(session(), actor(), batch_id)
    answer = Response(render_template("uploads/_progress.html", batch=batch, progress=found))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


@pages.get("/<uuid:batch_id>/rejects.csv")
@allow(Permission.CONTACT_READ)
@only_for("agency")
def rejected_rows(batch_id: UUID) -> Response:
    """The rows that were left out, each with its line and reason."""
    name = batch_of(batch_id).file_name.rsplit(".", 1)[0]
    made = rejects.rejects_csv(session(), actor(), batch_id, trade_words.language())
    return send_file(made, "text/csv", as_attachment=True, download_name=f"{name}-rejected.csv")


@pages.post("/<uuid:batch_id>/fixes")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def put_right(batch_id: UUID) -> Any:
    """Put many rows right and check the file again; what was decided before stays decided."""
    batch = batch_of(batch_id)
    vault = crypto.vault(session(), actor().card().id)
    before = fixes.decided(session(), vault, batch_id)
    values = {target: dict(meant) for target, meant in before.values.items()}
    for target, counts in fixes.noticed(session(), vault, batch_id).values.items():
        for place, (written, _count) in enumerate(counts.most_common(SHOWN_VALUES)):
            if meant := request.form.get(f"value-{target}-{place}", ""):
                values.setdefault(target, {})[written] = {"-": "", "!": None}.get(meant, meant)
    repairs = before.repairs | {kind for kind in ("phone", "email") if request.form.get(f"repair-{kind}")}
    try:
        _decide(batch_id, Fixes(values, repairs))
    except NotFound:
        raise
    except Refused as refused:
        return _refused(batch, form_errors(refused).get("form", sentence(refused)), refused.status)
    return redirect(url_for("upload_check.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/fixes/undo")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def undo_fixes(batch_id: UUID) -> Any:
    """Take back what was put right for many rows, and check the file as it is."""
    batch = batch_of(batch_id)
    try:
        _decide(batch_id, Fixes())
    except NotFound:
        raise
    except Refused as refused:
        return _refused(batch, form_errors(refused).get("form", sentence(refused)), refused.status)
    return redirect(url_for("upload_check.show", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/corrected")
@takes_files
@allow(Permission.CONTACT_READ)
@only_for("agency")
def corrected(batch_id: UUID) -> Any:
    """Take the mended file of rejects back and check the file again."""
    batch, file = batch_of(batch_id), request.files.get("corrected")
    if file is None or not file.filename:
        return _refused(batch, _("Choose a file."), 422)
    try:
        count = correct(session(), actor(), batch_id, file.stream)  # type: ignore[arg-type]
        check_once_more(session(), actor(), batch_id)
    except NotFound:
        raise
    except Refused as refused:
        return _refused(batch, form_errors(refused).get("form", sentence(refused)), refused.status)
    flash(ngettext("%(num)s corrected row was taken.", "%(num)s corrected rows were taken.", count), "ok")
    return redirect(url_for("upload_check.show", batch_id=batch_id), 303)


def _refused(batch: BatchView, words: str, status: int) -> Any:
    """The page with the refusal; an upload that is not at this step says so at its own."""
    if batch.state in _HERE:
        return _page(batch, words), status
    flash(words, "bad")
    return redirect(step(batch), 303)


def _decide(batch_id: UUID, decided: Fixes) -> None:
    """Both or neither: a file that cannot be checked now keeps what was decided before."""
    with session().begin_nested():
        fixes.decide(session(), actor(), batch_id, decided)
        check_once_more(session(), actor(), batch_id)


def _page(batch: BatchView, error: str) -> Any:
    if batch.state not in _HERE:
        return redirect(step(batch), 303)
    tenant_id = actor().card().id
    vault = crypto.vault(session(), tenant_id)
    found = batch_queries.reasons(session(), tenant_id, batch.id)
    waits = counts_of_origin(session(), tenant_id, batch.id) if batch.quarantined else {}
    return render_template(
        "uploads/check.html",
        batch=batch,
        error=error,
        failure=_failure(batch),
        progress=batch_queries.progress(session(), tenant_id, batch.id),
        reasons=[
            *noticed.rows(batch),
            *noticed.waiting(batch, waits),
            *(_reason(batch, one) for one in found),
        ],
        met=_met(found),
        found=fixes.noticed(session(), vault, batch.id),
        values=_values(batch, fixes.noticed(session(), vault, batch.id)),
        decided=fixes.decided(session(), vault, batch.id),
        may_see_people=actor().may(Permission.CONTACT_READ),
        crumbs=crumbs(batch),
    )


def _met(found: list[batch_queries.Reason]) -> list[dict[str, Any]]:
    """The unpublished uploads whose leads made rows of this one duplicates, the one with most first."""
    rows: Counter[UUID] = Counter()
    for one in found:
        rows.update({upload.id: upload.count for upload in one.uploads})
    known = {upload.id: upload for one in found for upload in one.uploads}
    return [{"upload": known[one], "count": count} for one, count in rows.most_common(SHOWN_UPLOADS)]


def _failure(batch: BatchView) -> str:
    """Why the file could not be read; empty for a fault of ours."""
    told = batch.failure_told or {}
    return sentence(Refused(told["sentence"], **told.get("details", {}))) if told.get("sentence") else ""


def _values(batch: BatchView, found: fixes.Noticed) -> list[dict[str, Any]]:
    """Each field with the values nobody knows, how many rows hold them, and what they most probably mean."""
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    language = trade_words.language()
    labels = {one.name: one.label for one in targets.targets(vertical, batch.lead_type, language)}
    shown = []
    for target, counts in sorted(found.values.items()):
        options = allowed_values(vertical, target, language, batch.country)
        if options:
            rows = [
                {"place": place, "written": written, "count": count, "likely": likely(written, options)}
                for place, (written, count) in enumerate(counts.most_common(SHOWN_VALUES))
            ]
            shown.append(
                {"target": target, "label": labels.get(target, target), "options": options, "rows": rows}
            )
    return shown


def _reason(batch: BatchView, one: batch_queries.Reason) -> dict[str, Any]:
    unnamed: dict[str, Any] = defaultdict(lambda: "…", one.params)  # other values differ from row to row
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    told = explain(trade_words.language(), one.code, one.column, unnamed, vertical)
    return {"kind": one.kind, "sentence": told, "count": one.count, "href": None}
