"""The operator's books, for its finance."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.periods import asked_period, named_period
from app.api.schemas.money import Journal, JournalPage, JournalQuery, PeriodQuery, TrialBalance
from app.api.schemas.revenue import RevenueQuery, RevenueReport
from app.guard import actor, session
from app.reports import billing
from billing import books
from billing.accounts import Account
from billing.statements import Place
from tenants.permissions import Permission

resource = Resource("books", "The operator's books: all money, no contacts.")


@resource.get("/books/journals", Permission.PLATFORM_MONEY, Takes(JournalQuery), gives=Gives(JournalPage))
def list_journals(query: dict[str, Any]) -> dict[str, Any]:
    """Journals of everybody, newest first."""
    wanted = books.Wanted(
        kinds=tuple(query["kind"]),
        period=asked_period(query, actor().card().time_zone, is_optional=True),
        tenant_id=query["tenant_id"],
        accounts=tuple(map(Account, query["account"])),
        source_id=query["source_id"],
    )
    place = cursors.read(query["cursor"], datetime, UUID)
    with books.opened(session(), actor()):
        rows = books.journals(
            session(), wanted, before=Place(*place) if place else None, limit=query["limit"] + 1
        )
    return cursors.page(rows, query["limit"], lambda row: (row.event_at, row.id))


@resource.get("/books/journals/{journal_id}", Permission.PLATFORM_MONEY, gives=Gives(Journal))
def read_journal(journal_id: UUID) -> Any:
    """One journal with all its lines."""
    with books.opened(session(), actor()):
        return books.journal(session(), journal_id)


@resource.get(
    "/books/trial-balance", Permission.PLATFORM_MONEY, Takes(PeriodQuery), gives=Gives(TrialBalance)
)
def read_trial_balance(query: dict[str, Any]) -> dict[str, Any]:
    """Every account of everybody together, through a period."""
    period = named_period(query, actor().card().time_zone)
    with books.opened(session(), actor()):
        return {"period": period, "accounts": books.trial_balance(session(), period)}


@resource.get("/books/revenue", Permission.PLATFORM_MONEY, Takes(RevenueQuery), gives=Gives(RevenueReport))
def read_revenue(query: dict[str, Any]) -> dict[str, Any]:
    """The billing report: what was sold per lead and per action, what came back, and our commission."""
    tenant = actor().card()
    with books.opened(session(), actor()):
        found = billing.report(session(), named_period(query, tenant.time_zone), query["by"], tenant.currency)
    return {one.name: getattr(found, one.name) for one in fields(found)} | {"currency": tenant.currency}
