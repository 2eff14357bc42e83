"""Steps two and three of an upload: how the file is read, and which column holds what."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import batch_queries, batches, value_meanings
from app.leads.batch_queries import BatchView
from app.leads.check import start_check
from app.leads.files.encoding import ENCODINGS
from app.leads.files.layout import DELIMITERS, Wishes
from app.pages.audience import only_for
from app.pages.columns_view import columns_page, read_form, read_meanings, values_page
from app.pages.form_errors import form_errors
from app.pages.upload_view import batch_of, crumbs, step
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("upload_steps", __name__, url_prefix="/uploads")

_OPEN = ("received", "mapped", "checked", "staged", "failed")
"""While an upload stands here, its earlier steps can be gone back to."""
WORD_OF = {one: "tab" if one == "\t" else one for one in DELIMITERS}
"""A delimiter and the word a form has for it."""
QUOTES = {'"': "double", "'": "single", "": "none"}
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1251": "Windows-1251",
    "cp1250": "Windows-1250",
    "cp1252": "Windows-1252",
    "iso-8859-2": "ISO 8859-2",
    "koi8-u": "KOI8-U",
    "mac-cyrillic": "Mac Cyrillic",
    "cp1254": "Windows-1254",
    "cp866": "CP866",
}


@pages.app_template_filter()
def encoding_name(code: str) -> str:
    """An encoding as people know it."""
    return ENCODING_NAMES.get(code, code)


@pages.get("/<uuid:batch_id>/headers")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def headers_of(batch_id: UUID) -> Any:
    """Step two: how the file is read, with its first rows."""
    batch = batch_of(batch_id)
    return _headers(batch, "") if batch.state in _OPEN else redirect(step(batch), 303)


@pages.post("/<uuid:batch_id>/headers")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def lay_out(batch_id: UUID) -> Any:
    """Read the file as the person says, and show it again."""
    try:
        batches.lay_out(session(), actor(), batch_id, _wishes(batch_of(batch_id)))
    except NotFound:
        raise
    except Refused as refused:
        return _headers(batch_of(batch_id), form_errors(refused)["form"]), refused.status
    return redirect(url_for("upload_steps.headers_of", batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>/columns")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def columns_of(batch_id: UUID) -> Any:
    """Step three: which column holds what, what its values mean, and what holds for all rows."""
    batch = batch_of(batch_id)
    return columns_page(batch) if batch.state in _OPEN else redirect(step(batch), 303)


@pages.post("/<uuid:batch_id>/columns")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def map_columns(batch_id: UUID) -> Any:
    """Keep the mapping and have the whole file checked."""
    batch = batch_of(batch_id)
    form = read_form(batch)
    try:
        value_meanings.keep(session(), actor(), batch, form.meanings)
        batches.set_mapping(session(), actor(), batch_id, form.mapping, form.same, form.orders)
        start_check(session(), actor(), batch_id)
    except NotFound:
        raise
    except Refused as refused:
        return columns_page(batch_of(batch_id), form, refused), refused.status
    return redirect(url_for("upload_check.show", batch_id=batch_id), 303)


@pages.get("/<uuid:batch_id>/columns/<int:number>/values")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def values_of(batch_id: UUID, number: int) -> Any:
    """The values of one column, to be searched, and what each means."""
    batch = batch_of(batch_id)
    if batch.state not in _OPEN:
        return redirect(step(batch), 303)
    return values_page(batch, number) or redirect(url_for("upload_steps.columns_of", batch_id=batch_id), 303)


@pages.post("/<uuid:batch_id>/columns/<int:number>/values")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def keep_values(batch_id: UUID, number: int) -> Any:
    """Keep what the values of one column mean; the next check reads them so."""
    batch = batch_of(batch_id)
    said = {request.form.get(f"values-{number}", ""): read_meanings(number)}
    try:
        value_meanings.keep(session(), actor(), batch, said)
    except NotFound:
        raise
    except Refused as refused:
        flash(form_errors(refused)["form"], "bad")
        return redirect(step(batch), 303)
    return redirect(url_for("upload_steps.columns_of", batch_id=batch_id), 303)


def _wishes(batch: BatchView) -> Wishes:
    """What the form says otherwise than was detected; what was wished before stays wished."""
    form, now = request.form, batch.layout
    delimiters = {word: mark for mark, word in WORD_OF.items()}
    quotes = {word: mark for mark, word in QUOTES.items()}
    said: dict[str, Any] = {
        "encoding": form.get("encoding"),
        "delimiter": delimiters.get(form.get("delimiter", "")),
        "quotechar": quotes.get(form.get("quotechar", "")),
        "sheet": form.get("sheet"),
        "header_row": _row("header_row"),
        "header_rows": _row("header_rows"),
    }
    return Wishes(
        **{
            name: value
            for name, value in said.items()
            if value is not None and (value != now[name] or name in batch.wishes)
        }
    )


def _row(name: str) -> int | None:
    written = request.form.get(name, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 8 else None


def _headers(batch: BatchView, error: str) -> str:
    first = batch_queries.first_rows(session(), actor().card().id, batch.id)
    told = batch.layout
    names = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("bar"), ":": _("colon")}
    return render_template(
        "uploads/headers.html",
        batch=batch,
        error=error,
        raw=first.raw[:20],
        sure=first.sure,
        width=min(max((len(cells) for _number, cells in first.raw), default=1), 60),
        encodings=[(one, encoding_name(one)) for one in ENCODINGS],
        delimiters=[(WORD_OF[one], names.get(one, one)) for one in DELIMITERS],
        delimiter=WORD_OF.get(told["delimiter"], told["delimiter"]),
        quotes=[("double", '" "'), ("single", "' '"), ("none", _("none"))],
        quotechar=QUOTES.get(told["quotechar"], "double"),
        sheets=[(one, one) for one in told["sheets"]],
        rows=[("0", _("No heading")), *((str(n), _("Row %(number)s", number=n)) for n, _cells in first.raw[:20])],
        crumbs=crumbs(batch),
    )  # fmt: skip
