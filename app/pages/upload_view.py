"""What all pages of one upload share: the upload, its step, its place in the menu."""

from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.guard import actor, session
from app.leads import batch_queries
from app.leads.batch_queries import BatchView

_STEPS = {
    "received": "upload_steps.headers_of",
    "mapped": "upload_steps.columns_of",
    "checking": "upload_check.show",
    "checked": "upload_check.show",
    "failed": "upload_check.show",
    "staging": "upload_offer.publishing",
    "staged": "upload_offer.publishing",
    "publishing": "upload_offer.publishing",
}


def batch_of(batch_id: UUID) -> BatchView:
    """The upload of the reader's agency. Raises `NotFound`."""
    return batch_queries.batch_view(session(), actor().card().id, batch_id)


def step(batch: BatchView) -> str:
    """The address of the step an upload stands at."""
    return url_for(_STEPS.get(batch.state, "uploads.show"), batch_id=batch.id)


def crumbs(batch: BatchView) -> list[dict[str, Any]]:
    """The way back to the list."""
    return [
        {"label": _("Uploads"), "href": url_for("uploads.index")},
        {"label": batch.file_name, "href": None},
    ]


def headings(batch: BatchView) -> list[str]:
    """The columns by their headings; a file without a heading has them numbered."""
    found = batch.headers or [""] * int(batch.layout["width"])
    return [header or _("Column %(number)s", number=number) for number, header in enumerate(found, 1)]
