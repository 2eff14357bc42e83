"""The agency's intake: from an empty account over the upload to published leads, and taking them back."""

import io
import re

import pytest

from app.leads import check
from tests.app.leads.uploads import Desk, csv_of, people
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member


@pytest.fixture
def agency(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


def _upload(visitor: Visitor, desk: Desk, data: bytes, **more: str) -> str:
    visitor.open("/uploads/new")
    fields = {
        "vertical": "home_solar",
        "lead_type": "consumer",
        "source_id": str(desk.source_id),
        "country": "UA",
        "legal_basis": "consent",
        "consent_text_id": str(desk.consent_text_id),
    }
    visitor.submit("/uploads/new", **{**fields, **more}, file=(io.BytesIO(data), "leads.csv"))
    found = re.search(r"/uploads/([0-9a-f-]{36})/columns", visitor.page)
    return visitor.open(found[0]) if found else visitor.page


def _batch_id(visitor: Visitor) -> str:
    found = re.search(r"/uploads/([0-9a-f-]{36})/", visitor.page)
    assert found, visitor.words
    return found[1]


def _checked(visitor: Visitor, world: World, batch_id: str) -> str:
    chosen = re.findall(r'<select name="(column-\d+)".*?</select>', visitor.page, re.DOTALL)
    fields = {}
    for name in chosen:
        block = visitor.page.split(f'<select name="{name}"')[1].split("</select>")[0]
        selected = re.search(r'value="([^"]*)" selected', block)
        fields[name] = selected[1] if selected else ""
    visitor.submit(f"/uploads/{batch_id}/columns", **fields)
    from uuid import UUID

    check.check(world.acme.id, UUID(batch_id))
    return visitor.open(f"/uploads/{batch_id}/check")


def test_a_file_becomes_leads_on_offer_and_is_taken_back(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    agency.open("/sources")
    agency.submit(
        "/sources/prices", source_id=str(desk.source_id), vertical="home_solar", shared_minor="20.00"
    )
    assert "The prices are set" in agency.words
    rows = [*people(3), people(1)[0], ["", "", "nonsense", "", "", "", "", "", "", "", "", ""]]
    _upload(agency, desk, csv_of(rows))
    batch_id = _batch_id(agency)
    page = _checked(agency, world, batch_id)
    assert "Duplicate" in page
    agency.open(f"/uploads/{batch_id}/offer")
    agency.submit(
        f"/uploads/{batch_id}/offer",
        shared_minor="21.00",
        legal_basis="consent",
        consent_text_id=str(desk.consent_text_id),
        max_sales="3",
    )
    assert "Publish 3 leads" in agency.words, agency.words
    assert "21.00" in agency.words
    agency.submit(f"/uploads/{batch_id}/publish")
    assert "3 leads are published" in agency.words
    agency.open("/leads?state=offered")
    assert "On offer" in agency.words
    lead_id = re.search(r'href="/leads/([0-9a-f-]{36})"', agency.page)
    assert lead_id
    agency.open(f"/leads/{lead_id[1]}")
    assert "+38067" not in agency.page
    agency.submit(f"/leads/{lead_id[1]}/contacts")
    assert "+38067" in agency.page
    agency.submit(f"/leads/{lead_id[1]}/withdraw", reason="quality")
    assert "Withdrawn" in agency.words
    agency.open(f"/uploads/{batch_id}")
    agency.submit(f"/uploads/{batch_id}/undo")
    assert "2 leads are withdrawn" in agency.words


def test_the_rows_left_out_come_back_with_line_and_reason(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    _upload(agency, desk, csv_of([people(1)[0], ["", "Nobody", "", "", "", "", "", "", "", "", "", ""]]))
    batch_id = _batch_id(agency)
    _checked(agency, world, batch_id)
    sheet = agency.open(f"/uploads/{batch_id}/rejects.csv")
    assert "Nobody" in sheet
    assert ",3," in sheet.replace(";", ",")


@pytest.mark.parametrize(("data", "said"), [(b"", "empty"), (b"%PDF-1.7 rest", "document")])
def test_a_bad_file_is_refused_with_a_sentence_and_leaves_nothing(
    world: World, agency: Visitor, data: bytes, said: str
) -> None:
    _upload(agency, Desk(world.acme), data)
    assert agency.status == 422
    assert said.lower() in agency.words.lower()
    agency.open("/uploads")
    assert "Nothing was uploaded yet" in agency.words


@pytest.mark.parametrize("most", ["-1", "0", "2,5", "abc", "11", "9" * 20])
def test_a_number_of_buyers_that_is_none_is_refused(world: World, agency: Visitor, most: str) -> None:
    desk = Desk(world.acme)
    _upload(agency, desk, csv_of(people(2)), max_sales=most)
    assert agency.status == 422
    assert desk.count("batch") == 0


def test_a_form_without_a_file_says_so(world: World, agency: Visitor) -> None:
    agency.open("/uploads/new")
    agency.submit("/uploads/new", vertical="home_solar")
    assert agency.status == 422
    assert "Choose a file, or paste rows" in agency.words


def test_sources_prices_and_companies(world: World, agency: Visitor) -> None:
    assert world.bolt
    agency.open("/sources")
    agency.submit("/sources", name="Google", channel="paid_search", public_label="Search")
    assert "Google" in agency.words
    agency.submit("/sources", name="Google", channel="paid_search", public_label="Search")
    assert agency.status == 409
    agency.submit("/sources/ppa", company="nobody-has-this-name")
    assert agency.status == 404
    agency.submit("/sources/ppa", company=world.bolt.card.slug)
    assert world.bolt.name in agency.words


def test_consent_texts_have_versions(world: World, agency: Visitor) -> None:
    agency.open("/consents/new")
    words = {
        "name": "Form",
        "language": "uk",
        "body": "Згода",
        "recipients": "Installers",
        "max_recipients": "3",
    }
    agency.submit("/consents/new", **words)
    assert "Form" in agency.words
    link = re.search(r'href="(/consents/[0-9a-f-]{36}/new)"', agency.page)
    assert link
    agency.open(link[1])
    agency.submit(link[1], **{**words, "body": "Нова згода"})
    assert "Older" in agency.words
    agency.submit("/consents/new", name="", language="", body="", recipients="", max_recipients="x")
    assert agency.status == 422


def test_addressees_are_added_and_invited(world: World, agency: Visitor) -> None:
    agency.open("/addressees")
    agency.submit(
        "/addressees",
        legal_name="Bolt LLC",
        country="PL",
        domain="bolt.example.com",
        contact_email="a@bolt.example.com",
    )
    assert "Bolt LLC" in agency.words, agency.words
    link = re.search(r'action="(/addressees/[0-9a-f-]{36}/invite)"', agency.page)
    assert link
    agency.submit(link[1])
    assert "Invited" in agency.words


@pytest.mark.parametrize("path", ["/uploads", "/leads", "/sources", "/consents", "/addressees"])
def test_only_agencies_have_these_pages(world: World, visitor: Visitor, path: str) -> None:
    assert world.floe
    enter(visitor, world.bolt).open(path)
    assert visitor.status in (403, 404)


def test_a_foreign_upload_and_lead_do_not_exist(world: World, agency: Visitor, stranger: Visitor) -> None:
    _upload(agency, Desk(world.acme), csv_of(people(1)))
    batch_id = _batch_id(agency)
    from tests.world import make_party

    other = make_party("agency", "Zeta", "UA")
    enter(stranger, other).open(f"/uploads/{batch_id}")
    assert stranger.status == 404


def test_a_viewer_reads_and_changes_nothing(world: World, visitor: Visitor) -> None:
    assert world.floe
    viewer = make_member(world.acme.card, "viewer")
    visitor.log_in(viewer.email)
    visitor.open("/leads")
    assert visitor.status == 200
    visitor.open("/uploads")
    assert visitor.status == 403
