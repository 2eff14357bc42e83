"""Payouts: what is due to whom, what was paid, and the form that writes down a bank transfer."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app import formats
from app.guard import actor, allow, session
from app.pages import money_view
from app.pages.days import read_day
from app.pages.form_errors import form_errors
from app.reports.export import Cell
from billing import books, payouts
from billing.payouts import NewPayout, Paid
from billing.periods import day_of
from tenants import clock
from tenants.errors import Invalid, NotFound, Refused
from tenants.language import N_
from tenants.permissions import Permission


@allow(Permission.PLATFORM_MONEY)
def payouts_page() -> str | Response:
    """Who is due what, and the payouts made; or a file of them."""
    return _page({})


@allow(Permission.PAYOUT_WRITE)
def record_payout() -> Any:
    """Write down that an agency was paid."""
    try:
        payouts.record(session(), actor(), _typed(), clock.now())
    except NotFound:
        return _page({"agency": _("Choose an agency.")}), 422
    except Refused as refused:
        errors = form_errors(refused)
        if isinstance(refused, payouts.MoreThanDue):
            due = formats.money_text(refused.details["due_minor"], refused.details["currency"])
            errors = {"amount": _("Only %(due)s is due to this agency.", due=due)}
        if isinstance(refused, payouts.ReferenceUsed):
            errors = {"bank_reference": errors["form"]}
        return _page(errors), refused.status
    flash(_("Recorded. The agency sees it on its statement."), "ok")
    return redirect(url_for("finance.payouts"), 303)


def _typed() -> NewPayout:
    form, currency = request.form, actor().card().currency
    try:
        agency_id = UUID(form.get("agency", ""))
    except ValueError as error:
        raise NotFound from error
    try:
        minor = formats.read_money(form.get("amount", ""), currency)
    except Invalid as error:
        raise Invalid(error.message, fields={"amount": error.message}) from error
    paid_on = read_day(form.get("paid_on", ""), "paid_on")
    if paid_on is None:
        raise Invalid(N_("Choose a day."), fields={"paid_on": N_("Choose a day.")})
    return NewPayout(agency_id, minor, currency, form.get("bank_reference", ""), paid_on)


def _page(errors: dict[str, str]) -> str | Response:
    agency_id, place = money_view.optional_id("agency"), money_view.optional_id("after")
    kind = money_view.wanted_file()
    limit = money_view.MOST_ROWS + 1 if kind else money_view.PAGE + 1
    with books.opened(session(), actor()):
        dues = payouts.dues(session())
        found = payouts.payouts(session(), agency_id=agency_id, before=None if kind else place, limit=limit)
    if kind:
        return money_view.file_answer(kind, "payouts", *_cells(found))
    shown = found[: money_view.PAGE]
    return render_template(
        "finance/payouts.html",
        dues=dues,
        payouts=shown,
        after=shown[-1].id if len(found) > money_view.PAGE else None,
        agency_id=agency_id,
        agencies=[(str(due.agency_id), due.agency_name) for due in dues],
        today=day_of(clock.now(), money_view.zone()).isoformat(),
        files=money_view.file_links(),
        errors=errors,
        currency=actor().card().currency,
        crumbs=[{"label": _("Payouts"), "href": None}],
    )


def _cells(found: list[Paid]) -> tuple[list[str], list[list[Cell]]]:
    head = [
        _("Paid on"),
        _("Agency"),
        _("Amount"),
        _("Currency"),
        _("Bank reference"),
        _("Recorded by"),
        _("Recorded"),
    ]
    rows: list[list[Cell]] = [
        [
            row.paid_on,
            row.agency_name,
            money_view.amount(row.amount_minor, row.currency),
            row.currency,
            row.bank_reference,
            row.recorded_by,
            row.recorded_at,
        ]
        for row in found
    ]
    return head, rows
