"""Suppression lists: of people an agency does not sell, a company has already, or the platform does not take."""

import io
from itertools import islice
from typing import IO, Any, BinaryIO, cast
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app import formats
from app.body_size import takes_files
from app.guard import actor, allow, session
from app.leads import list_uploads, suppression
from app.leads.suppression_file import entries_of
from app.market.suppress import Suppressed, suppress
from app.market.suppress_file import suppress_file
from app.pages.form_errors import form_errors
from tenants.errors import Invalid, NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission

FEW = 1_000
"""Typed entries that are put on the list while their person waits; more are read by a worker, like a file."""

pages = Blueprint("suppression", __name__, url_prefix="/suppression")


@pages.get("")
@allow(Permission.LEAD_READ)
def index() -> str:
    """All lists with their counts."""
    return _lists({})


@pages.post("")
@allow(Permission.SUPPRESSION_WRITE)
def create() -> Any:
    """Open a list."""
    try:
        list_id = suppression.create(session(), actor(), request.form.get("name", ""))
    except Refused as refused:
        return _lists(form_errors(refused)), refused.status
    return redirect(url_for("suppression.show", list_id=list_id), 303)


@pages.get("/<uuid:list_id>")
@allow(Permission.LEAD_READ)
def show(list_id: UUID) -> str:
    """One list: its counts, and the forms to add and take off."""
    return _list(list_id, {})


@pages.post("/<uuid:list_id>/add")
@takes_files
@allow(Permission.SUPPRESSION_WRITE)
def add(list_id: UUID) -> Any:
    """Put a few typed entries on the list at once, and have a worker read a file, or many typed entries."""
    try:
        is_read_already = _add(list_id, request.form.get("entries", ""))
    except NotFound:
        raise
    except Refused as refused:
        errors = form_errors(refused)
        return _list(list_id, errors if "form" not in errors else {"file": errors["form"]}), refused.status
    if is_read_already:
        flash(_("This very file is being read onto the list already."), "warn")
    return redirect(url_for("suppression.show", list_id=list_id), 303)


@pages.post("/<uuid:list_id>/remove")
@allow(Permission.SUPPRESSION_WRITE)
def remove(list_id: UUID) -> Any:
    """Take one entry off."""
    try:
        gone = suppression.remove(session(), actor(), list_id, request.form.get("entry", ""))
    except NotFound:
        raise
    except Refused as refused:
        return _list(list_id, form_errors(refused)), refused.status
    flash(_("Taken off the list.") if gone else _("This was not on the list."), "ok" if gone else "warn")
    return redirect(url_for("suppression.show", list_id=list_id), 303)


@pages.post("/<uuid:list_id>/delete")
@allow(Permission.SUPPRESSION_WRITE)
def delete(list_id: UUID) -> Any:
    """Delete a list with all its entries."""
    is_gone = suppression.delete(session(), actor(), list_id)
    flash(_("The list is deleted.") if is_gone else _("The list is being deleted."), "ok")
    return redirect(url_for("suppression.index"), 303)


def _add(list_id: UUID, typed: str) -> bool:
    """Whether something that was sent is being read already."""
    written = io.BytesIO(typed.encode("utf-8", "replace"))
    few = list(islice(entries_of(written), FEW + 1))
    file = request.files.get("file")
    if not few and not file:
        words = N_("Type some entries, or choose a file.")
        raise Invalid(words, fields={"entries": words})
    files: list[tuple[str, IO[bytes]]] = [(file.filename or "", file.stream)] if file else []
    if len(few) > FEW:
        files.append((_("pasted.txt"), written))
    elif few:
        _tell(suppress(session(), actor(), list_id, few))
    received = [
        suppress_file(session(), actor(), list_id, name, cast(BinaryIO, stream)) for name, stream in files
    ]
    return not all(one.is_new for one in received)


def _tell(done: Suppressed) -> None:
    found = done.entries
    added = ngettext(
        "%(count)s entry added.", "%(count)s entries added.", found.added, count=formats.number(found.added)
    )
    known, unread = formats.number(found.known), formats.number(found.unreadable)
    flash(
        f"{added} {_('On the list already: %(known)s. Unreadable: %(unread)s.', known=known, unread=unread)}",
        "ok",
    )
    if done.closed:
        closed = formats.number(done.closed)
        flash(
            ngettext(
                "%(count)s listing was closed.", "%(count)s listings were closed.", done.closed, count=closed
            ),
            "ok",
        )


def list_title() -> str:
    """What these lists are called for this kind of organisation."""
    return _words()[0]


def _words() -> tuple[str, str]:
    """What the page is called, and what its lists do, for each kind of organisation."""
    kind = actor().card().kind
    if kind == "company":
        return _("Our customers"), _(
            "Whoever is on these lists is not sold to you: you pay only for people you do not have."
        )
    if kind == "operator":
        return _("Suppression"), _(
            "Whoever is on these lists is not taken from any agency, and not sold to anybody."
        )
    return _("Suppression"), _(
        "Whoever is on these lists is rejected when you bring them, and not sold if they are in stock."
    )


def _lists(errors: dict[str, str]) -> str:
    title, subtitle = _words()
    return render_template(
        "suppression/index.html",
        title=title,
        subtitle=subtitle,
        lists=suppression.listed(session(), actor().card().id),
        errors=errors,
        form=request.form,
        may_write=actor().may(Permission.SUPPRESSION_WRITE),
        crumbs=[{"label": title, "href": None}],
    )


def _list(list_id: UUID, errors: dict[str, str]) -> str:
    title, subtitle = _words()
    one = suppression.get(session(), actor().card().id, list_id)
    return render_template(
        "suppression/one.html",
        one=one,
        subtitle=subtitle,
        errors=errors,
        form=request.form,
        uploads=list_uploads.page(session(), actor().card().id, list_id),
        may_write=actor().may(Permission.SUPPRESSION_WRITE) and not one.deleting_since,
        crumbs=[{"label": title, "href": url_for("suppression.index")}, {"label": one.name, "href": None}],
    )
