"""The journals: every movement of money between tenants, and one of them with all its lines."""

from dataclasses import replace
from uuid import UUID

from flask import Response, render_template, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.pages import money_view, money_words, query
from app.reports.export import Cell
from billing import books
from billing.accounts import CREDIT_ACCOUNTS
from billing.books import JournalRow, Wanted
from tenants.permissions import Permission

WEEKS = 13


@allow(Permission.PLATFORM_MONEY)
def journals() -> str | Response:
    """A page of journals with what the filtered lines sum to; or a file of them."""
    period = money_view.period(WEEKS)
    wanted = Wanted(
        kinds=query.chosen("kind", books.KINDS),
        period=money_view.listed_period(period),
        tenant_id=money_view.optional_id("tenant"),
        accounts=money_view.accounts(),
        source_id=money_view.optional_id("source"),
    )
    with books.opened(session(), actor()):
        count, moved = books.total(session(), wanted)
        kind = money_view.wanted_file()
        if kind:
            money_view.demand_few(count)
            found = books.journals(session(), wanted, limit=count)
        else:
            found = books.journals(session(), wanted, before=money_view.place(), limit=money_view.PAGE + 1)
        tenants = books.traders(session(), also=wanted.tenant_id)
    sign = -1 if wanted.accounts and set(wanted.accounts) <= CREDIT_ACCOUNTS else 1
    found = [replace(row, moved_minor=sign * row.moved_minor) for row in found]
    if kind:
        return money_view.file_answer(kind, "journals", *_cells(found))
    return render_template(
        "finance/journals.html",
        journals=found[: money_view.PAGE],
        count=count,
        moved=sign * moved,
        after=found[money_view.PAGE - 1].place if len(found) > money_view.PAGE else None,
        period=period,
        is_whole=wanted.period is None,
        is_narrow=bool(wanted.accounts or wanted.tenant_id),
        is_filtered=wanted != Wanted(period=period),
        kinds=money_words.kind_options("operator"),
        accounts=money_words.account_options(),
        tenants=[(str(tenant_id), name) for tenant_id, name in tenants],
        files=money_view.file_links(),
        currency=actor().card().currency,
        crumbs=[{"label": _("Journals"), "href": None}],
    )


@allow(Permission.PLATFORM_MONEY)
def journal(journal_id: UUID) -> str:
    """One journal, whole."""
    with books.opened(session(), actor()):
        found = books.journal(session(), journal_id)
    return render_template(
        "finance/journal.html",
        journal=found,
        debit=sum(line.amount_minor for line in found.lines if line.amount_minor > 0),
        crumbs=[
            {"label": _("Journals"), "href": url_for("finance.journals")},
            {"label": money_words.kind_word(found.kind), "href": None},
        ],
    )


def _cells(found: list[JournalRow]) -> tuple[list[str], list[list[Cell]]]:
    head = [
        _("Time"),
        _("Kind"),
        _("Amount"),
        _("Currency"),
        _("Recorded by"),
        _("Note"),
        _("Source"),
        _("Journal"),
    ]
    rows: list[list[Cell]] = [
        [
            row.event_at,
            money_words.kind_word(row.kind),
            money_view.amount(row.moved_minor, row.currency),
            row.currency,
            row.actor,
            row.memo,
            str(row.source_id),
            str(row.id),
        ]
        for row in found
    ]
    return head, rows
