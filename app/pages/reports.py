"""The reports of agencies and companies: what was traded, what it earned or cost, what became of it; and the rows."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.pages import money_charts, money_view, report_words, trade_words
from app.pages.audience import only_for
from app.reports import agency, company, trade_report
from app.reports.export import Cell
from app.reports.measures import OUTCOMES, Counted, Measure, Place, Trade, TradeReport
from app.reports.trade_report import Side, Wanted
from billing.periods import Period
from tenants.errors import NotFound
from tenants.permissions import Permission

pages = Blueprint("reports", __name__, url_prefix="/reports")

WEEKS = 13


@pages.get("")
@allow(Permission.MONEY_READ)
@only_for("agency", "company")
def index() -> str | Response:
    """The report of a period by one dimension; or a file of its lines."""
    period, by, currency = money_view.period(WEEKS), _by(), actor().card().currency
    found = _report(period, by)
    if kind := money_view.wanted_file():
        return money_view.file_answer(kind, f"report-by-{by}", *_cells(found, by, currency))
    kind_of = actor().card().kind
    return render_template(
        f"reports/{kind_of}.html",
        report=found,
        total=found.total,
        period=period,
        by=by,
        dimensions=report_words.dimensions(kind_of, list(_side().dimensions)),
        chart=money_charts.course(found.weeks, currency, report_words.course_names(kind_of)),
        became=money_charts.outcomes(found.total, report_words.kept_word(kind_of)),
        outcomes=OUTCOMES,
        name_of=lambda line: report_words.line_name(line, by),
        currency=currency,
        days=money_view.days,
        files=money_view.file_links(),
        crumbs=[{"label": _("Report"), "href": None}],
    )


@pages.get("/rows/<measure>")
@allow(Permission.MONEY_READ)
@only_for("agency", "company")
def rows(measure: str) -> str | Response:
    """The trades behind one figure of the report; or a file of them."""
    wanted = Wanted(_measure(measure), money_view.period(WEEKS), _by(), money_view.named("key"))
    tenant_id, currency = actor().card().id, actor().card().currency
    count, amount = trade_report.total(session(), _side(), tenant_id, wanted)
    if kind := money_view.wanted_file():
        money_view.demand_few(count)
        found = trade_report.trades(session(), _side(), tenant_id, wanted, limit=count)
        return money_view.file_answer(kind, f"report-{measure}", *_row_cells(found, currency))
    place = _place()
    found = trade_report.trades(
        session(), _side(), tenant_id, wanted, before=place, limit=money_view.PAGE + 1
    )
    shown = found[: money_view.PAGE]
    return render_template(
        "reports/rows.html",
        trades=shown,
        measure=wanted.measure,
        title=report_words.measure_word(wanted.measure, actor().card().kind),
        count=count,
        amount=amount,
        after=shown[-1].place if len(found) > money_view.PAGE else None,
        link=money_view.trade_link,
        period=wanted.period,
        currency=currency,
        files=money_view.file_links(),
        crumbs=[{"label": _("Report"), "href": url_for("reports.index")}, {"label": _("Rows"), "href": None}],
    )


def _side() -> Side:
    return agency.SIDE if actor().card().kind == "agency" else company.SIDE


def _by() -> str:
    known = list(_side().dimensions)
    chosen = request.args.get("by", known[0])
    return chosen if chosen in known else known[0]


def _measure(written: str) -> Measure:
    try:
        return Measure(written)
    except ValueError as error:
        raise NotFound from error


def _place() -> Place | None:
    found = money_view.place()
    return Place(found.at, found.id) if found else None


def _report(period: Period, by: str) -> TradeReport:
    made = agency.report if actor().card().kind == "agency" else company.report
    return made(session(), actor().card().id, period, by, actor().card().currency)


def _cells(found: TradeReport, by: str, currency: str) -> tuple[list[str], list[Sequence[Cell]]]:
    kind = actor().card().kind
    head = [report_words.dimension_word(by), *report_words.file_head(kind), _("Currency")]
    return head, [
        [report_words.line_name(line, by), *_figures(line, kind, currency), currency] for line in found.lines
    ]


def _figures(line: Counted, kind: str, currency: str) -> list[Cell]:
    def money(*minors: int | None) -> list[Cell]:
        return [money_view.amount(minor, currency) for minor in minors]

    own: list[Any] = [line.leads] if kind == "agency" else []
    last = (line.spend_minor, line.margin_minor) if kind == "agency" else (line.value_minor,)
    counts = [line.sold, line.returned, line.actions, line.kept]
    averages = money(line.per_lead_minor, line.per_action_minor)
    outcomes = [line.outcomes.get(outcome.value, 0) for outcome in OUTCOMES]
    return [*own, *counts, *money(line.ppl_minor, line.ppa_minor, line.returns_minor, line.money_minor), *averages,
            *outcomes, *money(*last)]  # fmt: skip


def _row_cells(found: list[Trade], currency: str) -> tuple[list[str], list[Sequence[Cell]]]:
    head = [
        _("Time"),
        _("Vertical"),
        _("Source"),
        _("Other side"),
        _("Terms"),
        _("Net"),
        _("Currency"),
        _("Trade"),
    ]
    return head, [
        [row.at, trade_words.vertical_name(row.vertical), row.source, row.party, trade_words.word(row.terms, "terms"),
         money_view.amount(row.amount_minor, currency), currency, str(row.id)]
        for row in found
    ]  # fmt: skip
