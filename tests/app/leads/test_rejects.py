"""The file of rejects: the agency's own rows, the line, the reason, and nothing that a spreadsheet would compute."""

import csv
import io

import pytest

from app.leads.rejects import rejects_csv
from app.leads.spreadsheet_cells import as_meant, safe_cell
from tenants import audit
from tenants.db import transaction
from tenants.errors import Forbidden, NotFound
from tenants.ids import new_id
from tests.app.leads.uploads import HEADERS, Desk, Person, csv_of
from tests.world import World, make_member


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def rejects(desk: Desk, batch_id, language: str = "en", delimiter: str = ",") -> list[list[str]]:  # type: ignore[no-untyped-def]
    with (
        transaction(desk.agency.id) as session,
        rejects_csv(session, desk.agency.owner, batch_id, language) as made,
    ):
        raw = made.read()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_every_reject_stands_there_with_line_and_every_reason(desk: Desk) -> None:
    formula = Person(3, phone="=1+1", email="").row()
    formula[1] = '=HYPERLINK("https://evil")'
    both = Person(2, phone="12", email="", property_type="Castle")
    rows = [
        Person(1),
        both,
        formula,
        Person(1, external_id="Z"),
        ["too", "short"],
        [*Person(5).row(), "x", "y"],
    ]
    view = desk.upload(csv_of(rows))
    headers, *found = rejects(desk, view.id)
    assert headers == [*HEADERS, "Line", "Reason"]
    assert [row[-2] for row in found] == ["3", "4", "5", "6", "7"]
    assert found[0][: len(HEADERS)] == both.row()
    assert "Property: This is none of the allowed values" in found[0][-1]
    assert "Phone: This is not a valid phone number" in found[0][-1]
    assert found[1][1] == '\'=HYPERLINK("https://evil")'
    assert "further up in this file" in found[2][-1]
    assert found[2][2] == "+380670000001"
    assert found[3][:3] == ["too", "short", ""]
    assert found[4][11] == f"{Person(5).row()[11]},x,y"
    assert {len(row) for row in found} == {len(HEADERS) + 2}


def test_allowed_values_stand_by_the_labels_that_a_file_may_hold(desk: Desk) -> None:
    view = desk.upload(csv_of([Person(1), Person(2, property_type="Castle")]))
    assert "Property: This is none of the allowed values: Detached house, " in rejects(desk, view.id)[1][-1]
    told = rejects(desk, view.id, "uk")[1][-1]
    assert "detached" not in told
    label = told.rsplit(": ", 1)[1].split(",")[0]
    again = desk.upload(csv_of([Person(3, property_type=label)]))
    assert again.accepted == 1, label


def test_a_file_without_headings_gets_numbers(desk: Desk) -> None:
    view = desk.upload(csv_of([Person(1), Person(2, phone="1", email="")], headers=()))
    headers, row = rejects(desk, view.id)
    assert headers[:2] == ["Column 1", "Column 2"]
    assert row[-2] == "2"


def test_a_download_is_logged_with_its_count_and_kept_from_those_who_see_no_contacts(
    desk: Desk, world: World
) -> None:
    view = desk.upload(csv_of([Person(1), Person(1), Person(2, phone="1", email="")]))
    rejects(desk, view.id)
    with transaction(desk.agency.id) as session:
        (logged,) = audit.read(session, desk.agency.id, audit.Wanted(actions=("batch.rejects_downloaded",)))
        assert (logged.subject_id, logged.count) == (view.id, 2)
        with pytest.raises(Forbidden):
            rejects_csv(session, make_member(desk.agency.card, "viewer"), view.id, "en")
        with pytest.raises(NotFound):
            rejects_csv(session, desk.agency.owner, new_id(), "en")
    with transaction(world.bolt.id) as session, pytest.raises(NotFound):
        rejects_csv(session, world.bolt.owner, view.id, "en")


@pytest.mark.parametrize(
    "text",
    [
        "+380671234567",
        "-5",
        "+1 (202) 555-0143",
        "1,5",
        "Олена",
        "",
        "a=b",
        "2026-11-21",
        "a;b",
        "067; +380671234567",
        "x, -5; y",
    ],
)
def test_a_harmless_cell_is_unchanged(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "-1+cmd|'/C calc'!A0", "+A1", "\t=1", " =1", "\u00a0=1", "x\n=1", "＝1+1", "\r=1"],
)
def test_a_cell_a_spreadsheet_would_compute_is_not_one(text: str) -> None:
    safe = safe_cell(text)
    for line in safe.replace("\r", "\n").split("\n"):
        assert not line.strip("\u00a0\t ").startswith(("=", "+", "-", "@", "＝"))
    assert safe.replace("'", "") == text.replace("'", "")
    assert as_meant(safe) == text


@pytest.mark.parametrize(
    "text", [";=1+1", "x; =1+1", "a,b;@SUM(A1)", "x\t-1+cmd", "1,=2", ";＝1", "x;+1+2;+380671234567"]
)
def test_no_part_of_a_cell_becomes_a_formula_where_a_spreadsheet_splits_it(text: str) -> None:
    safe = safe_cell(text)
    for part in safe.replace(",", ";").replace("\t", ";").split(";"):
        assert not part.strip().startswith(("=", "-", "@", "＝", "+1+"))
    assert as_meant(safe) == text


@pytest.mark.parametrize("text", ["it's; 'quoted'", "'"])
def test_apostrophes_of_ones_own_stay(text: str) -> None:
    assert as_meant(safe_cell(text)) == text
