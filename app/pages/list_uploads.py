"""A file on its way onto a suppression list: how far it is, what became of its entries, and where it was refused."""

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import list_uploads, suppression
from app.leads.list_rows import REASONS
from app.leads.list_uploads import ListUpload
from app.pages.suppression import list_title
from app.wording import sentence
from tenants.errors import Refused
from tenants.permissions import Permission

pages = Blueprint("list_uploads", __name__, url_prefix="/suppression/<uuid:list_id>/uploads")


@pages.get("/<uuid:list_upload_id>")
@allow(Permission.LEAD_READ)
def show(list_id: UUID, list_upload_id: UUID) -> str:
    """One file: its progress, then its counts, its reasons, and the first places that were refused."""
    one = suppression.get(session(), actor().card().id, list_id)
    upload = _upload(list_id, list_upload_id)
    return render_template(
        "suppression/upload.html",
        one=one,
        upload=upload,
        failure=_failure(upload),
        reasons=[
            (_(REASONS[code]) if code in REASONS else code, count)
            for code, count in sorted(upload.reasons.items(), key=lambda reason: -reason[1])
        ],
        first=[
            (line, column, _(REASONS[code]) if code in REASONS else code)
            for line, column, code in upload.first_refused
        ],
        passed_over=", ".join(str(column + 1) for column in upload.passed_over),
        may_write=actor().may(Permission.SUPPRESSION_WRITE),
        crumbs=[
            {"label": list_title(), "href": url_for("suppression.index")},
            {"label": one.name, "href": url_for("suppression.show", list_id=list_id)},
            {"label": upload.file_name, "href": None},
        ],
    )


@pages.get("/<uuid:list_upload_id>/progress")
@allow(Permission.LEAD_READ)
def progress(list_id: UUID, list_upload_id: UUID) -> Response:
    """Only the moving part of the page, for polling; unchanged it is not sent again."""
    upload = _upload(list_id, list_upload_id)
    answer = Response(render_template("suppression/_progress.html", upload=upload))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


@pages.post("/<uuid:list_upload_id>/stop")
@allow(Permission.SUPPRESSION_WRITE)
def stop(list_id: UUID, list_upload_id: UUID) -> Any:
    """Read it no further."""
    list_uploads.stop(session(), actor(), list_id, list_upload_id)
    flash(_("The file is read no further. What it added by then stays on the list."), "ok")
    return redirect(url_for("list_uploads.show", list_id=list_id, list_upload_id=list_upload_id), 303)


def _upload(list_id: UUID, upload_id: UUID) -> ListUpload:
    return list_uploads.view(session(), actor().card().id, list_id, upload_id)


def _failure(upload: ListUpload) -> str:
    """Why the file could not be read; empty for a fault of ours."""
    told = upload.failure_told or {}
    return sentence(Refused(told["sentence"], **told.get("details", {}))) if told.get("sentence") else ""
