"""On what legal basis leads of an upload or a request may be passed on, and to how many companies. Pure.

Invariants (RULES, "Legal basis"): a consumer lead needs a basis that covers its transfer; nothing is sold more often than
the consent text's recipients allow; a targeted lead is sold once, to its addressee.
"""

from tenants.errors import Refused
from tenants.language import N_

CONSENT, REQUESTED, INTEREST = "consent", "requested_contact", "legitimate_interest"
BASES = (CONSENT, REQUESTED, INTEREST)
MOST_SALES = 50
USUAL_SALES = 3


class BasisNotAllowed(Refused):
    """The legal basis does not cover what is to be done with these leads; nothing was stored."""

    status, code = 422, "basis_not_allowed"


class ConsentTextMissing(Refused):
    """Leads that rest on consent need the text their people agreed to; nothing was stored."""

    status, code = 422, "consent_text_missing"

    def __init__(self) -> None:
        super().__init__(N_("Choose the consent text that these people agreed to."))


class TooManyRecipients(Refused):
    """The leads would be sold to more companies than their consent allows; nothing was stored."""

    status, code = 422, "too_many_recipients"


def demand_basis(basis: str, *, is_b2b: bool, is_targeted: bool) -> None:
    """Raises `BasisNotAllowed` unless leads of this kind may be passed on to a company on this basis."""
    if basis not in BASES:
        raise BasisNotAllowed(
            N_("Choose the legal basis: consent, requested contact or legitimate interest.")
        )
    if basis == REQUESTED and not is_targeted:
        raise BasisNotAllowed(
            N_(
                "A requested contact covers the company that was asked, so only targeted leads can rest on it."
            )
        )
    if basis == INTEREST and not is_b2b:
        raise BasisNotAllowed(N_("Legitimate interest is a basis for business leads only."))


def allowed_sales(basis: str, wanted: int | None, recipients: int | None, *, is_targeted: bool) -> int:
    """How often each lead may be sold: as wanted, or as usual within what the consent allows.

    `recipients` is how many the consent text names; None without a text. Raises `ConsentTextMissing` or
    `TooManyRecipients`.
    """
    if basis == CONSENT and recipients is None:
        raise ConsentTextMissing
    if is_targeted:
        return 1
    limit = min(recipients, MOST_SALES) if basis == CONSENT and recipients else MOST_SALES
    if wanted is None:
        return min(USUAL_SALES, limit)
    if not 1 <= wanted <= limit:
        raise TooManyRecipients(
            N_("These leads can be sold to between 1 and %(limit)s companies."), limit=limit, wanted=wanted
        )
    return wanted
