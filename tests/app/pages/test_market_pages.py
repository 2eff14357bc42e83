"""The marketplace and the basket: what is shown, what is hidden, and that a double click buys once."""

import re
from uuid import uuid4

import pytest

from app.market.prices import Price
from app.market.reserved import reserved_leads
from tenants import clock
from tenants.db import transaction
from tests.app.pages.trade import PRICED, bought, enter, offered
from tests.app.pages.visitor import Visitor
from tests.stock import Wanted, allow_actions, fill_wallet, link_addressee, put_on_sale
from tests.world import World, make_member, make_party

ACTIONS = Price(shared_minor=PRICED, exclusive_minor=5000, call_minor=300, purchase_minor=9000)


def purchases(world: World) -> int:
    from sqlalchemy import text

    with transaction(world.bolt.id) as session:
        return int(session.execute(text("SELECT count(*) FROM purchase")).scalar_one())


def test_the_marketplace_shows_what_is_on_offer_and_no_person(world: World, visitor: Visitor) -> None:
    [lead] = offered(world)
    page = enter(visitor, world.bolt).open("/market")
    assert f"/market/{lead}" in page
    assert "Solar for homes" in visitor.words
    assert "20.00" in visitor.words
    assert "+38067" not in page
    assert "Person 0" not in page


def test_filters_narrow_and_say_so(world: World, visitor: Visitor) -> None:
    offered(world)
    enter(visitor, world.bolt).open("/market?vertical=home_solar&country=UA&temperature=warm&age=1")
    assert "1 of 1 rows" in visitor.words
    visitor.open("/market?vertical=home_solar&temperature=hot")
    assert "Nothing matches these filters" in visitor.words
    visitor.open("/market?max=10")
    assert "0 of 0 rows" in visitor.words


def test_pages_of_the_marketplace_follow_one_another(world: World, visitor: Visitor) -> None:
    leads = {str(lead) for lead in offered(world, 53)}
    first = enter(visitor, world.bolt).open("/market")
    following = re.search(r'href="(\?after=[^"]+)"', first)
    assert following
    second = visitor.open("/market" + following[1].replace("&amp;", "&"))
    ids = [set(re.findall(r'href="/market/([0-9a-f-]{36})"', page)) for page in (first, second)]
    assert [len(found) for found in ids] == [50, 3]
    assert ids[0] | ids[1] == leads


def test_an_action_price_is_shown_only_to_companies_the_agency_allowed(
    world: World, visitor: Visitor
) -> None:
    [lead] = offered(world, price=ACTIONS)
    enter(visitor, world.bolt).open(f"/market/{lead}")
    assert "93.00" not in visitor.words
    allow_actions(world.acme, world.bolt, clock.now())
    visitor.open(f"/market/{lead}")
    assert "93.00" in visitor.words


@pytest.mark.parametrize(
    "path", ["/market/{}", "/leads/bought/{}", "/returns/{}", "/actions/{}", "/destinations/{}"]
)
def test_an_unknown_id_is_not_found(world: World, visitor: Visitor, path: str) -> None:
    enter(visitor, world.bolt).open(path.format(uuid4()))
    assert visitor.status == 404


def test_an_agency_has_no_marketplace(world: World, visitor: Visitor) -> None:
    enter(visitor, world.acme).open("/market")
    assert visitor.status == 404


def test_a_targeted_lead_has_no_page_in_the_marketplace_even_for_its_addressee(
    world: World, visitor: Visitor
) -> None:
    addressee = link_addressee(world.acme, world.bolt, clock.now())
    [lead] = offered(world, addressee_id=addressee)
    enter(visitor, world.bolt).open(f"/market/{lead}")
    assert visitor.status == 404


def test_leads_go_into_the_basket_and_out_with_the_sum_they_cost(world: World, visitor: Visitor) -> None:
    leads = offered(world, 2)
    fill_wallet(world.bolt, 10_000, clock.now())
    enter(visitor, world.bolt).submit("/basket", ids=leads, way="shared")
    assert "To pay 40.00" in visitor.words
    visitor.submit("/basket/remove", ids=[leads[0]])
    assert "To pay 20.00" in visitor.words


