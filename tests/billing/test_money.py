"""Splits add up exactly and round half up, once."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import CurrencyNotSupported, Split, demand_currency, share, split

amounts = st.integers(-(10**12), 10**12)
rates = st.integers(0, 10_000)


@given(amounts, rates)
def test_a_share_is_rounded_half_up_away_from_zero(minor: int, rate: int) -> None:
    exact = (Decimal(minor) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_UP)
    assert share(minor, rate) == int(exact)
    assert share(-minor, rate) == -share(minor, rate)


@given(st.integers(0, 10**12), rates, rates)
def test_the_parts_of_a_price_are_the_price(net: int, vat_bp: int, commission_bp: int) -> None:
    parts = split(net, vat_bp, commission_bp)
    assert parts.agency + parts.commission == parts.net == net
    assert parts.gross == parts.net + parts.vat
    assert 0 <= parts.commission <= net
    assert parts.agency >= 0


@given(st.lists(st.tuples(st.integers(0, 10**9), rates, rates), max_size=8))
def test_sums_of_splits_are_splits_of_sums_of_parts(lines: list[tuple[int, int, int]]) -> None:
    total = Split(0, 0, 0)
    for line in lines:
        total = total + split(*line)
    assert total.agency + total.commission + total.vat == total.gross


def test_the_example_of_the_chart() -> None:
    assert split(2000, 2100, 3000) == Split(net=2000, vat=420, commission=600)
    assert (split(2000, 2100, 3000).agency, split(2000, 2100, 3000).gross) == (1400, 2420)


def test_one_currency_is_traded_and_no_other() -> None:
    assert demand_currency("EUR") == "EUR"
    with pytest.raises(CurrencyNotSupported) as refused:
        demand_currency("UAH")
    assert (refused.value.status, refused.value.details) == (422, {"traded": "EUR", "currency": "UAH"})
