"""Files as they really come are read right, or refused with the right sentence."""

import pytest

from app.leads.files.kinds import BadFile
from app.leads.files.layout import BrokenRow, Layout
from app.leads.files.sandbox import blocks, look_at
from tests.app.leads.files.horrors import HORRORS, Horror


def test_there_are_forty() -> None:
    assert len({one.name for one in HORRORS}) >= 40


@pytest.mark.parametrize("horror", HORRORS, ids=lambda one: one.name)
def test_a_horror_is_read_right_or_refused_by_name(horror: Horror) -> None:
    pieces = [horror.data[start : start + 500] for start in range(0, len(horror.data), 500)]
    if horror.refused:
        with pytest.raises(BadFile) as refusal:
            look_at(pieces)
        assert refusal.value.code == horror.refused
        assert refusal.value.message % refusal.value.details
        return
    look = look_at(pieces)
    assert (look.layout.headers, look.layout.sheet) == (horror.headers, horror.sheet)
    assert Layout.from_json(look.layout.as_json()) == look.layout
    found = [line for block in blocks(pieces, look.layout) for line in block]
    assert [(line, row.code if isinstance(row, BrokenRow) else row) for line, row in found] == list(
        horror.rows
    )
    whole = [list(row.cells) if isinstance(row, BrokenRow) else row for _, row in found]
    width = look.layout.width
    assert look.samples == [(row + [""] * width)[:width] for row in whole][:20]
    resumed = [line for block in blocks(pieces, look.layout, skip_rows=1) for line in block]
    assert resumed == found[1:]
