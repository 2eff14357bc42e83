"""The words of the reports of agencies and companies."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.pages import trade_words
from app.pages.shell import url_with
from app.reports.measures import OUTCOMES, Counted, Measure

_DIMENSIONS = {
    "source": _l("Source"),
    "channel": _l("Channel"),
    "vertical": _l("Vertical"),
    "buyer": _l("Buyer"),
    "agency": _l("Agency"),
}


def dimension_word(by: str) -> str:
    """What a report's lines stand for."""
    return str(_DIMENSIONS[by])


def dimensions(kind: str, known: list[str]) -> list[dict[str, object]]:
    """The choice of what the lines stand for, as the range switch takes it."""
    from flask import request

    chosen = request.args.get("by", known[0])
    return [
        {"label": dimension_word(by), "href": url_with(by=by), "is_current": by == chosen} for by in known
    ]


def line_name(line: Counted, by: str) -> str:
    """What one line stands for."""
    if by == "channel":
        return trade_words.channel_name(line.key)
    return trade_words.vertical_name(line.key) if by == "vertical" else line.name


def measure_word(measure: Measure, kind: str) -> str:
    """What the rows behind a figure are."""
    if measure is Measure.SOLD:
        return str(_("Sold leads") if kind == "agency" else _("Bought leads"))
    if measure is Measure.RETURNED:
        return str(_("Accepted returns"))
    if measure is Measure.KEPT:
        return kept_word(kind)
    if measure is Measure.MONEY:
        return str(_("Earned, after returns") if kind == "agency" else _("Paid, after returns"))
    if measure is Measure.ACTIONS:
        return str(_("Billed actions"))
    return str(_("Leads with the outcome: %(outcome)s", outcome=trade_words.word(measure.value, "outcome")))


def kept_word(kind: str) -> str:
    """What conversion is a share of."""
    return str(_("Sold, not returned") if kind == "agency" else _("Bought, not returned"))


def course_names(kind: str) -> tuple[str, str]:
    """The two parts of the chart."""
    if kind == "agency":
        return _("Earned per lead"), _("Earned per action")
    return _("Paid per lead"), _("Paid per action")


def file_head(kind: str) -> list[str]:
    """The columns of a file of the report, between the name and the currency."""
    outcomes = [trade_words.word(outcome.value, "outcome") for outcome in OUTCOMES]
    if kind == "agency":
        return [_("Leads"), _("Sold"), _("Returned"), _("Actions"), _("Sold and not returned"), _("Earned per lead"),
                _("Earned per action"), _("Returns"), _("Earned"), _("Per kept lead"), _("Per action"), *outcomes,
                _("Spend"), _("Margin")]  # fmt: skip
    return [_("Bought"), _("Returned"), _("Actions"), _("Bought and not returned"), _("Paid per lead"),
            _("Paid per action"), _("Returns"), _("Paid"), _("Cost per lead"), _("Cost per action"), *outcomes,
            _("Deal value")]  # fmt: skip
