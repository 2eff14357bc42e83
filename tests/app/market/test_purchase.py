"""Buying by the rules of RULES "Buying"."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import bundle
from app.market.prices import Price
from app.market.purchase import buy
from app.market.terms import Answer, Item, KeyReused, Mode, NotAllSold, Order, Receipt, Terms
from billing.ledger import InsufficientFunds
from tenants import crypto
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid
from tests.stock import Wanted, allow_actions, fill_wallet, link_addressee, put_on_sale
from tests.world import Party, World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def market(world: World) -> World:
    assert world.floe
    fill_wallet(world.bolt, 100_000, NOW)
    return world


def order(
    leads: list[UUID],
    key: str = "k",
    *,
    mode: Mode = Mode.SHARED,
    terms: Terms = Terms.PPL,
    most: int = 5000,
    all_or_nothing: bool = False,
) -> Order:
    return Order(tuple(Item(lead, terms, mode, most) for lead in leads), key, all_or_nothing)


def bought(company: Party, wanted: Order, at: datetime = NOW) -> Receipt:
    with transaction(company.id) as session:
        return buy(session, company.owner, wanted, at)


def answers(receipt: Receipt) -> list[str]:
    return [result.answer.value for result in receipt.results]


def wallet(company: Party) -> tuple[int, int]:
    with transaction(company.id) as session:
        row = session.execute(text("SELECT balance_minor, held_minor FROM wallet")).one()
        return row.balance_minor, row.held_minor


def test_a_shared_lead_is_bought_paid_and_handed_over(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    receipt = bought(market.bolt, order([lead]))
    assert answers(receipt) == ["sold"]
    assert receipt.results[0].net_minor == 2000
    assert wallet(market.bolt) == (98_000, 0)
    with transaction(market.bolt.id) as session:
        row = session.execute(
            text("SELECT p.*, s.salt FROM purchase p JOIN purchase_salt s ON s.purchase_id = p.id")
        ).one()
        opened = bundle.unpack(
            crypto.vault(session, market.bolt.id).open(row.salt, row.id, bundle.FIELD, row.sealed)
        )
    assert opened.contacts[0]["phones"] == ["+380670000000"]
    with transaction(market.acme.id) as session:
        sale = session.execute(text("SELECT * FROM sale")).one()
    assert (sale.net_minor, sale.commission_minor, sale.vat_minor, sale.vat_reason) == (
        2000,
        600,
        0,
        "export",
    )
    assert sale.buyer_label.startswith("Buyer ")


def test_vat_is_added_to_what_a_domestic_company_pays(market: World) -> None:
    fill_wallet(market.crane, 10_000, NOW)
    [lead] = put_on_sale(market.acme, NOW)
    receipt = bought(market.crane, order([lead]))
    assert receipt.gross_minor == 2400
    assert wallet(market.crane) == (7_600, 0)


def test_the_same_key_buys_once(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    first = bought(market.bolt, order([lead]))
    assert bought(market.bolt, order([lead])) == first
    assert wallet(market.bolt) == (98_000, 0)


def test_the_same_key_for_other_leads_is_refused(market: World) -> None:
    first, second = put_on_sale(market.acme, NOW, Wanted(count=2))
    bought(market.bolt, order([first]))
    with pytest.raises(KeyReused):
        bought(market.bolt, order([second]))


def test_a_refusal_is_evaluated_again_under_the_same_key(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    assert answers(bought(market.bolt, order([lead], most=1999))) == ["price_changed"]
    assert answers(bought(market.bolt, order([lead], most=2000))) == ["sold"]


def test_a_lead_is_sold_once_to_one_company_for_ever(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    bought(market.bolt, order([lead]))
    assert answers(bought(market.bolt, order([lead], "k2"))) == ["already_yours"]


def test_the_same_person_is_not_sold_again_within_the_window(market: World) -> None:
    first, second = (put_on_sale(market.acme, NOW)[0] for _ in range(2))
    bought(market.bolt, order([first]))
    assert answers(bought(market.bolt, order([second], "k2"))) == ["duplicate_person"]
    later = NOW + timedelta(days=91)
    [fresh] = put_on_sale(market.acme, later)
    assert answers(bought(market.bolt, order([fresh], "k3"), later)) == ["sold"]


def test_one_person_twice_in_one_order_is_sold_once(market: World) -> None:
    leads = [put_on_sale(market.acme, NOW)[0] for _ in range(2)]
    assert sorted(answers(bought(market.bolt, order(leads)))) == ["duplicate_person", "sold"]


def test_exclusive_takes_all_slots_and_is_gone_after_a_shared_sale(market: World) -> None:
    fill_wallet(market.crane, 100_000, NOW)
    first, second = put_on_sale(market.acme, NOW, Wanted(count=2))
    assert answers(bought(market.bolt, order([first], mode=Mode.EXCLUSIVE))) == ["sold"]
    assert answers(bought(market.crane, order([first]))) == ["gone"]
    bought(market.bolt, order([second], "k2"))
    assert answers(bought(market.crane, order([second], "k2", mode=Mode.EXCLUSIVE))) == ["gone"]
    assert answers(bought(market.crane, order([second], "k3"))) == ["sold"]


def test_a_lead_is_sold_at_most_max_sales_times(market: World) -> None:
    fill_wallet(market.crane, 100_000, NOW)
    [lead] = put_on_sale(market.acme, NOW, Wanted(max_sales=1))
    assert answers(bought(market.bolt, order([lead]))) == ["sold"]
    assert answers(bought(market.crane, order([lead]))) == ["gone"]


def test_a_short_wallet_refuses_the_whole_basket(market: World) -> None:
    leads = put_on_sale(market.acme, NOW, Wanted(count=2, price=Price(shared_minor=60_000)))
    with pytest.raises(InsufficientFunds) as refused:
        bought(market.bolt, order(leads, most=60_000))
    assert refused.value.details["shortfall_minor"] == 20_000
    assert wallet(market.bolt) == (100_000, 0)


def test_all_or_nothing_buys_nothing_if_one_is_gone(market: World) -> None:
    leads = put_on_sale(market.acme, NOW)
    gone = UUID(int=1)
    with pytest.raises(NotAllSold):
        bought(market.bolt, order([*leads, gone], all_or_nothing=True))
    assert answers(bought(market.bolt, order([*leads, gone], "k2"))) == ["sold", "gone"]


def test_ppa_holds_the_sum_of_the_action_prices_and_only_for_allowed_companies(market: World) -> None:
    price = Price(shared_minor=2000, call_minor=500, purchase_minor=9000)
    [lead] = put_on_sale(market.acme, NOW, Wanted(price=price))
    wanted = order([lead], terms=Terms.PPA, most=9500)
    assert answers(bought(market.bolt, wanted)) == ["not_allowed"]
    allow_actions(market.acme, market.bolt, NOW)
    assert answers(bought(market.bolt, wanted)) == ["sold"]
    assert wallet(market.bolt) == (90_500, 9_500)


def test_a_targeted_lead_is_sold_to_its_addressee_and_exists_for_nobody_else(market: World) -> None:
    fill_wallet(market.crane, 100_000, NOW)
    addressee = link_addressee(market.acme, market.bolt, NOW)
    [lead] = put_on_sale(market.acme, NOW, Wanted(addressee_id=addressee))
    assert answers(bought(market.crane, order([lead], mode=Mode.RESERVED))) == ["gone"]
    assert answers(bought(market.crane, order([lead], "k2"))) == ["gone"]
    assert answers(bought(market.bolt, order([lead]))) == ["not_allowed"]
    assert answers(bought(market.bolt, order([lead], "k2", mode=Mode.RESERVED))) == ["sold"]


def test_an_expired_lead_is_gone(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    assert answers(bought(market.bolt, order([lead]), NOW + timedelta(days=31))) == ["gone"]


def test_agencies_do_not_buy_and_bad_orders_are_refused(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    with pytest.raises(Forbidden):
        bought(market.acme, order([lead]))
    for wrong in (order([]), order([lead, lead]), order([lead], ""), order([lead], "x" * 256)):
        with pytest.raises(Invalid):
            bought(market.bolt, wrong)


def test_a_lower_price_is_charged_as_such(market: World) -> None:
    [lead] = put_on_sale(market.acme, NOW)
    receipt = bought(market.bolt, order([lead], most=999_999))
    assert receipt.results[0].net_minor == 2000
    assert receipt.results[0].answer is Answer.SOLD
