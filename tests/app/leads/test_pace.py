"""The pace of a check: the newest rows weigh most, and no figure is ever absurd."""

from itertools import pairwise
from math import isfinite

import pytest

from app.leads.pace import MEMORY_SECONDS, PATIENCE_SECONDS, Pace, seconds_left

Steps = list[tuple[int, float]]


@pytest.mark.parametrize(
    ("steps", "rate"),
    [
        ([], None),
        ([(1_000, 0.5)], None),
        ([(0, 30.0)], None),
        ([(1_000, 2.0)], 500.0),
        ([(1_000, 2.0)] * 50, 500.0),
        ([(1_000, 0.0), (1_000, 4.0)], 454.7),
        ([(1_000, -3.0)], None),
        ([(1_000, 1.0)] * 100 + [(100, 1.0)] * 100, 106.0),
        ([(100, 1.0)] * 100 + [(1_000, 1.0)] * 10, 455.6),
    ],
)
def test_a_rate_follows_what_came_last(steps: Steps, rate: float | None) -> None:
    pace = Pace()
    for rows, seconds in steps:
        pace = pace.after(rows, seconds)
    assert pace.rate() == (rate if rate is None else pytest.approx(rate, rel=0.01))


def test_blocks_of_uneven_length_do_not_make_it_jump() -> None:
    pace, told = Pace(), []
    for number in range(60):
        pace = pace.after(5_000, 0.1 if number % 2 else 1.9)
        told.append(pace.rate() or 0.0)
    assert max(told[10:]) / min(told[10:]) < 1.2


def test_in_silence_it_falls_but_not_at_once() -> None:
    pace = Pace(1_000.0, 10.0)
    told = [pace.rate(silent) for silent in (0.0, PATIENCE_SECONDS, 20.0, 60.0, 10 * MEMORY_SECONDS)]
    assert told[0] == told[1] == 100.0
    rates = [one or 0.0 for one in told[1:]]
    assert all(one > other > 0 for one, other in pairwise(rates))
    assert all(map(isfinite, rates))


@pytest.mark.parametrize(
    ("rows", "rate", "left"),
    [(100, 50.0, 2.0), (0, 50.0, 0.0), (-3, 50.0, 0.0), (100, None, None), (100, 0.0, None)],
)
def test_the_time_left_is_never_negative(rows: int, rate: float | None, left: float | None) -> None:
    assert seconds_left(rows, rate) == left
