"""Charts drawn on the server as SVG that takes its colours and width from the page.

Invariant: bars count from zero, a chart carries the table of its own numbers, and its sentence comes from the data.
Nothing here needs a style attribute: positions are percentages across and pixels down, so text keeps its size.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flask_babel import gettext
from markupsafe import Markup, escape

from app.formats import number, percent

_PLOT, _TOP, _FOOT = 220, 10, 26
_ROUND, _BAR_ROW = 3, 44
_MOST_LABELS, _MOST_SERIES = 6, 4


@dataclass(frozen=True)
class Series:
    """One named row of numbers, one per label."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True)
class Plot:
    """What to draw: labels along it, series of numbers, how a number is written, where each label leads.

    `tick` writes the numbers of the axis (short); `label_head` names the first column of the table.
    """

    labels: Sequence[str]
    series: Sequence[Series]
    show: Callable[[float], str] = number
    tick: Callable[[float], str] | None = None
    links: Sequence[str] = ()
    label_head: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= _MOST_SERIES:
            raise ValueError(f"a chart shows one to {_MOST_SERIES} series")
        lengths = {len(one.values) for one in self.series} | ({len(self.links)} if self.links else set())
        if lengths != {len(self.labels)}:
            raise ValueError("every series, and the links, have one entry per label")


@dataclass(frozen=True)
class Row:
    """One line of the data table."""

    label: str
    link: str | None
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """A drawing, the sentence that says what it shows, its legend and its numbers."""

    svg: Markup
    sentence: str
    legend: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        return round(_TOP + _PLOT * (self.high - value) / (self.high - self.low), 2)

    def ticks(self) -> list[float]:
        return [self.low + self.step * i for i in range(round((self.high - self.low) / self.step) + 1)]


def _scale(values: Sequence[float]) -> _Scale:
    lowest, highest = min([0.0, *values]), max([0.0, *values])
    rough = (highest - lowest) / 3 or 1
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    low, high = math.floor(lowest / step) * step, math.ceil(highest / step) * step
    return _Scale(low, high if high > low else low + step, step)


def _table(plot: Plot) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    head = (plot.label_head or gettext("Period"), *(one.name for one in plot.series))
    rows = tuple(
        Row(
            label,
            plot.links[i] if plot.links else None,
            tuple(plot.show(one.values[i]) for one in plot.series),
        )
        for i, label in enumerate(plot.labels)
    )
    return head, rows


def _chart(plot: Plot, drawing: str, sentence: str, height: int, kind: str = "chart") -> Chart:
    # A picture has no parts for a screen reader, so one whose bars are links is a group; both carry the sentence.
    role = "group" if plot.links else "img"
    opening = Markup('<svg class="{}" role="{}" aria-label="{}" width="100%" height="{}">')
    # Only numbers and escaped words are in the drawing.
    svg = opening.format(kind, role, sentence, height) + Markup(drawing) + Markup("</svg>")  # noqa: S704
    head, rows = _table(plot)
    return Chart(svg, sentence, tuple(one.name for one in plot.series), head, rows)


def _axes(plot: Plot, scale: _Scale) -> str:
    write = plot.tick or plot.show
    width, every = 100 / len(plot.labels), math.ceil(len(plot.labels) / _MOST_LABELS)
    parts = []
    for tick in scale.ticks():
        y = scale.y(tick)
        parts.append(f'<line class="{"grid" if tick else "axis"}" x2="100%" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="-8" y="{y + 4}" text-anchor="end">{escape(write(tick))}</text>')
    for i in range(0, len(plot.labels), every):
        place = f'x="{width * (i + 0.5):.2f}%" y="{_TOP + _PLOT + 20}" text-anchor="middle"'
        parts.append(f'<text class="tick" {place}>{escape(plot.labels[i])}</text>')
    return "".join(parts)


def _framed(plot: Plot, scale: _Scale, inside: str, sentence: str) -> Chart:
    # The numbers of the axis stand left of the picture, in the margin the stylesheet leaves for `chart-axes`.
    return _chart(plot, _axes(plot, scale) + inside, sentence, _TOP + _PLOT + _FOOT, "chart chart-axes")


