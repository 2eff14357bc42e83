"""The columns step: what the first rows hold is read by the mapping before the whole file is checked."""

import io
import re
from uuid import UUID

import pytest

from app.leads import check
from app.pages.fact_words import band
from tests.app.leads.uploads import TARGETS, Desk, csv_of, people
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


NAMES = ["Петренко Олена Іванівна", "Шевчук Тарас Петрович", "Бойко Ігор Олегович"]


def named(names: list[str], property_type: str = "Detached house") -> bytes:
    """So many people, of whom the last one lives in something else."""
    rows = [one.row() for one in people(len(names))]
    for row, name in zip(rows, names, strict=True):
        row[1] = name
    rows[-1][5] = property_type
    return csv_of(rows)


def test_a_full_name_is_split_in_the_order_its_names_tell(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    page = columns_of(agency, desk, named(NAMES))
    order = page.split('name="order-1"')[1].split("</select>")[0]
    assert 'value="last_first_patronymic" selected' in order
    assert "first name: Олена , last name: Петренко" in agency.words
    page = columns_of(agency, desk, named(["Abc", "Def", "Ghi"]))
    assert "selected" not in page.split('name="order-1"')[1].split("</select>")[0]


def test_what_values_mean_is_asked_before_the_check(world: World, agency: Visitor) -> None:
    page = columns_of(agency, Desk(world.acme), named(NAMES, "Хата"))
    address = re.search(r"/uploads/[0-9a-f-]{36}/columns", page)
    assert address
    assert "2 different values 1 is not understood" in agency.words
    found = re.search(r'data-values="([^"]*/columns/5/values[^"]*)"', page)
    assert found
    agency.open(found[1].replace("&amp;", "&"))
    assert "Хата × 1" in agency.words
    agency.submit(
        found[1].partition("?")[0],
        **{"values-5": "property_type", "written-5": "Хата", "meant-5": "detached"},
    )
    assert "all are understood" in agency.words
    assert "yours" in agency.words
    assert "Ready to be published 3" in agency.words, "the preview reads it so"


@pytest.mark.parametrize("wrong", ["99/values", "1/values", "5/values?target=no_such"])
def test_no_values_where_there_are_none(world: World, agency: Visitor, wrong: str) -> None:
    page = columns_of(agency, Desk(world.acme), named(NAMES))
    address = re.search(r"/uploads/[0-9a-f-]{36}/columns", page)
    assert address
    agency.open(f"{address[0]}/{wrong}")
    assert agency.status == (404 if wrong.startswith("99") else 200)
    assert "What the values mean" not in agency.words


def test_what_keeps_the_rows_from_being_checked_is_all_said(world: World, agency: Visitor) -> None:
    page = columns_of(agency, Desk(world.acme), named(NAMES))
    address = re.search(r"/uploads/[0-9a-f-]{36}/columns", page)
    assert address
    agency.submit(
        address[0],
        **{"column-1": "contact_1_name", "column-2": "contact_1_phone", "column-3": "contact_1_phone"},
    )
    assert agency.status == 422
    for told in (
        "Property: This field is required, and no column goes to it.",
        "Time of the enquiry: This field is required",
        "Contact 1: phones: Two columns go to the same field.",
    ):
        assert told in agency.words


def test_the_page_sends_everything_at_once(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    page = columns_of(agency, desk, named(NAMES, "Хата"))
    address = re.search(r"/uploads/([0-9a-f-]{36})/columns", page)
    assert address
    sent = {f"column-{number}": target for number, target in enumerate(TARGETS)}
    more = {"order-1": "last_first", "values-5": "property_type", "written-5": "Хата", "meant-5": "flat"}
    agency.submit(address[0], **sent, **{**more, "order-1": "sideways"})
    assert "Choose one of the orders" in agency.words
    agency.submit(address[0], **sent, **more)
    check.check(desk.agency.id, UUID(address[1]))
    view = desk.view(UUID(address[1]))
    assert (view.accepted, view.name_orders) == (3, {"contact_1_name": "last_first"})
    again = columns_of(agency, desk, named(["Мельник Юлія", "Гончар Петро"], "Хата"))
    assert 'value="last_first" selected' in again, "the next file with these headings begins so"
    assert "yours" in agency.words


def dated(*written: str) -> bytes:
    """So many people, whose enquiry and consent are of these times."""
    rows = [one.row() for one in people(len(written))]
    for row, at in zip(rows, written, strict=True):
        row[8] = row[9] = at
    return csv_of(rows)


def dates_of(page: str, column: int = 8) -> str:
    """What stands beside a column of dates."""
    found = re.search(rf'<div class="mapping-more mapping-order mapping-dates"[^>]*>(?:(?!<div class="mapping-dates).)*?name="dates-{column}".*?</div>\s*(?=</li>|<div)', page, re.S)  # fmt: skip
    return found[0] if found else ""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (("11/10/2026 09:00", "11/20/2026 09:00"), "The file proves it: the month comes first (values: 1)."),
        (("11/10/2026 09:00", "20/11/2026 09:00"), "The file proves it: the day comes first (values: 1)."),
        (("11/10/2026 09:00", "10/11/2026"), "Nothing in this column tells the day from the month; the day is read first."),
        (("11/20/2026", "20/11/2026"), "Some dates have the day first (1) and some the month (1)."),
    ],
)  # fmt: skip
def test_the_order_of_dates_is_said(
    world: World, agency: Visitor, written: tuple[str, ...], told: str
) -> None:
    page = columns_of(agency, Desk(world.acme), dated(*written))
    assert agency.words.count(told) == 2, "of the enquiry and of the consent"
    assert "selected" not in dates_of(page), "nobody chose"


def test_dates_that_cannot_be_mistaken_are_not_spoken_of(world: World, agency: Visitor) -> None:
    page = columns_of(agency, Desk(world.acme), csv_of(people(2)))
    assert 'name="dates-' not in page


def test_a_chosen_order_of_dates_is_read_remembered_and_warned_of(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    page = columns_of(agency, desk, dated("11/10/2026 09:00", "11/10/2026 10:00"))
    assert "11/10/2026 09:00 → 11 October 2026" in agency.words
    address = re.search(r"/uploads/([0-9a-f-]{36})/columns", page)
    assert address
    sent = {f"column-{number}": target for number, target in enumerate(TARGETS)}
    agency.submit(address[0], **sent, **{"dates-8": "sideways"})
    assert "Say whether the day or the month comes first." in agency.words
    agency.submit(
        address[0], **sent, **{"dates-8": "month_first", "dates-9": "month_first", "dates-1": "month_first"}
    )
    assert desk.view(UUID(address[1])).name_orders == {
        "enquired_at": "month_first",
        "consent_at": "month_first",
    }
    columns_of(agency, desk, dated("11/10/2026 09:00", "11/10/2026 10:00"))
    assert "the month is read first, as in your last file" in agency.words
    assert "11/10/2026 09:00 → 10 November 2026" in agency.words
    page = columns_of(agency, desk, dated("20/10/2026 09:00", "11/10/2026 10:00"))
    assert "The file proves it: the day comes first" in agency.words, "a proof goes before what is remembered"
    address = re.search(r"/uploads/([0-9a-f-]{36})/columns", page)
    assert address
    agency.submit(address[0], **{**sent, "column-5": ""}, **{"dates-8": "month_first"})
    assert agency.status == 422
    assert (
        "The file proves that the day comes first (values: 1). With the month first they are refused"
        in agency.words
    )
    assert 'value="month_first" selected' in dates_of(agency.page)
