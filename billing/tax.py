"""VAT on what the operator sells: its rate and the reason for it. An accountant confirms before go-live.

Standard rates in basis points as of 2026: EU member states (European Commission, "VAT rates applied in the Member
States"), United Kingdom 20 %, Ukraine 20 %.
"""

from dataclasses import dataclass

RATES_BP = {
    "AT": 2000, "BE": 2100, "BG": 2000, "HR": 2500, "CY": 1900, "CZ": 2100, "DK": 2500, "EE": 2400, "FI": 2550,
    "FR": 2000, "DE": 1900, "GR": 2400, "HU": 2700, "IE": 2300, "IT": 2200, "LV": 2100, "LT": 2100, "LU": 1700,
    "MT": 1800, "NL": 2100, "PL": 2300, "PT": 2300, "RO": 2100, "SK": 2300, "SI": 2200, "ES": 2100, "SE": 2500,
    "GB": 2000, "UA": 2000,
}  # fmt: skip
"""Country → standard rate in basis points."""

EU = frozenset(RATES_BP) - {"GB", "UA"}


@dataclass(frozen=True, slots=True)
class Tax:
    """A VAT rate in basis points and why: domestic, reverse_charge or export."""

    rate_bp: int
    reason: str


def tax(company_country: str, seller_country: str) -> Tax:
    """VAT on a service from the operator to a company (always a business): RULES, Money."""
    if company_country == seller_country:
        return Tax(RATES_BP.get(seller_country, 0), "domestic")
    if company_country in EU and seller_country in EU:
        return Tax(0, "reverse_charge")
    return Tax(0, "export")