def _linked(plot: Plot, i: int, inside: str) -> str:
    words = "\n".join(f"{one.name}: {plot.show(one.values[i])}" for one in plot.series)
    tip = escape(f"{plot.labels[i]}\n{words}")
    if plot.links:
        # The data table has the same links for the keyboard; twenty more tab stops would only be in the way.
        kind, end = f'a href="{escape(plot.links[i])}" aria-label="{tip}" tabindex="-1"', "a"
    else:
        kind = end = "g"
    return f'<{kind} class="hit" data-tip="{tip}"><title>{tip}</title>{inside}</{end}>'


def _room(plot: Plot, i: int) -> str:
    width = 100 / len(plot.labels)
    return f'<rect class="room" x="{width * i:.2f}%" width="{width:.2f}%" y="{_TOP}" height="{_PLOT}"/>'


def _stack(values: list[tuple[int, float]], scale: _Scale, corner: int) -> str:
    """Rectangles of one column, outermost first: each later one covers the rounded foot of the one before."""
    parts: list[str] = []
    reached = sum(value for _, value in values)
    for at, value in reversed(values):
        top, foot = sorted((scale.y(reached), scale.y(reached - value)))
        rounded = 0 if parts else corner
        parts.append(
            f'<rect class="s{at + 1}" width="100%" y="{top}" height="{foot - top + rounded:.2f}" rx="{rounded}"/>'
        )
        reached -= value
    return "".join(parts)


def _column(plot: Plot, i: int, scale: _Scale) -> str:
    up = [(at, one.values[i]) for at, one in enumerate(plot.series) if one.values[i] > 0]
    down = [(at, one.values[i]) for at, one in enumerate(plot.series) if one.values[i] < 0]
    width = 100 / len(plot.labels)
    height = _TOP + _PLOT if down else scale.y(0)  # the picture ends at zero and so cuts off the rounded feet
    bars = _stack(up, scale, 0 if down else _ROUND) + _stack(down, scale, 0)
    place = f'x="{width * (i + 0.16):.2f}%" width="{width * 0.68:.2f}%" height="{height}"'
    return _linked(plot, i, f"{_room(plot, i)}<svg {place}>{bars}</svg>")


def _course(name: str, plot: Plot, values: Sequence[float]) -> str:
    top = max(range(len(values)), key=values.__getitem__)
    return str(
        gettext(
            "%(name)s: from %(first)s (%(start)s) to %(last)s (%(end)s), highest %(top)s (%(when)s).",
            **{"name": name, "start": plot.labels[0], "end": plot.labels[-1], "when": plot.labels[top]},
            **{"first": plot.show(values[0]), "last": plot.show(values[-1]), "top": plot.show(values[top])},
        )
    )


def _nothing(plot: Plot) -> Chart:
    words = gettext("No data in this period.")
    return _chart(
        plot, f'<text class="tick" x="50%" y="60" text-anchor="middle">{escape(words)}</text>', words, 120
    )


def stacked_bars(plot: Plot) -> Chart:
    """How a whole and its parts change over time; values below zero hang under the line."""
    if not plot.labels:
        return _nothing(plot)
    columns = list(zip(*(one.values for one in plot.series), strict=True))
    ends = [sum(v for v in column if v > 0) for column in columns]
    ends += [sum(v for v in column if v < 0) for column in columns]
    scale = _scale(ends)
    drawing = "".join(_column(plot, i, scale) for i in range(len(columns)))
    name = plot.series[0].name if len(plot.series) == 1 else gettext("Total")
    sentence = _course(name, plot, [sum(column) for column in columns])
    return _framed(plot, scale, drawing, sentence)


def _path(values: Sequence[float], scale: _Scale, kind: str, area: bool) -> str:
    width = 1000 / len(values)
    points = [(round(width * (i + 0.5), 1), scale.y(value)) for i, value in enumerate(values)]
    line = " ".join(f"{x},{y}" for x, y in points)
    ground = f"{points[-1][0]},{scale.y(0)} {points[0][0]},{scale.y(0)}"
    filled = f'<polygon class="area {kind}" points="{line} {ground}"/>' if area else ""
    return f'{filled}<polyline class="line {kind}" points="{line}" vector-effect="non-scaling-stroke"/>'


