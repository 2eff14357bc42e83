"""Unsold leads held against the rules of today, and what is refused taken off the market."""

from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.rechecks import NewRecheck, RecheckPage, RecheckQuery, RecheckReport
from app.guard import actor, session
from app.leads.rechecks.queries import RecheckView, recheck_page, recheck_view
from app.market import rechecks
from app.market.rechecks import Scope
from tenants import clock
from tenants.permissions import Permission

resource = Resource("rechecks", "Unsold leads held against the rules of today.")


@resource.get("/rechecks", Permission.LEAD_READ, Takes(RecheckQuery), gives=Gives(RecheckPage))
def list_rechecks(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's re-checks, newest first."""
    older, limit = cursors.read_id(query["cursor"]), query["limit"]
    rows = recheck_page(session(), actor().card().id, clock.now(), older_than=older, limit=limit + 1)
    return cursors.page(rows, limit, lambda row: (row.id,))


@resource.post(
    "/rechecks",
    Permission.LEAD_WRITE,
    Takes(json=NewRecheck, example={"vertical": "home_solar"}),
    gives=Gives(RecheckReport, 202),
)
def start_recheck(body: dict[str, Any]) -> RecheckView:
    """Have unsold leads looked through by a worker: nothing changes yet.

    Look at GET /rechecks/{recheck_id} until it is `checked` or `failed`.
    """
    return _shown(rechecks.start(session(), actor(), Scope(**body)))


@resource.get("/rechecks/{recheck_id}", Permission.LEAD_READ, gives=Gives(RecheckReport))
def read_recheck(recheck_id: UUID) -> RecheckView:
    """One re-check: how far it is, what it found, what became of that."""
    return _shown(recheck_id)


@resource.post("/rechecks/{recheck_id}/apply", Permission.LEAD_WRITE, gives=Gives(RecheckReport, 202))
def apply_recheck(recheck_id: UUID) -> RecheckView:
    """Have a worker take what may not be sold today off the market; what was sold meanwhile is left alone."""
    rechecks.apply(session(), actor(), recheck_id)
    return _shown(recheck_id)


@resource.post("/rechecks/{recheck_id}/cancel", Permission.LEAD_WRITE, gives=Gives(RecheckReport))
def cancel_recheck(recheck_id: UUID) -> RecheckView:
    """Stop it where it is; what it did by then stands."""
    rechecks.cancel(session(), actor(), recheck_id)
    return _shown(recheck_id)


def _shown(recheck_id: UUID) -> RecheckView:
    return recheck_view(session(), actor().card().id, recheck_id, clock.now())
