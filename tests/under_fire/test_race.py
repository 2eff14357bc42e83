"""Sixteen buyers want the same leads at the same moment, over HTTP: none is sold once too often, nobody pays for nothing.

And the same race, with what holds taken away, oversells: so the race is a race.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.proofs import run_all
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.under_fire.buyers import Buyer, Person, Program, Told, Wish, all_at_once
from tests.under_fire.ground import Ground, rows
from tests.world import Party, make_party

pytestmark = [pytest.mark.committed, pytest.mark.fire]

LEADS, MOST_SALES, THREADS, COMPANIES = 200, 3, 16, 8
MONEY, LITTLE_MONEY = 10_000_000, 60_000
CONTROL_LEADS = 12
PATIENCE_SECONDS = 300

WITHOUT_CONSTRAINTS = (
    "DROP INDEX slot_sold_once",
    "ALTER TABLE listing DROP CONSTRAINT slots_left",
    "ALTER TABLE slot DROP CONSTRAINT within_max_sales",
)

OVERSOLD = """
SELECT lead_id FROM slot WHERE active GROUP BY lead_id HAVING count(*) > max(max_sales) OR count(*) > count(DISTINCT number)
"""
WALLETS = """
SELECT w.tenant_id, w.balance_minor, coalesce(sum(p.net_minor + p.vat_minor), 0)::bigint AS bought
FROM wallet w LEFT JOIN purchase p ON p.tenant_id = w.tenant_id GROUP BY w.tenant_id, w.balance_minor
"""


@dataclass(frozen=True)
class Market:
    """What the race is about."""

    agency: Party
    companies: list[Party]
    leads: list[UUID]
    filled: dict[UUID, int]


def market(leads: int = LEADS) -> Market:
    """An agency's leads, and companies with money, the last of them with little."""
    at = datetime.now(UTC)
    make_party("operator", "Floe", "UA")
    agency = make_party("agency", "Acme Leads", "UA")
    companies = [make_party("company", f"Company {number}", "PL") for number in range(COMPANIES)]
    filled = {company.id: MONEY for company in companies[:-1]} | {companies[-1].id: LITTLE_MONEY}
    for company in companies:
        fill_wallet(company, filled[company.id], at)
    return Market(agency, companies, put_on_sale(agency, at, Wanted(leads, max_sales=MOST_SALES)), filled)


def orders(leads: Sequence[UUID], seed: int) -> list[list[Wish]]:
    """Every lead once, in an order of its own, a few at a time; a fifth of them to be alone with."""
    luck = random.Random(seed)
    shuffled = luck.sample(leads, len(leads))
    wishes = [Wish(lead, luck.choices(("shared", "exclusive"), (4, 1))[0]) for lead in shuffled]
    return list(_pieces(wishes, luck))


def _pieces(wishes: list[Wish], luck: random.Random) -> Iterator[list[Wish]]:
    while wishes:
        count = luck.randint(1, 15)
        yield wishes[:count]
        wishes = wishes[count:]


def buyers(site: Ground, trade: Market, told: Told) -> list[Buyer]:
    """Two for every company; of three companies one comes through the pages."""
    twice = [company for company in trade.companies for _ in range(THREADS // COMPANIES)]
    return [
        Person(site.address, company, told) if number % 6 == 5 else Program(site.address, company, told)
        for number, company in enumerate(twice)
    ]


def race(work: Sequence[tuple[Buyer, Sequence[Sequence[Wish]]]]) -> None:
    """Run it to its end."""
    for thread in all_at_once(work):
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a buyer was never answered"


def test_sixteen_buyers_of_the_same_leads_get_what_there_is_and_pay_for_what_they_got(site: Ground) -> None:
    trade, told = market(), Told()
    site.start_web()
    race([(buyer, orders(trade.leads, seed)) for seed, buyer in enumerate(buyers(site, trade, told))])

    assert set(told.statuses) <= {200, 303, 402, 409, 503}, site.said("web")[-3000:]
    assert {"sold", "gone", "already_yours"} <= set(told.answers), "nobody met anybody: that was no race"
    assert told.statuses.get(402), "somebody had too little money"
    assert (told.repeated > 0, told.unequal) == (True, 0)
    assert rows(OVERSOLD) == []
    sold = rows("SELECT id::text, company_id, lead_id, mode FROM sale")
    assert {row["id"]: row["company_id"] for row in sold} == told.sold
    assert len({(row["company_id"], row["lead_id"]) for row in sold}) == len(sold)
    _demand_full_leads(trade, Counter((row["lead_id"], row["mode"]) for row in sold))
    _demand_right_money(trade)


def _demand_full_leads(trade: Market, sold: Counter[tuple[UUID, str]]) -> None:
    """Each lead is one buyer's alone, or three share it: more wanted it than there was."""
    for lead in trade.leads:
        assert (sold[lead, "exclusive"], sold[lead, "shared"]) in {(1, 0), (0, MOST_SALES)}, lead


def _demand_right_money(trade: Market) -> None:
    assert run_all() == []
    for row in rows(WALLETS):
        assert row["balance_minor"] == trade.filled[row["tenant_id"]] - row["bought"] >= 0
    (charged,) = rows(
        "SELECT count(*) AS n, count(DISTINCT source_id) AS sales FROM journal WHERE kind = 'sale'"
    )
    (sold,) = rows("SELECT count(*) AS n FROM sale")
    assert charged["n"] == charged["sales"] == sold["n"]


@pytest.mark.parametrize(
    ("app", "statements", "oversells"),
    [
        ("tests.under_fire.unlocked:app", WITHOUT_CONSTRAINTS, True),
        ("tests.under_fire.unlocked:app", (), False),
        ("wsgi:app", WITHOUT_CONSTRAINTS, False),
    ],
    ids=["neither_lock_nor_constraint", "the_constraint_alone", "the_lock_alone"],
)
def test_either_the_lock_or_the_constraint_is_enough_and_without_both_leads_are_oversold(
    site: Ground, app: str, statements: tuple[str, ...], oversells: bool
) -> None:
    trade, told = market(CONTROL_LEADS), Told()
    site.execute(*statements)
    site.start_web(app)
    one_by_one = [[Wish(lead, "shared")] for lead in trade.leads]
    programs = [Program(site.address, company, told) for company in trade.companies for _ in range(2)]
    race([(program, one_by_one) for program in programs])
    assert bool(rows(OVERSOLD)) == oversells
    assert bool(run_all()) == oversells
    # whom the constraint alone turns away does not come back, so a last slot may stay free
    assert len(rows("SELECT FROM slot WHERE active")) >= (MOST_SALES - 1) * CONTROL_LEADS
