"""Suppression inside the purchase: who is listed after the lead came in is not sold, and nobody pays or learns why."""

import hashlib
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import suppression
from app.market.batch_offers import publish_batch
from app.market.prices import Price, set_price
from app.market.suppress import suppress
from tenants import clock
from tenants.db import transaction
from tests.app.leads.test_suppression import keep, seen
from tests.app.leads.uploads import Desk, Person, csv_of
from tests.app.market.test_purchase import NOW, answers, bought, market, order, wallet  # noqa: F401 (a fixture)
from tests.stock import Wanted, put_on_sale
from tests.world import World

PHONE = "+380670000000"
"""Of the first lead that `put_on_sale` makes."""


@pytest.mark.parametrize(
    "entry", [PHONE, "0670000000", hashlib.md5(b"380670000000", usedforsecurity=False).hexdigest(),
              hashlib.sha256(PHONE.encode()).hexdigest()]
)  # fmt: skip
@pytest.mark.parametrize(
    ("keeper", "answer"),
    [("acme", "gone"), ("floe", "gone"), ("bolt", "already_customer"), ("crane", "sold")],
)
def test_a_listed_person_is_not_sold(market: World, keeper: str, answer: str, entry: str) -> None:  # noqa: F811
    listed, other = put_on_sale(market.acme, NOW, Wanted(count=2))
    party = getattr(market, keeper)
    with transaction(party.id) as session:
        # a national number is read in the keeper's country: bolt keeps its list from Poland
        list_id = suppression.create(session, party.owner, "List")
        home = entry.replace("067", "+38067", 1) if entry == "0670000000" else entry
        suppression.add(session, party.owner, list_id, [home])
    receipt = bought(market.bolt, order([listed, other]))
    assert answers(receipt) == [answer, "sold"]
    assert wallet(market.bolt) == (96_000 if answer == "sold" else 98_000, 0)
    kept = seen(party, list_id)
    assert (kept.hits, kept.last_hit_at) == ((0, None) if answer == "sold" else (1, NOW))


def test_an_agencys_list_tells_a_customer_nothing(market: World) -> None:  # noqa: F811
    [lead] = put_on_sale(market.acme, NOW)
    keep(market.acme, PHONE)
    keep(market.bolt, PHONE)
    assert answers(bought(market.bolt, order([lead]))) == ["gone"]
    with transaction(market.bolt.id) as session:
        assert session.execute(text("SELECT count(*) FROM idempotency")).scalar() == 0


def test_an_entry_taken_off_lets_the_company_buy(market: World) -> None:  # noqa: F811
    [lead] = put_on_sale(market.acme, NOW)
    list_id = keep(market.bolt, PHONE)
    assert answers(bought(market.bolt, order([lead], "k1"))) == ["already_customer"]
    with transaction(market.bolt.id) as session:
        suppression.remove(session, market.bolt.owner, list_id, PHONE)
    assert answers(bought(market.bolt, order([lead], "k2"))) == ["sold"]


def listings(world: World) -> list[str]:
    with transaction(world.acme.id) as session:
        return list(session.execute(text("SELECT state FROM listing ORDER BY state")).scalars())


def on_sale(world: World) -> UUID:
    desk, at = Desk(world.acme), clock.now()
    with transaction(world.acme.id) as session:
        set_price(session, world.acme.owner, desk.source_id, "home_solar", Price(shared_minor=2000), at)
    batch = desk.upload(csv_of([Person(1), Person(2)])).id
    with transaction(world.acme.id) as session:
        publish_batch(session, world.acme.owner, batch, at)
    return batch


@pytest.mark.parametrize(
    ("keeper", "entry", "states"),
    [
        ("acme", "+380670000001", ["closed", "open"]),
        ("acme", hashlib.sha256(b"o2@example.com").hexdigest(), ["closed", "open"]),
        ("acme", "o3@example.com", ["open", "open"]),
        ("acme", "@example.com", ["open", "open"]),
        ("floe", "+380670000001", ["open", "open"]),
        ("bolt", "+380670000001", ["open", "open"]),
    ],
)
def test_an_agencys_entry_closes_its_own_open_listings(
    world: World, keeper: str, entry: str, states: list[str]
) -> None:
    on_sale(world)
    party = getattr(world, keeper)
    with transaction(party.id) as session:
        list_id = suppression.create(session, party.owner, "List")
        done = suppress(session, party.owner, list_id, [entry])
        assert done.closed == states.count("closed")
        assert suppress(session, party.owner, list_id, [entry]).closed == 0
    assert listings(world) == states
