"""A tenant's own movements of money."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.periods import asked_period
from app.api.schemas.money import EntryPage, EntryQuery, OwnLines
from app.guard import actor, session
from billing import statements
from billing.accounts import Account
from tenants.permissions import Permission

resource = Resource("journals", "Your own movements of money.")


@resource.get("/journals", Permission.MONEY_READ, Takes(EntryQuery), gives=Gives(EntryPage))
def list_entries(query: dict[str, Any]) -> dict[str, Any]:
    """Your own entries, newest first."""
    wanted = statements.Wanted(
        accounts=tuple(map(Account, query["account"])),
        kinds=tuple(query["kind"]),
        period=asked_period(query, actor().card().time_zone, is_optional=True),
        source_id=query["source_id"],
    )
    place = cursors.read(query["cursor"], datetime, UUID, int)
    rows = statements.entries(
        session(), wanted, before=statements.Place(*place) if place else None, limit=query["limit"] + 1
    )
    return cursors.page(rows, query["limit"], lambda row: (row.event_at, row.journal_id, row.line))


@resource.get("/journals/{journal_id}", Permission.MONEY_READ, gives=Gives(OwnLines))
def read_own_lines(journal_id: UUID) -> dict[str, Any]:
    """Your own lines of one journal; the other side's are its own."""
    return {"items": statements.own_lines(session(), journal_id)}
