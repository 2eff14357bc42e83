"""The tables of the billing report as files: the same rows as on the page, in the same order."""

from collections.abc import Sequence
from uuid import UUID

from flask import Response, request
from flask_babel import gettext as _

from app.guard import actor
from app.pages import money_view, money_words, trade_words
from app.pages.shell import url_with
from app.reports.billing import Figures, Report
from app.reports.export import Cell
from app.reports.revenue_lines import RevenueLine
from billing.books import Balance
from billing.payouts import Due
from billing.statements import Movement
from tenants.errors import NotFound

Cells = tuple[list[str], list[list[Cell]]]

TABLES = ("periods", "agencies", "companies", "verticals", "dues", "wallets", "trial")
"""`?table=` of a file."""


def links() -> dict[str, list[tuple[str, str]]]:
    """Table → (word, address) of its files, for exactly this period."""
    return {
        name: [(str(word), url_with(table=name, format=kind)) for kind, word in money_view.FILES.items()]
        for name in TABLES
    }


def table_file(
    kind: str, found: Report, trial: Sequence[Balance], dues: Sequence[Due], wallets: Movement
) -> Response:
    """The table named in the address as a file. Raises `NotFound` for another."""
    name, currency = request.args.get("table", TABLES[0]), actor().card().currency
    made = {
        "periods": lambda: _period_cells(found, currency),
        "agencies": lambda: _share_cells([(one.name, one.figures) for one in found.agencies], currency),
        "companies": lambda: _share_cells([(one.name, one.figures) for one in found.companies], currency),
        "verticals": lambda: _share_cells(
            [(trade_words.vertical_name(one.name), one.figures) for one in found.verticals], currency
        ),
        "dues": lambda: _due_cells(dues),
        "wallets": lambda: _wallet_cells(wallets, currency),
        "trial": lambda: _trial_cells(trial),
    }
    if name not in made:
        raise NotFound
    return money_view.file_answer(kind, f"billing-{name}", *made[name]())


def line_cells(found: Sequence[RevenueLine], currency: str) -> Cells:
    """Head and rows of the list of sales, actions and returns."""
    head = [_("Time"), _("Model"), _("Agency"), _("Company"), _("Vertical"), _("Net"), _("Commission"), _("VAT"),
            _("Currency"), _("Sale"), _("Journal")]  # fmt: skip
    return head, [_line(row, currency) for row in found]


def _line(row: RevenueLine, currency: str) -> list[Cell]:
    amounts = (
        money_view.amount(minor, currency) for minor in (row.net_minor, row.commission_minor, row.vat_minor)
    )
    words = (money_words.model_word(row.model), row.agency_name, row.company_name)
    ids: tuple[UUID, UUID] = (row.sale_id, row.journal_id)
    return [row.event_at, *words, trade_words.vertical_name(row.vertical), *amounts, currency, *map(str, ids)]


def _figures_head() -> list[str]:
    return [_("Per lead"), _("Per action"), _("Revenue"), _("Returns"), _("Commission"), _("VAT"), _("Leads"),
            _("Actions"), _("Returned"), _("Currency")]  # fmt: skip


def _figures(figures: Figures, currency: str) -> list[Cell]:
    amounts = (figures.ppl_minor, figures.ppa_minor, figures.revenue_minor, figures.returns_minor,
               figures.commission_minor, figures.vat_minor)  # fmt: skip
    counts = (figures.leads, figures.actions, figures.returns)
    return [*(money_view.amount(minor, currency) for minor in amounts), *counts, currency]


def _period_cells(found: Report, currency: str) -> Cells:
    rows = [
        [one.period.first_on, one.period.last_on, *_figures(one.figures, currency)] for one in found.slices
    ]
    return [_("From"), _("To"), *_figures_head()], rows


def _share_cells(shares: Sequence[tuple[str, Figures]], currency: str) -> Cells:
    return [_("Name"), *_figures_head()], [[name, *_figures(figures, currency)] for name, figures in shares]


def _due_cells(dues: Sequence[Due]) -> Cells:
    rows = [
        _amounts(due.agency_name, (due.held_minor, due.due_minor, due.paid_minor), due.currency)
        for due in dues
    ]
    return [_("Agency"), _("Held"), _("Due"), _("Paid out"), _("Currency")], rows


def _wallet_cells(wallets: Movement, currency: str) -> Cells:
    moved = [(money_words.kind_word(kind), minor) for kind, minor in wallets.moved_minor.items()]
    parts = [(_("At the start"), wallets.opening_minor), *moved, (_("At the end"), wallets.closing_minor)]
    return [_("Movement"), _("Amount"), _("Currency")], [
        _amounts(word, (minor,), currency) for word, minor in parts
    ]


def _trial_cells(trial: Sequence[Balance]) -> Cells:
    rows = [
        _amounts(
            money_words.account_word(row.account.value),
            (row.opening_minor, row.debit_minor, row.credit_minor, row.closing_minor),
            row.currency,
        )
        for row in trial
    ]
    return [_("Account"), _("At the start"), _("Debit"), _("Credit"), _("At the end"), _("Currency")], rows


def _amounts(name: str, minors: Sequence[int], currency: str) -> list[Cell]:
    return [name, *(money_view.amount(minor, currency) for minor in minors), currency]
