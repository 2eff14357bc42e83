"""The six steps of an upload as a person walks them, and the ways back."""

import io
import re
from uuid import UUID

import pytest

from app.leads import check
from tests.app.leads.uploads import HEADERS, Desk, Person, csv_of, people
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World

BAD = [
    *people(3),
    Person(10, property_type="Хата"),
    Person(11, phone="067 123 45 6О", email=""),
    Person(12, phone="12", email=""),
]


@pytest.fixture
def agency(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def facts(desk: Desk) -> dict[str, str]:
    return {"vertical": "home_solar", "lead_type": "consumer", "source_id": str(desk.source_id), "country": "UA",
            "legal_basis": "consent", "consent_text_id": str(desk.consent_text_id)}  # fmt: skip


def upload(visitor: Visitor, desk: Desk, data: bytes, name: str = "leads.csv") -> str:
    """Step one; gives the address of the upload."""
    visitor.open("/uploads/new")
    visitor.submit("/uploads/new", **facts(desk), file=(io.BytesIO(data), name))
    found = re.search(r"(/uploads/[0-9a-f-]{36})/headers", visitor.page)
    assert found, visitor.words
    return found[1]


def check_it(visitor: Visitor, desk: Desk, address: str, **more: str) -> None:
    """Step three with what was suggested, and the check done."""
    visitor.open(f"{address}/columns")
    chosen = {}
    for name in re.findall(r'<select name="(column-\d+)"', visitor.page):
        block = visitor.page.split(f'<select name="{name}"')[1].split("</select>")[0]
        selected = re.search(r'value="([^"]*)" selected', block)
        chosen[name] = selected[1] if selected else ""
    visitor.submit(f"{address}/columns", **{**chosen, **more})
    run(desk, address)
    visitor.open(f"{address}/check")


def run(desk: Desk, address: str) -> None:
    check.check(desk.agency.id, UUID(address.rsplit("/", 1)[1]))


def count_of(visitor: Visitor, label: str) -> int:
    visitor_words = visitor.words
    found = re.search(rf"{label} (?:Accepted; something of the row is left out\. )?(\d+)", visitor_words)
    assert found, visitor_words
    return int(found[1])


def test_what_is_recognised_can_be_changed_and_is_shown_again(agency: Visitor, desk: Desk) -> None:
    data = "Звіт за листопад;;\r\n".encode("cp1251") + csv_of(people(4)).decode().replace(",", ";").encode(
        "cp1251"
    )
    address = upload(agency, desk, data)
    assert 'value="cp1251" selected' in agency.page
    assert 'value=";" selected' in agency.page
    assert re.search(r'raw-heading"><th scope="row" class="num quiet">2<', agency.page)
    same = {"encoding": "cp1251", "delimiter": ";", "quotechar": "double", "header_rows": "1"}
    agency.submit(f"{address}/headers", **same, header_row="0")
    assert "raw-heading" not in agency.page
    agency.submit(f"{address}/headers", **{**same, "encoding": "no such"}, header_row="2")
    assert agency.status == 422
    assert "no such" in agency.words
    agency.submit(f"{address}/headers", **same, header_row="2")
    check_it(agency, desk, address)
    assert count_of(agency, "Ready") == 4


def test_the_menu_says_where_one_is(agency: Visitor, desk: Desk) -> None:
    def lit() -> list[str]:
        return re.findall(r'<a href="([^"]+)" aria-current="page"', agency.page)

    address = upload(agency, desk, csv_of(people(1)))
    assert lit() == ["/uploads"]
    agency.open(f"{address}/columns")
    assert lit() == ["/uploads"]
    for page in ("/", "/leads/quick", "/settings/members"):
        agency.open(page)
        assert lit() == [page]


def test_rows_pasted_from_a_spreadsheet_are_a_file(agency: Visitor, desk: Desk) -> None:
    agency.open("/uploads/new")
    pasted = csv_of(people(2)).decode().replace(",", "\t")
    agency.submit("/uploads/new", **facts(desk), pasted=pasted)
    assert "Pasted rows.tsv" in agency.words
    found = re.search(r"(/uploads/[0-9a-f-]{36})/headers", agency.page)
    assert found
    check_it(agency, desk, found[1])
    assert count_of(agency, "Ready") == 2


def test_many_rows_are_put_right_and_it_can_be_taken_back(agency: Visitor, desk: Desk) -> None:
    address = upload(agency, desk, csv_of(BAD))
    check_it(agency, desk, address)
    assert "Put 1 phone right" in agency.words
    assert "1 × “Хата”" in agency.words
    assert "Property: This is none of the allowed values: Detached house, " in agency.words
    put_right = {"value-property_type-0": "detached", "repair-phone": "1"}
    agency.submit(f"{address}/fixes", **put_right)
    assert "Checking every row" in agency.words
    agency.submit(f"{address}/fixes", **put_right)
    assert agency.status == 409, "while it is checked"
    run(desk, address)
    agency.open(f"{address}/check")
    assert (count_of(agency, "Ready"), count_of(agency, "Rejected")) == (5, 1)
    agency.submit(f"{address}/fixes/undo")
    run(desk, address)
    agency.open(f"{address}/check")
    assert (count_of(agency, "Ready"), count_of(agency, "Rejected")) == (3, 3)


def test_the_mended_file_of_rejects_comes_back(agency: Visitor, desk: Desk) -> None:
    address = upload(agency, desk, csv_of(BAD))
    check_it(agency, desk, address)
    sheet = agency.open(f"{address}/rejects.csv")
    mended = sheet.replace("Хата", "Detached house").replace("067 123 45 6О", "+380671234560")
    agency.open(f"{address}/check")
    agency.submit(f"{address}/corrected", corrected=(io.BytesIO(b"a,b\r\n1,2\r\n"), "x.csv"))
    assert agency.status == 422
    agency.open(f"{address}/check")
    agency.submit(f"{address}/corrected", corrected=(io.BytesIO(mended.encode()), "rejects.csv"))
    run(desk, address)
    agency.open(f"{address}/check")
    assert (count_of(agency, "Ready"), count_of(agency, "Rejected")) == (5, 1)


def test_one_value_fills_all_rows(agency: Visitor, desk: Desk) -> None:
    headers = [one for one in HEADERS if one != "Owner"]
    rows = [[cell for place, cell in enumerate(one.row()) if place != 6] for one in people(2)]
    address = upload(agency, desk, csv_of(rows, headers))
    agency.open(f"{address}/columns")
    agency.submit(f"{address}/columns", **{"column-2": "phone"})
    assert agency.status == 422
    check_it(agency, desk, address, **{"same-is_owner": "yes"})
    assert count_of(agency, "Ready") == 2
    agency.open(f"{address}/columns")
    assert re.search(r'name="same-is_owner".*?value="yes" selected', agency.page, re.DOTALL)


def test_other_terms_are_checked_again(agency: Visitor, desk: Desk) -> None:
    address = upload(agency, desk, csv_of(people(2)))
    check_it(agency, desk, address)
    offer = {"shared_minor": "20.00", "legal_basis": "consent", "consent_text_id": str(desk.consent_text_id)}
    agency.open(f"{address}/offer")
    agency.submit(f"{address}/offer", **{**offer, "shared_minor": "abc"}, max_sales="3")
    assert agency.status == 422
    agency.submit(f"{address}/offer", **offer, max_sales="2")
    assert "Checking every row" in agency.words
    run(desk, address)
    agency.open(f"{address}/offer")
    agency.submit(f"{address}/offer", **offer, max_sales="2")
    assert "Publish 2 leads" in agency.words
    agency.submit(f"{address}/publish")
    assert "2 leads are published" in agency.words
    agency.submit(f"{address}/publish")
    assert "Only a checked batch can be published" in agency.words


def test_a_published_upload_is_paused_and_resumed(agency: Visitor, desk: Desk) -> None:
    address = upload(agency, desk, csv_of(people(2)))
    check_it(agency, desk, address)
    agency.open(f"{address}/offer")
    agency.submit(f"{address}/offer", **facts(desk), shared_minor="20.00")
    agency.submit(f"{address}/publish")
    agency.submit(f"{address}/pause")
    assert "On offer 0" in agency.words
    agency.submit(f"{address}/resume")
    assert "On offer 2" in agency.words
    for gone in ("headers", "columns", "check", "offer"):
        agency.open(f"{address}/{gone}")
        assert "The rows of the file" in agency.words, gone


def test_an_unfinished_upload_leads_to_its_step(agency: Visitor, desk: Desk) -> None:
    address = upload(agency, desk, csv_of(people(2)))
    agency.open(address)
    assert "How the file is read" in agency.words
    check_it(agency, desk, address)
    agency.open(address)
    assert "Price and consent" in agency.words


def test_a_template_is_fetched_and_read_back(agency: Visitor, desk: Desk) -> None:
    agency.open("/uploads/new")
    assert "/uploads/template/home_solar.xlsx?type=targeted" in agency.page
    sent = agency.client.get("/uploads/template/home_solar.xlsx")
    assert sent.data.startswith(b"PK")
    assert agency.client.get("/uploads/template/no_such.xlsx").status_code in (404, 422)
    address = upload(agency, desk, sent.data, "template.xlsx")
    check_it(agency, desk, address)
    assert count_of(agency, "Rejected") == 0
