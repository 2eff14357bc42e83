"""VAT by where buyer and seller are."""

import pytest

from billing.tax import EU, RATES_BP, Tax, tax


@pytest.mark.parametrize(
    ("company", "seller", "expected"),
    [
        ("UA", "UA", Tax(2000, "domestic")),
        ("PL", "PL", Tax(2300, "domestic")),
        ("GB", "GB", Tax(2000, "domestic")),
        ("US", "US", Tax(0, "domestic")),
        ("DE", "PL", Tax(0, "reverse_charge")),
        ("PL", "UA", Tax(0, "export")),
        ("UA", "PL", Tax(0, "export")),
        ("GB", "PL", Tax(0, "export")),
        ("US", "PL", Tax(0, "export")),
    ],
)
def test_the_rate_follows_from_both_countries(company: str, seller: str, expected: Tax) -> None:
    assert tax(company, seller) == expected


def test_the_union_has_27_members_with_a_rate_each() -> None:
    assert len(EU) == 27
    assert all(1500 <= RATES_BP[country] <= 2700 for country in EU)
