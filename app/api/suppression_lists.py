"""Lists of people who are not to be sold (an agency's, the platform's), or not to be bought (a company's)."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.list_uploads import ListUpload, ListUploadPage
from app.api.schemas.quarantine import (
    AddedEntries,
    EntriesFile,
    NewEntries,
    NewSuppressionList,
    OneEntry,
    SuppressionList,
    SuppressionListPage,
)
from app.body_size import takes_files
from app.guard import actor, session
from app.leads import list_uploads, suppression
from app.market.suppress import Suppressed, suppress
from app.market.suppress_file import suppress_file
from tenants.permissions import Permission

resource = Resource(
    "suppression-lists", "People who are not to be sold, or not to be bought. Only hashes are kept."
)


@resource.get("/suppression-lists", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(SuppressionListPage))
def list_suppression_lists(query: dict[str, Any]) -> dict[str, Any]:
    """The organisation's lists, by name."""
    return page_of_all(suppression.listed(session(), actor().card().id), query, lambda one: one.id)


@resource.post(
    "/suppression-lists",
    Permission.SUPPRESSION_WRITE,
    Takes(json=NewSuppressionList, example={"name": "Do not call"}),
    gives=Gives(SuppressionList, 201),
)
def create_suppression_list(body: dict[str, Any]) -> Any:
    """Open a list."""
    return _shown(suppression.create(session(), actor(), body["name"]))


@resource.get("/suppression-lists/{list_id}", Permission.LEAD_READ, gives=Gives(SuppressionList))
def read_suppression_list(list_id: UUID) -> Any:
    """One list with its counts."""
    return _shown(list_id)


@resource.delete("/suppression-lists/{list_id}", Permission.SUPPRESSION_WRITE, gives=Gives(status=204))
def delete_suppression_list(list_id: UUID) -> None:
    """Delete a list with all its entries. A long one is gone some time later: what is still on it holds until then."""
    suppression.delete(session(), actor(), list_id)


@resource.post(
    "/suppression-lists/{list_id}/entries",
    Permission.SUPPRESSION_WRITE,
    Takes(json=NewEntries, example={"entries": ["+380671234567", "olena@example.com", "@example.org"]}),
    gives=Gives(AddedEntries),
)
def add_suppression_entries(body: dict[str, Any], list_id: UUID) -> dict[str, int]:
    """Put entries on a list; an agency's open listings of these people are closed."""
    return _said(suppress(session(), actor(), list_id, body["entries"]))


@resource.post(
    "/suppression-lists/{list_id}/file",
    Permission.SUPPRESSION_WRITE,
    Takes(form=EntriesFile),
    gives=Gives(ListUpload, 202),
)
@takes_files
def upload_suppression_entries(form: dict[str, Any], list_id: UUID) -> list_uploads.ListUpload:
    """Have a file of up to a million rows put on a list by a worker (docs/files.md says which files are read).

    Look at GET /suppression-lists/{list_id}/uploads/{list_upload_id} until its state is not `reading`. The same file,
    sent while it is being read, gives the upload that reads it.
    """
    file = form["file"]
    received = suppress_file(session(), actor(), list_id, file.filename or "", file.stream)
    return _upload(list_id, received.id)


@resource.get(
    "/suppression-lists/{list_id}/uploads",
    Permission.LEAD_READ,
    Takes(PageQuery),
    gives=Gives(ListUploadPage),
)
def list_suppression_uploads(query: dict[str, Any], list_id: UUID) -> dict[str, Any]:
    """The files that were sent for a list, newest first."""
    suppression.get(session(), actor().card().id, list_id)
    older, limit = cursors.read_id(query["cursor"]), query["limit"]
    rows = list_uploads.page(session(), actor().card().id, list_id, older_than=older, limit=limit + 1)
    return cursors.page(rows, limit, lambda row: (row.id,))


@resource.get(
    "/suppression-lists/{list_id}/uploads/{list_upload_id}",
    Permission.LEAD_READ,
    gives=Gives(ListUpload),
)
def read_suppression_upload(list_id: UUID, list_upload_id: UUID) -> list_uploads.ListUpload:
    """One file: how far a worker is with it, what it added, and where and why it was refused."""
    return _upload(list_id, list_upload_id)


@resource.post(
    "/suppression-lists/{list_id}/uploads/{list_upload_id}/stop",
    Permission.SUPPRESSION_WRITE,
    gives=Gives(ListUpload),
)
def stop_suppression_upload(list_id: UUID, list_upload_id: UUID) -> list_uploads.ListUpload:
    """Read a file no further; what it added by then stays on the list."""
    list_uploads.stop(session(), actor(), list_id, list_upload_id)
    return _upload(list_id, list_upload_id)


@resource.post(
    "/suppression-lists/{list_id}/entries/remove",
    Permission.SUPPRESSION_WRITE,
    Takes(json=OneEntry, example={"entry": "+380671234567"}),
    gives=Gives(SuppressionList),
)
def remove_suppression_entry(body: dict[str, Any], list_id: UUID) -> Any:
    """Take one entry off a list, in whatever form it came."""
    suppression.remove(session(), actor(), list_id, body["entry"])
    return _shown(list_id)


def _said(done: Suppressed) -> dict[str, int]:
    found = done.entries
    return {
        "added": found.added, "known": found.known, "unreadable": found.unreadable, "closed_listings": done.closed,
    }  # fmt: skip


def _shown(list_id: UUID) -> Any:
    return suppression.get(session(), actor().card().id, list_id)


def _upload(list_id: UUID, upload_id: UUID) -> list_uploads.ListUpload:
    return list_uploads.view(session(), actor().card().id, list_id, upload_id)