def lines(plot: Plot, area: bool = False, ghost: Series | None = None) -> Chart:
    """How figures that do not add up (rates, averages) change; `ghost` is the period before, drawn faintly."""
    if not plot.labels:
        return _nothing(plot)
    every = [value for one in (*plot.series, *([ghost] if ghost else [])) for value in one.values]
    scale = _scale(every)
    paths = [_path(ghost.values, scale, "ghost", False)] if ghost else []
    paths += [_path(one.values, scale, f"s{at + 1}", area and at == 0) for at, one in enumerate(plot.series)]
    height, width = _TOP + _PLOT, 100 / len(plot.labels)
    inside = f'<svg width="100%" height="{height}" viewBox="0 0 1000 {height}" preserveAspectRatio="none">'
    inside += "".join(paths) + "</svg>"
    for i in range(len(plot.labels)):
        dots = _room(plot, i)
        for at, one in enumerate(plot.series):
            dots += f'<circle class="dot s{at + 1}" cx="{width * (i + 0.5):.2f}%" cy="{scale.y(one.values[i])}" r="3"/>'
        inside += _linked(plot, i, dots)
    sentence = " ".join(_course(one.name, plot, one.values) for one in plot.series)
    return _framed(plot, scale, inside, sentence)


def _bar_row(plot: Plot, i: int, longest: float, words: str) -> str:
    top, value = i * _BAR_ROW, max(plot.series[0].values[i], 0)
    share = 100 * value / longest if longest else 0
    return _linked(
        plot,
        i,
        f'<rect class="room" x="0" width="100%" y="{top}" height="{_BAR_ROW}"/>'
        f'<text class="bar-label" x="0" y="{top + 16}">{escape(plot.labels[i])}</text>'
        f'<text class="bar-value" x="100%" y="{top + 16}" text-anchor="end">{escape(words)}</text>'
        f'<rect class="track" x="0" width="100%" y="{top + 24}" height="8" rx="2"/>'
        f'<rect class="s1" x="0" width="{share:.2f}%" y="{top + 24}" height="8" rx="2"/>',
    )


def _ranked(plot: Plot, words: Sequence[str]) -> Chart:
    longest = max(plot.series[0].values)
    rows = "".join(_bar_row(plot, i, longest, word) for i, word in enumerate(words))
    listed = ", ".join(f"{label} {word}" for label, word in zip(plot.labels, words, strict=True))
    return _chart(plot, rows, f"{plot.series[0].name}: {listed}.", len(words) * _BAR_ROW)


def horizontal_bars(plot: Plot) -> Chart:
    """Who or what has how much, in the order given (largest first reads best); the first series is drawn."""
    if not plot.labels:
        return _nothing(plot)
    return _ranked(plot, [plot.show(value) for value in plot.series[0].values])


def funnel(plot: Plot) -> Chart:
    """How many are left at each step, and what share of the step before they are."""
    if not plot.labels:
        return _nothing(plot)
    values = plot.series[0].values
    words = [plot.show(values[0])]
    for before, value in pairwise(values):
        words.append(f"{plot.show(value)} · {percent(value / before, 0)}" if before else plot.show(value))
    return _ranked(plot, words)


def sparkline(values: Sequence[float], sentence: str = "") -> Markup:
    """The course of a figure as a small line without axes; with a sentence it is read aloud, else skipped."""
    if len(values) < 2:
        return Markup("")
    low, spread, width = min(values), (max(values) - min(values)) or 1, 90 / (len(values) - 1)
    points = [(round(2 + width * i, 1), round(24 - 20 * (v - low) / spread, 1)) for i, v in enumerate(values)]
    line = " ".join(f"{x},{y}" for x, y in points)
    told = Markup('role="img" aria-label="{}"').format(sentence) if sentence else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="spark" viewBox="0 0 96 28" {}><polygon class="area s1" points="{} 92,28 2,28"/>'
        '<polyline class="line s1" points="{}"/><circle class="s1" cx="{}" cy="{}" r="2"/></svg>'
    ).format(told, line, line, *points[-1])
