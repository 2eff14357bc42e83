"""Values counted while a file is read: whole columns or none, within bounds."""

import pytest

from app.leads import tally
from app.leads.files.layout import BrokenRow
from app.leads.tally import Counted, Tally, of_samples, of_whole, unpacked


def counted(rows: list[list[str]], column: int) -> Counted | None:
    made = Tally(2)
    made.add(list(enumerate(rows, 2)))
    return of_whole(unpacked(made.packed()), column)


def test_values_are_counted_the_commonest_first_and_empty_cells_are_none() -> None:
    rows = [["a", "x"], ["b", "—"], ["b ", ""], ["b", "x"], ["only one cell"]]
    assert counted(rows, 0) == Counted([("b", 3), ("a", 1)], True)
    assert counted(rows, 1) == Counted([("x", 2)], True)
    assert counted(rows, 7) is None


def test_a_broken_row_counts_nowhere() -> None:
    made = Tally(1)
    made.add([(2, BrokenRow("stray_quote", {}, ("a",))), (3, ["a"])])
    assert of_whole(unpacked(made.packed()), 0) == Counted([("a", 1)], True)


def test_a_column_with_too_many_values_is_not_counted_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[str(number), "x"] for number in range(tally.MOST_DIFFERENT)]
    found = counted(rows, 0)
    assert found is not None
    assert len(found.values) == tally.MOST_DIFFERENT
    assert counted([*rows, ["one more", "x"]], 0) is None
    monkeypatch.setattr(tally, "MOST_IN_ALL", 5)
    assert counted(rows[:9], 0) is None
    assert counted(rows[:9], 1) == Counted([("x", 9)], True)


def test_the_first_rows_stand_in_until_then() -> None:
    assert of_samples([["a"], ["b", "c"], ["a"]], 1) == Counted([("c", 1)], False)
