"""Sending a file slice by slice from a page: the addresses that the page's script calls, for whatever the file is for.

Invariant: every answer says how much of the file is here, so that the script never has to guess.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, request, url_for

from app.body_size import takes_body
from app.guard import actor, allow, session
from app.leads import file_uploads
from app.leads.file_uploads import SLICE_BYTES, FileUpload, NewFile
from app.pages.audience import only_for
from app.slice_body import OFFSET, read_slice
from tenants.db import transaction
from tenants.permissions import Permission

_ONE = "/slices/<uuid:upload_id>"


def takes_slices(pages: Blueprint, purpose: str, permission: Permission, back: str, *kinds: str) -> None:
    """Give the pages these addresses: begin, how far it is, one slice more, throw it away (also without a script)."""
    views: dict[tuple[str, str, str], Callable[..., Any]] = {
        ("POST", "/slices", "begin_file"): partial(_begin, purpose),
        ("GET", _ONE, "file_so_far"): _so_far,
        ("PATCH", _ONE, "append_slice"): _append,
        ("DELETE", _ONE, "discard_file"): _discard,
        ("POST", f"{_ONE}/remove", "remove_file"): partial(_remove, back),
    }
    for (method, rule, name), view in views.items():
        guarded = allow(permission)(only_for(*kinds)(view))
        if view is _append:  # which refuses what is larger than a slice in words of its own
            guarded = takes_body(2 * SLICE_BYTES)(guarded)
        pages.add_url_rule(rule, name, guarded, methods=[method])


def size_of_form() -> int:
    """The size a form says; 0, which no rule accepts, for what is no number."""
    written = request.form.get("size", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 16 else 0


def _begin(purpose: str) -> Any:
    form = request.form
    file = NewFile(purpose, form.get("name", ""), size_of_form(), form.get("mark", ""))
    return _told(file_uploads.begin(session(), actor(), file)), 201


def _so_far(upload_id: UUID) -> Any:
    return _told(file_uploads.find(session(), actor(), upload_id))


def _append(upload_id: UUID) -> Any:
    file_uploads.find(session(), actor(), upload_id)
    offset, data = read_slice()
    with transaction(actor().card().id) as opened:
        return _told(file_uploads.append(opened, actor(), upload_id, offset, data))


def _discard(upload_id: UUID) -> Any:
    file_uploads.discard(session(), actor(), upload_id)
    return Response(status=204)


def _remove(back: str, upload_id: UUID) -> Any:
    file_uploads.discard(session(), actor(), upload_id)
    return redirect(url_for(back), 303)


def _told(upload: FileUpload) -> Response:
    is_finished = upload.made_id is not None
    answer = jsonify(
        {"id": upload.id, "offset": upload.received, "size": upload.size, "finished": is_finished}
    )
    answer.headers[OFFSET] = str(upload.received)
    return answer