def order_on(page: str) -> dict[str, object]:
    items = re.findall(r'name="item" value="([^"]+)"', page)
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    return {"item": items, "key": key[1]}


def test_a_double_click_buys_once_and_both_see_the_result(world: World, visitor: Visitor) -> None:
    leads = offered(world, 2)
    fill_wallet(world.bolt, 10_000, clock.now())
    page = enter(visitor, world.bolt).submit("/basket", ids=leads, way="shared")
    asked = order_on(page)
    for _click in range(2):
        visitor.submit("/basket/buy", **asked)
        assert visitor.status == 200
        assert "2 leads are yours now." in visitor.words
    assert purchases(world) == 2
    visitor.open("/basket")
    assert "Your basket is empty" in visitor.words


def test_a_short_wallet_says_what_is_missing_and_buys_nothing(world: World, visitor: Visitor) -> None:
    leads = offered(world, 2)
    fill_wallet(world.bolt, 3_000, clock.now())
    page = enter(visitor, world.bolt).submit("/basket", ids=leads, way="shared")
    assert "Your wallet lacks 10.00" in visitor.words
    visitor.submit("/basket/buy", **order_on(page))
    assert visitor.status == 402
    assert "Nothing was bought. Your wallet lacks 10.00" in visitor.words
    assert purchases(world) == 0


def test_all_or_nothing_names_the_lead_that_stops_it(world: World, visitor: Visitor) -> None:
    leads = offered(world, 2)
    fill_wallet(world.bolt, 50_000, clock.now())
    page = enter(visitor, world.bolt).submit("/basket", ids=leads, way="shared")
    asked = order_on(page)
    asked["item"] = [*asked["item"], f"{uuid4()}~ppl~shared~2000"]  # type: ignore[misc]
    visitor.submit("/basket/buy", all_or_nothing="1", **asked)
    assert visitor.status == 409
    assert "This lead is no longer available." in visitor.words
    assert purchases(world) == 0


def test_a_company_that_is_not_approved_browses_but_does_not_buy(world: World, visitor: Visitor) -> None:
    [lead] = offered(world)
    pending = make_party("company", "Dune Windows", "UA", state="pending")
    enter(visitor, pending).submit("/basket", ids=[lead], way="shared")
    visitor.submit("/basket/buy", item=f"{lead}~ppl~shared~{PRICED}", key="k")
    assert visitor.status == 403
    assert "Nothing was bought." in visitor.words


def test_a_viewer_sees_prices_and_no_way_to_buy(world: World, visitor: Visitor) -> None:
    [lead] = offered(world)
    visitor.log_in(make_member(world.bolt.card, "viewer").email)
    page = visitor.open(f"/market/{lead}")
    assert "/basket" not in page
    visitor.submit("/basket", ids=[lead], way="shared")
    assert visitor.status == 403


def test_a_lead_bought_before_is_marked_as_yours(world: World, visitor: Visitor) -> None:
    bought(world)
    enter(visitor, world.bolt).open("/market")
    assert "Yours" in visitor.words


def test_a_reserved_lead_is_bought_or_declined_by_its_addressee_alone(
    world: World, visitor: Visitor, stranger: Visitor
) -> None:
    assert world.floe
    fill_wallet(world.bolt, 50_000, clock.now())
    addressee = link_addressee(world.acme, world.bolt, clock.now())
    first, second = put_on_sale(world.acme, clock.now(), Wanted(count=2, addressee_id=addressee))
    page = enter(visitor, world.bolt).open("/reserved")
    assert str(first) in page
    assert str(second) in page
    assert str(first) not in enter(stranger, world.crane).open("/reserved")
    stranger.submit(f"/reserved/{first}/decline", reason="mine")
    assert stranger.status == 404
    visitor.submit("/basket/buy", item=f"{first}~ppl~reserved~4000", key="r1")
    assert "1 lead is yours now." in visitor.words
    visitor.submit(f"/reserved/{second}/decline", reason="Outside our area")
    with transaction(world.bolt.id) as session:
        assert not reserved_leads(session, clock.now())
