"""The billing report of the operator, and the rows behind each of its figures."""

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.pages import finance_files, money_charts, money_view, money_words, query, trade_words
from app.reports import billing, revenue_lines
from app.reports.billing import MODELS, By, Figures
from app.reports.revenue_lines import Wanted
from billing import books, inbox, payouts, statements
from billing.statements import WALLET_ACCOUNTS
from tenants.permissions import Permission

WEEKS = 13


@allow(Permission.PLATFORM_MONEY)
def index() -> str | Response:
    """The report of a period, by week or month; or one of its tables as a file."""
    currency, period = actor().card().currency, money_view.period(WEEKS)
    by: By = "month" if request.args.get("by") == "month" else "week"
    with books.opened(session(), actor()):
        found = billing.report(session(), period, by, currency)
        trial = books.trial_balance(session(), period)
        dues = payouts.dues(session())
        wallets = statements.movement(session(), WALLET_ACCOUNTS, period, currency)
        stuck = inbox.stuck(session())
    if kind := money_view.wanted_file():
        return finance_files.table_file(kind, found, trial, dues, wallets)
    return render_template(
        "finance/index.html",
        report=found,
        trial=trial,
        dues=dues,
        wallets=wallets,
        stuck=stuck,
        chart=money_charts.revenue(found, currency),
        sparks=money_charts.sparks(found),
        growth=_growth(found.total, found.before),
        files=finance_files.links(),
        currency=currency,
        period=period,
        days=money_view.days,
        crumbs=[{"label": _("Billing report"), "href": None}],
    )


@allow(Permission.PLATFORM_MONEY)
def lines() -> str | Response:
    """Every sale, action and return behind a figure of the report; or a file of them."""
    currency, period = actor().card().currency, money_view.period(WEEKS)
    models = query.chosen("model", MODELS)
    party = (money_view.optional_id("agency"), money_view.optional_id("company"))
    wanted = Wanted(period, currency, models, *party, money_view.named("vertical"))
    with books.opened(session(), actor()):
        sums = revenue_lines.sums(session(), wanted)
        if kind := money_view.wanted_file():
            money_view.demand_few(sums.count)
            found = revenue_lines.lines(session(), wanted, limit=sums.count)
        else:
            found = revenue_lines.lines(
                session(), wanted, before=money_view.place(), limit=money_view.PAGE + 1
            )
    if kind:
        return money_view.file_answer(kind, "revenue", *finance_files.line_cells(found, currency))
    shown = found[: money_view.PAGE]
    return render_template(
        "finance/lines.html",
        lines=shown,
        sums=sums,
        after=shown[-1].place if len(found) > money_view.PAGE else None,
        period=period,
        models=[(model, str(word)) for model, word in money_words.MODELS.items()],
        verticals=trade_words.vertical_options(),
        agency=shown[0].agency_name if wanted.agency_id and shown else None,
        company=shown[0].company_name if wanted.company_id and shown else None,
        is_filtered=bool(models or wanted.agency_id or wanted.company_id or wanted.vertical),
        files=money_view.file_links(),
        currency=currency,
        crumbs=[
            {"label": _("Billing report"), "href": url_for("finance.index")},
            {"label": _("Sales and actions"), "href": None},
        ],
    )


def _growth(now: Figures, before: Figures) -> dict[str, float | None]:
    pairs = {
        "revenue": (now.revenue_minor, before.revenue_minor),
        "commission": (now.commission_minor, before.commission_minor),
        "leads": (now.leads, before.leads),
        "returns": (now.returns_minor, before.returns_minor),
    }
    return {name: (new - old) / old if old > 0 else None for name, (new, old) in pairs.items()}
