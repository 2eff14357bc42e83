"""Amounts: integer minor units and an ISO currency. No floats, one rounding: half up, once per sale line."""

from dataclasses import dataclass

from tenants.errors import Refused
from tenants.language import N_

DEFAULT_CURRENCY = "EUR"
"""The one currency of an installation; another is refused, never converted."""


class CurrencyNotSupported(Refused):
    """This installation trades in one currency only."""

    status, code = 422, "currency_not_supported"


def demand_currency(currency: str) -> str:
    """The currency, if this installation trades in it."""
    if currency != DEFAULT_CURRENCY:
        raise CurrencyNotSupported(
            N_("This installation trades in %(traded)s only."), traded=DEFAULT_CURRENCY, currency=currency
        )
    return currency


def share(minor: int, basis_points: int) -> int:
    """`basis_points` hundredths of a percent of `minor`, rounded half up (away from zero for refunds)."""
    sign = -1 if minor < 0 else 1
    return sign * ((abs(minor) * basis_points + 5_000) // 10_000)


@dataclass(frozen=True, slots=True)
class Split:
    """One sale line, net of VAT on the left, what the company pays on the right; all in minor units.

    net = agency + commission and gross = net + vat, always exactly.
    """

    net: int
    vat: int
    commission: int

    @property
    def gross(self) -> int:
        """What the company pays."""
        return self.net + self.vat

    @property
    def agency(self) -> int:
        """What the agency earns; it bears the rounding of the commission."""
        return self.net - self.commission

    def __add__(self, other: "Split") -> "Split":
        return Split(self.net + other.net, self.vat + other.vat, self.commission + other.commission)


def split(net: int, vat_bp: int, commission_bp: int) -> Split:
    """Divide a net price: VAT = net x rate, commission = net x basis points, agency = the rest (RULES, Money)."""
    return Split(net=net, vat=share(net, vat_bp), commission=share(net, commission_bp))
