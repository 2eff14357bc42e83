"""An agency's statement: what is held, due and paid, every entry behind it, and the payouts."""

from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.pages import money_view, money_words, query
from app.pages.audience import only_for
from app.pages.shell import url_with
from app.pages.wallet import entries_file
from billing import payouts, statements
from billing.payouts import Due
from billing.statements import AGENCY_ACCOUNTS, Wanted
from tenants.permissions import Permission

pages = Blueprint("statement", __name__, url_prefix="/statement")

WEEKS = 13


@pages.get("")
@allow(Permission.MONEY_READ)
@only_for("agency")
def index() -> str | Response:
    """The statement of a period; or a file of its entries."""
    card, period = actor().card(), money_view.period(WEEKS)
    kinds = query.chosen("kind", money_words.KINDS["agency"])
    wanted = Wanted(
        money_view.accounts(AGENCY_ACCOUNTS) or AGENCY_ACCOUNTS,
        kinds,
        money_view.listed_period(period),
        money_view.optional_id("source"),
    )
    count, total = statements.total(session(), wanted)
    if kind := money_view.wanted_file():
        money_view.demand_few(count)
        return entries_file(kind, "statement", statements.entries(session(), wanted, limit=count))
    rows = statements.entries(session(), wanted, before=money_view.place(), limit=money_view.PAGE + 1)
    return render_template(
        "statement/index.html",
        due=_due(card.id, card.name, card.currency),
        movements=[
            (account, statements.movement(session(), (account,), period, card.currency))
            for account in AGENCY_ACCOUNTS
        ],
        payouts=payouts.payouts(session(), limit=12),
        entries=rows[: money_view.PAGE],
        older=url_with(after=rows[money_view.PAGE - 1].place) if len(rows) > money_view.PAGE else None,
        newer=url_with(after=None) if "after" in request.args else None,
        count=count,
        total=total,
        period=period,
        is_whole=wanted.period is None,
        kinds=money_words.kind_options("agency"),
        accounts=[(one.value, money_words.account_word(one.value)) for one in AGENCY_ACCOUNTS],
        is_filtered=bool(kinds or wanted.source_id or request.args.getlist("account")),
        files=money_view.file_links(),
        currency=card.currency,
        crumbs=[{"label": _("Statement"), "href": None}],
    )


@pages.get("/entries/<uuid:journal_id>")
@allow(Permission.MONEY_READ)
@only_for("agency")
def entry(journal_id: UUID) -> str:
    """The agency's own lines of one movement, and the deed behind it."""
    lines = statements.own_lines(session(), journal_id)
    return render_template(
        "money/entry.html",
        lines=lines,
        source=money_view.source_link(lines[0].kind, lines[0].source_id),
        crumbs=[
            {"label": _("Statement"), "href": url_for("statement.index")},
            {"label": _("Entry"), "href": None},
        ],
    )


def _due(agency_id: UUID, name: str, currency: str) -> Due:
    mine = [due for due in payouts.dues(session()) if due.currency == currency]
    return mine[0] if mine else Due(agency_id, name, currency, 0, 0, 0)
