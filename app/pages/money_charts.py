"""The drawings of the reports of money."""

from collections.abc import Sequence
from typing import Any

from babel import dates
from flask import url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from app import charts, formats
from app.charts import Chart, Plot, Series
from app.pages import money_view, trade_words
from app.reports.billing import Report
from app.reports.measures import OUTCOMES, Counted, Step
from billing.periods import Period


def revenue(found: Report, currency: str) -> Chart:
    """Revenue per lead and per action by week or month; every bar leads to its sales and actions."""
    plot = Plot(
        labels=[label(part.period, found.by) for part in found.slices],
        series=[
            Series(_("Per lead"), [part.figures.ppl_minor for part in found.slices]),
            Series(_("Per action"), [part.figures.ppa_minor for part in found.slices]),
        ],
        show=lambda minor: formats.money_text(int(minor), currency),
        tick=lambda minor: formats.money_compact(minor, currency),
        links=[_lines_of(part.period) for part in found.slices],
        label_head=_("Week from") if found.by == "week" else _("Month"),
    )
    return charts.stacked_bars(plot)


def _lines_of(period: Period) -> str:
    days: dict[str, Any] = dict(money_view.days(period))
    return url_for("finance.lines", model=["ppl", "ppa"], **days)


def course(weeks: Sequence[Step], currency: str, names: tuple[str, str]) -> Chart:
    """What a tenant earned or spent by week, per lead and per action."""
    plot = Plot(
        labels=[label(week.period, "week") for week in weeks],
        series=[
            Series(names[0], [week.ppl_minor for week in weeks]),
            Series(names[1], [week.ppa_minor for week in weeks]),
        ],
        show=lambda minor: formats.money_text(int(minor), currency),
        tick=lambda minor: formats.money_compact(minor, currency),
        label_head=_("Week from"),
    )
    return charts.stacked_bars(plot)


def sparks(found: Report) -> dict[str, Markup]:
    """The small course beside each key figure."""
    figures = [part.figures for part in found.slices]
    courses: dict[str, Sequence[float]] = {
        "revenue": [one.revenue_minor for one in figures],
        "commission": [one.commission_minor for one in figures],
        "leads": [one.leads for one in figures],
        "returns": [one.returns_minor for one in figures],
    }
    return {name: charts.sparkline(values) for name, values in courses.items()}


def label(of: Period, by: str) -> str:
    """A week by its first day, a month by its name."""
    pattern = "d MMM" if by == "week" else "LLL y"
    return str(dates.format_date(of.first_on, pattern, locale=get_locale()))


def outcomes(total: Counted, kept_word: str) -> Chart:
    """How many of the traded leads that stayed came how far."""
    plot = Plot(
        labels=[kept_word, *(trade_words.word(one.value, "outcome") for one in OUTCOMES)],
        series=[Series(_("Leads"), [total.kept, *(total.outcomes.get(one.value, 0) for one in OUTCOMES)])],
    )
    return charts.horizontal_bars(plot)
