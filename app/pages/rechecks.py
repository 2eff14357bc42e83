"""Re-checks of unsold stock: the list, the report with the leads behind each count, and what is done with it."""

import hashlib
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import news, sources
from app.leads.rechecks import queries
from app.leads.rechecks.queries import RecheckView
from app.market import rechecks
from app.market.rechecks import Scope
from app.pages import noticed, query, trade_words
from app.pages.audience import only_for
from app.pages.form_errors import form_errors
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.permissions import Permission

pages = Blueprint("rechecks", __name__, url_prefix="/rechecks")


@pages.get("")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def index() -> str:
    """Every re-check, newest first, and the form for a new one."""
    return _list({})


@pages.post("")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def start() -> Any:
    """Have the unsold leads of an upload, a vertical or a source looked through."""
    scope = Scope(
        batch_id=query.form_id("batch_id"),
        vertical=request.form.get("vertical") or None,
        source_id=query.form_id("source_id"),
    )
    try:
        recheck_id = rechecks.start(session(), actor(), scope)
    except NotFound:
        raise
    except Refused as refused:
        return _list(form_errors(refused)), refused.status
    return redirect(url_for("rechecks.show", recheck_id=recheck_id), 303)


@pages.get("/<uuid:recheck_id>")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def show(recheck_id: UUID) -> str:
    """The re-check under way, or its report."""
    recheck = _recheck(recheck_id)
    return render_template(
        "rechecks/show.html",
        recheck=recheck,
        findings=noticed.findings(recheck),
        crumbs=[
            {"label": _("Re-checks"), "href": url_for("rechecks.index")},
            {"label": recheck.file_name or _("Unsold leads"), "href": None},
        ],
    )


@pages.get("/<uuid:recheck_id>/progress")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def progress(recheck_id: UUID) -> Response:
    """Only the moving part of the page, for polling; unchanged it is not sent again."""
    recheck = _recheck(recheck_id)
    news.seen(session(), actor(), recheck_id)
    answer = Response(render_template("rechecks/_progress.html", recheck=recheck))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    answer.make_conditional(request)
    return answer


@pages.post("/<uuid:recheck_id>/apply")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def apply(recheck_id: UUID) -> Any:
    """Take what may not be sold today off the market."""
    rechecks.apply(session(), actor(), recheck_id)
    return redirect(url_for("rechecks.show", recheck_id=recheck_id), 303)


@pages.post("/<uuid:recheck_id>/cancel")
@allow(Permission.LEAD_WRITE)
@only_for("agency")
def cancel(recheck_id: UUID) -> Any:
    """Stop it where it is."""
    rechecks.cancel(session(), actor(), recheck_id)
    flash(_("The re-check is stopped. What it did by then stands."), "ok")
    return redirect(url_for("rechecks.show", recheck_id=recheck_id), 303)


def _recheck(recheck_id: UUID) -> RecheckView:
    return queries.recheck_view(session(), actor().card().id, recheck_id, clock.now())


def _list(errors: dict[str, str]) -> str:
    tenant_id = actor().card().id
    rows = queries.recheck_page(session(), tenant_id, clock.now(), older_than=query.place(), limit=51)
    return render_template(
        "rechecks/index.html",
        rows=rows[:50],
        after=rows[49].id if len(rows) > 50 else None,
        errors=errors,
        form=request.form,
        verticals=trade_words.vertical_options(),
        sources=[(str(s.id), s.name) for s in sources.listed(session(), tenant_id, has_archived=True)],
        crumbs=[
            {"label": _("Leads"), "href": url_for("leads.index")},
            {"label": _("Re-checks"), "href": None},
        ],
    )
