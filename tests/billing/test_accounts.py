"""The chart of accounts."""

import pytest

from billing.accounts import CREDIT_ACCOUNTS, Account, operator_id
from tenants.db import platform_transaction
from tenants.errors import NotFound
from tests.world import World


def test_what_we_owe_and_earn_grows_by_credit() -> None:
    assert {account for account in Account if account not in CREDIT_ACCOUNTS} == {
        "agency_receivable",
        "stripe_balance",
        "bank",
        "stripe_fees",
    }


def test_the_operators_books_need_an_operator(world: World) -> None:
    with platform_transaction("look") as session:
        with pytest.raises(NotFound):
            operator_id(session)
        floe = world.floe.id
        assert operator_id(session) == floe
