"""Charts: true to their numbers, told in a sentence, safe to print into a page under the strict policy."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import charts
from app.charts import Chart, Plot, Series

KINDS: list[Callable[[Plot], Chart]] = [
    charts.stacked_bars,
    charts.lines,
    charts.horizontal_bars,
    charts.funnel,
]
values = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30)


def two() -> Plot:
    series = [Series("Pay-per-lead", [30, 10]), Series("Pay-per-action", [10, 50])]
    return Plot(["May", "June"], series, show=lambda value: f"{value:g} EUR")


def rects(chart: Chart, kind: str) -> list[dict[str, str]]:
    drawing = ElementTree.fromstring(chart.svg)  # noqa: S314
    return [rect.attrib for rect in drawing.iter("rect") if rect.get("class") == kind]


def test_bars_are_as_high_as_their_numbers_and_count_from_zero() -> None:
    chart = charts.stacked_bars(two())
    first, second = rects(chart, "s1")
    assert float(first["height"]) == pytest.approx(3 * float(second["height"]), abs=0.1)
    foot = float(first["y"]) + float(first["height"])
    assert foot == pytest.approx(float(second["y"]) + float(second["height"]))
    # a stack of 60 in a plot of 220 pixels that ends at 60: the series together fill it
    tops = [float(rect["y"]) for rect in rects(chart, "s2")]
    assert min(tops) == pytest.approx(10)


def test_bars_below_zero_hang_under_the_line() -> None:
    up, down = rects(charts.stacked_bars(Plot(["a", "b"], [Series("Net", [10, -10])])), "s1")
    zero = 10 + 220 / 2
    assert float(down["y"]) == pytest.approx(zero)
    assert float(down["height"]) == pytest.approx(110)
    assert float(up["y"]) == pytest.approx(10)


def test_the_sentence_comes_from_the_data() -> None:
    chart = charts.stacked_bars(two())
    assert chart.sentence == "Total: from 40 EUR (May) to 60 EUR (June), highest 60 EUR (June)."
    assert f'aria-label="{chart.sentence}"' in chart.svg
    assert charts.lines(two()).sentence.startswith("Pay-per-lead: from 30 EUR (May) to 10 EUR (June)")


def test_a_chart_carries_its_numbers_as_a_table() -> None:
    chart = charts.stacked_bars(two())
    assert chart.head[1:] == chart.legend == ("Pay-per-lead", "Pay-per-action")
    assert [(row.label, row.cells) for row in chart.rows] == [
        ("May", ("30 EUR", "10 EUR")),
        ("June", ("10 EUR", "50 EUR")),
    ]


def test_a_chart_is_a_picture_and_with_links_a_group_whose_bars_lead_to_their_rows() -> None:
    assert 'role="img"' in charts.stacked_bars(two()).svg
    linked = charts.stacked_bars(Plot(["May"], [Series("Leads", [3])], links=["/ledger?from=1&to=2"]))
    assert 'role="group"' in linked.svg
    assert 'href="/ledger?from=1&amp;to=2"' in linked.svg
    assert linked.rows[0].link == "/ledger?from=1&to=2"


def test_horizontal_bars_and_funnels_are_measured_against_the_longest() -> None:
    plot = Plot(["Delivered", "Won"], [Series("Leads", [200, 50])])
    for kind in (charts.horizontal_bars, charts.funnel):
        assert [rect["width"] for rect in rects(kind(plot), "s1")] == ["100.00%", "25.00%"]
    assert charts.funnel(plot).sentence == "Leads: Delivered 200, Won 50 · 25\u00a0%."


def test_the_axis_ends_at_a_round_number() -> None:
    assert re.findall(r'class="tick" x="-8"[^>]*>([^<]*)<', charts.stacked_bars(two()).svg) == [
        "0 EUR",
        "20 EUR",
        "40 EUR",
        "60 EUR",
    ]


def test_a_line_counts_from_zero_too() -> None:
    assert ">0</text>" in charts.lines(Plot(["a", "b"], [Series("Rate", [100, 110])])).svg


def test_the_period_before_is_drawn_faintly_and_fits_in() -> None:
    chart = charts.lines(
        Plot(["a", "b"], [Series("Rate", [1, 2])]), area=True, ghost=Series("Before", [3, 6])
    )
    assert 'class="line ghost"' in chart.svg
    assert 'class="area s1"' in chart.svg
    assert chart.legend == ("Rate",)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_period_says_so(kind: Callable[[Plot], Chart]) -> None:
    chart = kind(Plot([], [Series("Leads", [])]))
    assert chart.sentence == "No data in this period."
    assert chart.rows == ()


@pytest.mark.parametrize("kind", KINDS)
def test_words_from_outside_are_escaped(kind: Callable[[Plot], Chart]) -> None:
    chart = kind(Plot(['<b>"x"'], [Series("<i>", [1])], links=["javascript:'\"<"]))
    ElementTree.fromstring(chart.svg)  # noqa: S314
    assert "<b>" not in chart.svg
    assert "<i>" not in chart.svg


@pytest.mark.parametrize("kind", KINDS)
@given(numbers=values)
def test_any_numbers_make_a_well_formed_drawing_without_inline_style(
    kind: Callable[[Plot], Chart], numbers: list[int]
) -> None:
    chart = kind(Plot([str(i) for i in range(len(numbers))], [Series("Leads", numbers)]))
    drawing = ElementTree.fromstring(chart.svg)  # noqa: S314
    for part in drawing.iter():
        assert "style" not in part.attrib
        for name in ("height", "y", "y1", "cy"):
            assert not part.get(name, "0").startswith("n")
        assert float(part.get("height", "0")) >= 0
        assert float(part.get("width", "0").rstrip("%")) >= 0
    assert len(chart.rows) == len(numbers)


def test_series_must_fit_the_labels_and_be_four_at_most() -> None:
    with pytest.raises(ValueError, match="one entry per label"):
        Plot(["a"], [Series("x", [1, 2])])
    with pytest.raises(ValueError, match="one entry per label"):
        Plot(["a"], [Series("x", [1])], links=["1", "2"])
    with pytest.raises(ValueError, match="one to 4 series"):
        Plot(["a"], [Series(str(i), [1]) for i in range(5)])


def test_a_sparkline_is_silent_unless_it_has_a_sentence() -> None:
    assert 'aria-hidden="true"' in charts.sparkline([1, 2, 3])
    assert 'role="img" aria-label="rises"' in charts.sparkline([1, 2, 3], "rises")
    assert charts.sparkline([5, 5]).count("polyline") == 1
    assert charts.sparkline([1]) == ""
