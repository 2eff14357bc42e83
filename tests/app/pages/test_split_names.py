"""The parts of a split full name on their way to the buyer: in every kind of download and in the webhook."""

import csv
import io

from flask.testing import FlaskClient
from python_calamine import load_workbook

from app.delivery.addresses import Loopback
from app.leads.batches import set_mapping
from app.leads.check import check, start_check
from app.leads.full_names import LAST_FIRST
from app.market.batch_offers import publish_batch
from app.market.prices import Price, set_price
from app.market.purchase import buy
from app.market.terms import Item, Mode, Order, Terms
from tenants import clock
from tenants.db import transaction
from tests.app.delivery.receiver import receiving
from tests.app.delivery.scene import make_hook, run
from tests.app.leads.uploads import MAPPING, Desk, Person, csv_of
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.stock import fill_wallet
from tests.world import World

FULL, FIRST, LAST = "Петренко Олена Іванівна", "Олена", "Петренко"


def split_and_offered(world: World) -> None:
    """An upload of one lead, whose full name is split by the order it is written in."""
    desk, at = Desk(world.acme), clock.now()
    batch = desk.receive(csv_of([Person(1, name=FULL)]))
    with transaction(world.acme.id) as session:
        price = Price(shared_minor=2000)
        set_price(session, world.acme.owner, desk.source_id, "home_solar", price, at)
        mapping = {**MAPPING, 1: "contact_1_name"}
        set_mapping(session, world.acme.owner, batch, mapping, orders={"contact_1_name": LAST_FIRST})
        start_check(session, world.acme.owner, batch)
    check(world.acme.id, batch)
    with transaction(world.acme.id) as session:
        assert publish_batch(session, world.acme.owner, batch, at) == 1


def buy_it(world: World) -> None:
    fill_wallet(world.bolt, 50_000, clock.now())
    with transaction(world.acme.id) as session:
        [lead] = [row.id for row in session.connection().exec_driver_sql("SELECT id FROM lead")]
    with transaction(world.bolt.id) as session:
        order = Order((Item(lead, Terms.PPL, Mode.SHARED, 50_000),), "one")
        buy(session, world.bolt.owner, order, clock.now())


def named(rows: list[list[object]]) -> dict[object, object]:
    """The one line of a file under its headings."""
    head, line = rows
    return dict(zip(head, line, strict=True))


def test_a_download_has_both_parts_beside_the_full_name(world: World, visitor: Visitor) -> None:
    assert world.floe
    split_and_offered(world)
    buy_it(world)
    client: FlaskClient = enter(visitor, world.bolt).client
    plain = client.get("/leads/bought/download/csv").get_data(as_text=True)
    found = named(list(csv.reader(io.StringIO(plain.removeprefix("\ufeff")))))
    assert [found[name] for name in ("name", "first_name", "last_name")] == [FULL, FIRST, LAST]
    book = load_workbook(io.BytesIO(client.get("/leads/bought/download/xlsx").data))
    found = named(book.get_sheet_by_index(0).to_python())
    assert [found[name] for name in ("Name", "First name", "Last name")] == [FULL, FIRST, LAST]


def test_the_webhook_of_the_buyer_tells_both_parts(world: World, doors: None) -> None:
    assert world.floe
    with receiving() as receiver:
        loopback: Loopback = frozenset({("127.0.0.1", receiver.port)})
        hook = make_hook(world.bolt.id, receiver.url, loopback)
        split_and_offered(world)
        buy_it(world)
        run(hook, loopback, at=clock.now())
        (heard,) = receiver.heard
    [person] = heard.message["data"]["contacts"]["people"]
    assert heard.message["type"] == "sale.created"
    assert (person["name"], person["first_name"], person["last_name"]) == (FULL, FIRST, LAST)
