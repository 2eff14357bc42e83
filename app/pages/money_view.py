"""What the pages of money share: the period and the place in their address, files of exactly the view, links to trades.

Invariant: a file holds the rows of the view's filter, all of them or none: too many are refused, never cut off.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from babel.numbers import get_currency_precision
from flask import Response, current_app, request, url_for
from flask_babel import lazy_gettext as _l

from app.guard import actor
from app.reports import export
from app.reports.export import Cell, Table
from billing.accounts import Account
from billing.periods import Period, last_weeks, read_period
from billing.statements import Place
from tenants import clock
from tenants.errors import NotFound, Refused
from tenants.language import N_

PAGE = 50
MOST_ROWS = 50_000
MOST_LINES = 1_000
"""Of one journal."""
FILES = {
    export.SHEET: _l("CSV for spreadsheets"),
    export.XLSX: _l("Excel (XLSX)"),
    export.MACHINE: _l("CSV for programs"),
}


class TooManyRows(Refused):
    """The view is larger than one file; none was made."""

    status, code = 422, "too_many_rows"


def zone() -> str:
    """The zone in which this reader's days, weeks and months are counted."""
    return actor().card().time_zone


def period(weeks: int) -> Period:
    """`?from=` and `?to=`, else the last weeks. Raises `Invalid`."""
    usual = last_weeks(weeks, clock.now(), zone())
    return read_period(request.args.get("from", ""), request.args.get("to", ""), usual)


def listed_period(of: Period) -> Period | None:
    """The period of a list: none for `?span=all`, and for one deed, whenever it was, unless days are named too."""
    is_whole = request.args.get("span") == "all" or "source" in request.args
    return None if is_whole and not {"from", "to"} & set(request.args) else of


def days(of: Period) -> dict[str, str]:
    """A period as arguments of an address."""
    return {"from": of.first_on.isoformat(), "to": of.last_on.isoformat()}


def place() -> Place | None:
    """`?after=`: where the page before ended. Raises `NotFound` for what no page ever gave."""
    written = request.args.get("after")
    if not written:
        return None
    try:
        at, row_id, line = written.split("~")
        found = Place(datetime.fromisoformat(at), UUID(row_id), int(line))
    except ValueError as error:
        raise NotFound from error
    if not 0 <= found.line <= MOST_LINES:
        raise NotFound
    return found


def named(name: str) -> str:
    """A word of the address that is compared with words in the database; what these cannot hold matches nothing."""
    return request.args.get(name, "").replace("\0", "\ufffd")


def accounts(allowed: Sequence[Account] = tuple(Account)) -> tuple[Account, ...]:
    """`?account=`, several at once; unknown ones are left out."""
    return tuple(account for account in allowed if account.value in request.args.getlist("account"))


def optional_id(name: str) -> UUID | None:
    """An id of the address, or none. Raises `NotFound` for what is none."""
    written = request.args.get(name)
    try:
        return UUID(written) if written else None
    except ValueError as error:
        raise NotFound from error


def amount(minor: int | None, currency: str) -> Decimal | None:
    """An amount for a file, in major units."""
    return None if minor is None else Decimal(minor).scaleb(-get_currency_precision(currency))


def wanted_file() -> str | None:
    """`?format=`: the kind of file that is asked for instead of the page."""
    kind = request.args.get("format")
    if kind is not None and kind not in export.KINDS:
        raise NotFound
    return kind


def file_links() -> list[tuple[str, str]]:
    """(word, address) of every kind of file of this very view."""
    from app.pages.shell import url_with

    return [(str(word), url_with(format=kind)) for kind, word in FILES.items()]


def demand_few(count: int) -> None:
    """Raises `TooManyRows` when a file would not hold the whole view."""
    if count > MOST_ROWS:
        raise TooManyRows(N_("This view has more than 50,000 rows. Choose a shorter period."), rows=count)


def file_answer(kind: str, name: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Response:
    """The rows as a file with a name of ours."""
    demand_few(len(rows))
    media, ending = export.KINDS[kind]
    on = clock.now().strftime("%Y-%m-%d")
    disposition = f'attachment; filename="{name}-{on}.{ending}"'
    return Response(
        export.write(Table(name, head, rows), kind),
        content_type=media,
        headers={"Content-Disposition": disposition},
    )


def link_to(endpoint: str, **values: Any) -> str | None:
    """The address of a page; None while this installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def trade_link(sale_id: UUID) -> str | None:
    """Where the reader sees the trade behind an amount: the company its lead, the agency its sale."""
    kind = actor().card().kind
    if kind == "company":
        return link_to("purchases.lead", purchase_id=sale_id)
    return link_to("sales.sale", sale_id=sale_id) if kind == "agency" else None


TRADES = frozenset({"sale", "hold", "capture", "hold_release", "return", "release"})
"""Kinds of journals whose source is a trade."""


def source_link(kind: str, source_id: UUID) -> str | None:
    """Where the deed behind a journal is shown to this reader."""
    if kind in TRADES:
        return trade_link(source_id)
    if kind == "top_up" and actor().card().kind == "company":
        return link_to("wallet.top_up", top_up_id=source_id)
    return link_to("statement.index", _anchor="payouts") if kind == "payout" else None
