"""What an upload's pages say of another upload that stands in its way, and of its own undo; every count leads to its rows."""

import re

import pytest

from app.leads.check import check
from app.market.batch_offers import publish_batch
from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, csv_of, people
from tests.app.market.test_batch_offers import answer, on_offer
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.stock import fill_wallet
from tests.world import World

ROWS = 9


@pytest.fixture
def agency(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


@pytest.fixture
def desk(world: World) -> Desk:
    desk = Desk(world.acme)
    fill_wallet(world.bolt, 100_000, clock.now())
    with transaction(desk.agency.id) as session:
        set_price(
            session, desk.agency.owner, desk.source_id, "home_solar", Price(shared_minor=2000), clock.now()
        )
    return desk


def published(desk: Desk) -> str:
    batch = desk.upload(csv_of(people(ROWS)))
    with transaction(desk.agency.id) as session:
        publish_batch(session, desk.agency.owner, batch.id, clock.now())
    return f"/uploads/{batch.id}"


@pytest.mark.parametrize(
    ("language", "sold", "told"),
    [
        ("en", 0, "9 leads are withdrawn. "),
        ("en", 1, "8 leads are withdrawn. 1 sold lead stands; it is no longer offered."),
        ("en", 8, "1 lead is withdrawn. 8 sold leads stand; they are no longer offered."),
        ("uk", 1, "8 лідів відкликано. 1 проданий лід лишається проданим; його більше не пропонують."),
        ("uk", 3, "6 лідів відкликано. 3 продані ліди лишаються проданими; їх більше не пропонують."),
    ],
)
def test_an_undo_counts_each_lead_once(
    agency: Visitor, desk: Desk, world: World, language: str, sold: int, told: str
) -> None:
    address = published(desk)
    for number, lead in enumerate(on_offer(world.bolt)[:sold]):
        assert answer(world.bolt, lead, f"key {number}") == "sold"
    agency.client.set_cookie("floe_language", language)
    agency.open(address)
    agency.submit(f"{address}/undo")
    assert told in agency.words + " "


def test_what_cannot_be_undone_says_so_at_its_step(agency: Visitor, desk: Desk) -> None:
    batch = desk.upload(csv_of(people(2)))
    agency.open(f"/uploads/{batch.id}/check")
    agency.submit(f"/uploads/{batch.id}/undo")
    assert agency.status == 200
    assert (
        "This upload is not published, so there is nothing to undo. You can cancel it instead."
        in agency.words
    )


def test_an_unpublished_upload_in_the_way_is_named(agency: Visitor, desk: Desk) -> None:
    first = desk.upload(csv_of(people(ROWS)), file_name="forgotten.csv")
    rows = [Person(number, external_id=f"B-{number}") for number in range(1, 4)]
    second = desk.upload(csv_of([*rows, *people(2, start=4), *people(2, start=100)]), file_name="new.csv")
    assert (second.accepted, second.duplicates) == (2, 5)
    agency.open(f"/uploads/{second.id}/check")
    assert "5 rows met leads of “forgotten.csv”, an upload that is not published." in agency.words
    assert f'href="/uploads/{first.id}"' in agency.page
    agency.open(f"/uploads/{first.id}/check")
    assert "forgotten.csv”" not in agency.words
    agency.submit(f"/uploads/{first.id}/cancel")
    agency.open(f"/uploads/{second.id}/check")
    assert "“forgotten.csv”, an upload that has been given up since" in agency.words
    agency.submit(f"/uploads/{second.id}/check")
    check(desk.agency.id, second.id)
    assert desk.view(second.id).accepted == 7
    agency.open(f"/uploads/{second.id}/check")
    assert "forgotten.csv" not in agency.words


def test_a_published_upload_is_not_in_the_way(agency: Visitor, desk: Desk) -> None:
    published(desk)
    second = desk.upload(csv_of(people(2)), file_name="new.csv")
    agency.open(f"/uploads/{second.id}/check")
    assert second.duplicates == 2
    assert "rows met leads of" not in agency.words


def test_every_count_leads_to_its_rows(agency: Visitor, desk: Desk) -> None:
    warned = Person(3).row()
    warned[4] = "Atlantis"
    rows = [*people(2), warned, Person(1), Person(12, phone="12", email=""), Person(20, name="Test Test")]
    batch = desk.upload(csv_of(rows))
    agency.open(f"/uploads/{batch.id}/check")
    tiles = dict(
        re.findall(r'kpi-label">([\w ]+?)(?: <.*?)?</div>.*?kpi-value">(.*?)</p>', agency.page, re.S)
    )
    links = {label: re.findall(r'href="([^"]+)"', value) for label, value in tiles.items()}
    assert links["Rejected"] == links["Duplicates"] == [f"/uploads/{batch.id}/rejects.csv"]
    for label, count in (("Ready", 2), ("With a warning", 1), ("In quarantine", 1)):
        (href,) = links[label]
        agency.open(href.replace("&amp;", "&"))
        assert agency.status == 200
        assert f"{count} row" in agency.words, label
    agency.open(f"/uploads/{batch.id}/check")
    line = re.search(r'In quarantine</span></td><td class="num"><a href="([^"]+)"', agency.page)
    assert line
    agency.open(line[1].replace("&amp;", "&"))
    assert "The name is a word for trying a form out." in agency.words
    assert f"Only what came with “{batch.file_name}”." in agency.words


def test_the_quarantine_of_a_foreign_upload_is_not_found(agency: Visitor, desk: Desk, world: World) -> None:
    for upload in (world.bolt.id, "x"):
        agency.open(f"/quarantine?upload={upload}")
        assert agency.status == 404
