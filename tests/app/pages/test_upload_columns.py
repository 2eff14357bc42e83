"""The columns step: what the first rows hold is read by the mapping before the whole file is checked."""

import io
import re

import pytest

from app.pages.fact_words import band
from tests.app.leads.uploads import Desk, csv_of, people
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World


@pytest.fixture
def agency(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


def columns_of(visitor: Visitor, desk: Desk, data: bytes) -> str:
    """Upload a file and see its columns."""
    fields = {"vertical": "home_solar", "lead_type": "consumer", "source_id": str(desk.source_id), "country": "UA",
              "legal_basis": "consent", "consent_text_id": str(desk.consent_text_id)}  # fmt: skip
    visitor.open("/uploads/new")
    visitor.submit("/uploads/new", **fields, file=(io.BytesIO(data), "leads.csv"))
    found = re.search(r"/uploads/[0-9a-f-]{36}/columns", visitor.page)
    assert found
    return visitor.open(found[0])


def test_sound_rows_are_ready_and_nothing_is_marked(world: World, agency: Visitor) -> None:
    page = columns_of(agency, Desk(world.acme), csv_of(people(3)))
    assert "first 3 rows" in agency.words
    assert "cell-bad" not in page


def test_a_wrong_cell_is_marked_with_its_reason(world: World, agency: Visitor) -> None:
    row = people(1)[0].row()
    wrong = ["067 12" if cell == row[2] else "" if "@" in cell else cell for cell in row]
    page = columns_of(agency, Desk(world.acme), csv_of([*people(2, 5), wrong]))
    assert page.count('class="cell-bad"') == 1
    assert "This is not a valid phone number" in agency.words


def test_a_file_without_a_heading_has_its_columns_numbered(world: World, agency: Visitor) -> None:
    page = columns_of(agency, Desk(world.acme), csv_of(people(2), headers=()))
    assert "Column 1" in agency.words
    assert 'name="column-11"' in page


@pytest.mark.parametrize(
    ("written", "is_money", "shown"),
    [
        ("1500-2999", True, "1,500–2,999"),
        ("2010-2014", False, "2010–2014"),
        ("<500", True, "<500"),
        (72, False, "72"),
    ],
)
def test_a_band_is_written_for_people(written: object, is_money: bool, shown: str) -> None:
    assert band(written, is_money) == shown
