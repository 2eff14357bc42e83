"""Re-checks in the browser: from an upload and from the list, the report, its leads, applying and stopping."""

import re
from uuid import UUID

import pytest

from app.market import rechecks
from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, csv_of, people
from tests.app.market.recheck_desk import published, row, states, suppress
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """An agency with prices."""
    assert world.floe.id
    made = Desk(world.acme)
    with transaction(world.acme.id) as session:
        set_price(
            session, world.acme.owner, made.source_id, "home_solar", Price(shared_minor=2000), clock.now()
        )
    return made


def worked(desk: Desk, agency: Visitor) -> UUID:
    """The worker does its part of the re-check whose page is open."""
    found = re.search(r"/rechecks/([0-9a-f-]{36})/progress", agency.page)
    assert found, agency.words
    rechecks.go_on(desk.agency.id, UUID(found[1]))
    return UUID(found[1])


def test_an_upload_is_rechecked_and_what_is_refused_is_taken_back(desk: Desk, visitor: Visitor) -> None:
    batch = published(desk, [row(1), row(2), row(3, email="x@mailinator.com", phone="+380670000003")])
    suppress(desk, "o2@example.com")
    agency = enter(visitor, desk.agency)
    agency.open(f"/uploads/{batch}")
    assert "Re-check" in agency.words
    agency.submit("/rechecks", batch_id=str(batch))
    assert "Holding your unsold leads against the rules of today" in agency.words
    again = f"/rechecks/{worked(desk, agency)}"
    agency.open(f"{again}/progress")
    assert "All your unsold leads are read." in agency.words
    agency.open(again)
    assert "1 unsold lead would not come in today." in agency.words
    assert "This person stands on a list of people who are not to be contacted." in agency.words
    agency.open(f"/leads?recheck={again[-36:]}&verdict=suppressed&code=suppressed")
    assert "A-2" in agency.page
    assert "A-1" not in agency.page
    assert _behind(agency, again) == {"suppressed": ["A-2"]}
    agency.open(again)
    agency.submit(f"{again}/apply")
    assert "Applying what was found" in agency.words
    worked(desk, agency)
    agency.open(again)
    assert "What became of it" in agency.words
    assert f"/leads?recheck={again[-36:]}&amp;outcome=withdrawn" in agency.page
    agency.open(f"/leads?recheck={again[-36:]}&outcome=withdrawn")
    assert "A-2" in agency.page
    assert states(desk)["A-2"] == "withdrawn"


def _behind(agency: Visitor, report: str) -> dict[str, list[str]]:
    """The leads behind each count of a report that leads to some, by verdict."""
    agency.open(report)
    links = re.findall(r'href="(/leads\?recheck=[0-9a-f-]{36}&amp;verdict=(\w+))"', agency.page)
    assert len(links) == len(set(links))
    return {
        verdict: re.findall(r"<code>(A-\d)</code>", agency.open(link.replace("&amp;", "&")))
        for link, verdict in links
    }


def test_all_of_a_vertical_is_rechecked_and_stopped(desk: Desk, visitor: Visitor) -> None:
    published(desk, people(2))
    agency = enter(visitor, desk.agency)
    agency.open("/rechecks")
    assert "No re-check yet" in agency.words
    agency.submit("/rechecks", vertical="home_solar", batch_id=str(desk.source_id))
    assert agency.status == 422
    assert "Choose one upload, or a vertical or source." in agency.words
    agency.submit("/rechecks", vertical="nothing")
    assert agency.status == 422
    agency.submit("/rechecks", vertical="home_solar", source_id=str(desk.source_id))
    found = re.search(r"/rechecks/([0-9a-f-]{36})/progress", agency.page)
    assert found
    agency.submit("/rechecks", vertical="home_solar", source_id=str(desk.source_id))
    assert (agency.status, "These leads are being re-checked already." in agency.words) == (409, True)
    agency.submit(f"/rechecks/{found[1]}/cancel")
    assert "The re-check is stopped." in agency.words
    agency.submit(f"/rechecks/{found[1]}/apply")
    assert agency.status == 409
    agency.open("/rechecks")
    assert "Cancelled" in agency.words


def test_each_flag_and_warning_of_an_upload_leads_to_its_leads(desk: Desk, visitor: Visitor) -> None:
    rows = [row(1), Person(2), row(3, email="not an address"), row(4, phone="12", email="o4@example.com")]
    batch = desk.upload(csv_of(rows))
    agency = enter(visitor, desk.agency)
    agency.open(f"/uploads/{batch.id}/check")
    for flag, external_id in (("name_digits", "A-2"), ("bad_email", "A-3"), ("bad_phone", "A-4")):
        link = f"/leads?batch={batch.id}&flag={flag}"
        assert f'href="{link.replace("&", "&amp;")}"' in agency.page, flag
        page = Visitor(agency.client)
        page.open(link)
        shown = re.findall(r"<code>(A-\d)</code>", page.page)
        assert shown == [external_id], "the count and the list are the same"
    assert "channel_left_out" not in agency.page, "what sums others up is not told twice"
    page.open(f"/leads?batch={batch.id}&flag=nonsense")
    assert len(re.findall(r"<code>(A-\d)</code>", page.page)) == 4


def test_others_have_no_such_page(world: World, desk: Desk, visitor: Visitor) -> None:
    company = enter(visitor, world.bolt)
    company.open("/rechecks")
    assert company.status == 403
