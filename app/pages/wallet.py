"""A company's wallet: what is free and held, topping it up on Stripe's page, and every movement.

Invariant: the page says paid only when the books do; until then it waits for Stripe's message.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app import formats
from app.guard import actor, allow, session, settle
from app.pages import money_view, money_words, query
from app.pages.audience import only_for
from app.pages.shell import url_with
from app.wording import sentence
from billing import statements, top_ups
from billing.accounts import Account
from billing.statements import WALLET_ACCOUNTS, Entry, Wanted
from billing.top_ups import NewTopUp, TopUp
from tenants.errors import Refused
from tenants.permissions import Permission

pages = Blueprint("wallet", __name__, url_prefix="/wallet")

WEEKS = 13
VIEWS = {"free": (Account.WALLET,), "held": (Account.WALLET_HELD,), "all": WALLET_ACCOUNTS}
"""What of the wallet a view shows."""


@pages.get("")
@allow(Permission.MONEY_READ)
@only_for("company")
def index() -> str | Response:
    """Balance, top-ups, and the entries of a period with what they sum to; or a file of these entries."""
    return _index({})


@pages.post("")
@allow(Permission.MONEY_WRITE)
@only_for("company")
def start() -> Any:
    """Open Stripe's page for a top-up and go there; nothing is open in the database while Stripe is asked."""
    currency, key = actor().card().currency, request.form.get("key", "")
    back = url_for("wallet.top_up", top_up_id=UUID(int=0), _external=True).replace(str(UUID(int=0)), "{id}")
    try:
        minor = formats.read_money(request.form.get("amount", ""), currency)
        wanted = NewTopUp(minor, currency, key, back)
        top_ups.demand_sound(wanted)
    except Refused as refused:
        return _index({"amount": sentence(refused)}), refused.status
    settle()
    try:
        made = top_ups.start(actor(), wanted)
    except Refused as refused:
        flash(_("%(reason)s Nothing was charged.", reason=sentence(refused)), "bad")
        return redirect(url_for("wallet.index"), 303)
    return redirect(made.checkout_url or url_for("wallet.top_up", top_up_id=made.id), 303)


@pages.get("/top-ups/<uuid:top_up_id>")
@allow(Permission.MONEY_READ)
@only_for("company")
def top_up(top_up_id: UUID) -> str:
    """One top-up: where Stripe sends the buyer back to, paid or not."""
    found = top_ups.get(session(), top_up_id)
    return render_template(
        "wallet/top_up.html",
        **_waiting(found),
        crumbs=[
            {"label": _("Wallet"), "href": url_for("wallet.index")},
            {"label": _("Top-up"), "href": None},
        ],
    )


@pages.get("/top-ups/<uuid:top_up_id>/state")
@allow(Permission.MONEY_READ)
@only_for("company")
def top_up_state(top_up_id: UUID) -> str:
    """The part of that page that waits, for refreshing it."""
    return render_template("wallet/_state.html", **_waiting(top_ups.get(session(), top_up_id)))


@pages.get("/entries/<uuid:journal_id>")
@allow(Permission.MONEY_READ)
@only_for("company")
def entry(journal_id: UUID) -> str:
    """The company's own lines of one movement, and the deed behind it."""
    lines = statements.own_lines(session(), journal_id)
    return render_template(
        "money/entry.html",
        lines=lines,
        source=money_view.source_link(lines[0].kind, lines[0].source_id),
        crumbs=[{"label": _("Wallet"), "href": url_for("wallet.index")}, {"label": _("Entry"), "href": None}],
    )


def _waiting(found: TopUp) -> dict[str, Any]:
    is_back = "paid" in request.args
    return {"top_up": found, "waits": is_back and found.state in ("created", "open"), "is_back": is_back}


def _index(errors: dict[str, str]) -> str | Response:
    currency, period = actor().card().currency, money_view.period(WEEKS)
    view = request.args.get("show", "free")
    accounts = VIEWS.get(view, VIEWS["free"])
    kinds = query.chosen("kind", money_words.KINDS["company"])
    wanted = Wanted(accounts, kinds, money_view.listed_period(period), money_view.optional_id("source"))
    count, total = statements.total(session(), wanted)
    if kind := money_view.wanted_file():
        money_view.demand_few(count)
        return entries_file(kind, "wallet", statements.entries(session(), wanted, limit=count))
    rows = statements.entries(session(), wanted, before=money_view.place(), limit=money_view.PAGE + 1)
    return render_template(
        "wallet/index.html",
        wallet=statements.wallet(session(), currency),
        movement=statements.movement(session(), accounts, period, currency),
        top_ups=top_ups.history(session(), limit=5),
        entries=rows[: money_view.PAGE],
        older=url_with(after=rows[money_view.PAGE - 1].place) if len(rows) > money_view.PAGE else None,
        newer=url_with(after=None) if "after" in request.args else None,
        count=count,
        total=total,
        period=period,
        is_whole=wanted.period is None,
        view=view,
        kinds=money_words.kind_options("company"),
        is_filtered=bool(kinds or wanted.source_id),
        files=money_view.file_links(),
        limits=(top_ups.LEAST_MINOR, top_ups.MOST_MINOR),
        key=query.fresh_key(),
        errors=errors,
        currency=currency,
        crumbs=[{"label": _("Wallet"), "href": None}],
    )


def entries_file(kind: str, name: str, rows: list[Entry]) -> Response:
    """Entries of a tenant as a file, in the words of its side."""
    audience = actor().card().kind
    head = [_("Time"), _("Kind"), _("Account"), _("Amount"), _("Currency"), _("Source"), _("Journal")]
    cells = [
        (row.event_at, money_words.kind_word(row.kind, audience), money_words.account_word(row.account.value),
         money_view.amount(row.amount_minor, row.currency), row.currency, str(row.source_id), str(row.journal_id))
        for row in rows
    ]  # fmt: skip
    return money_view.file_answer(kind, name, head, cells)
