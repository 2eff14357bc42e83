"""The chart of accounts. An entry's sign: debit is positive, credit negative; a journal sums to zero.

| account | belongs to | kind | grows by |
|---|---|---|---|
| wallet | company | what we owe it: prepaid money | credit |
| wallet_held | company | the part reserved for pay-per-action | credit |
| agency_held | agency | its share until the return window ends | credit |
| agency_due | agency | its share, payable | credit |
| agency_receivable | agency | what it owes us | debit |
| stripe_balance | operator | money at Stripe | debit |
| bank | operator | money at the bank | debit |
| commission | operator | our revenue | credit |
| vat | operator | owed to the tax office | credit |
| stripe_fees | operator | cost | debit |
"""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.errors import NotFound
from tenants.language import N_


class Account(StrEnum):
    """One account of a tenant; see the table above."""

    WALLET = "wallet"
    WALLET_HELD = "wallet_held"
    AGENCY_HELD = "agency_held"
    AGENCY_DUE = "agency_due"
    AGENCY_RECEIVABLE = "agency_receivable"
    STRIPE_BALANCE = "stripe_balance"
    BANK = "bank"
    COMMISSION = "commission"
    VAT = "vat"
    STRIPE_FEES = "stripe_fees"


CREDIT_ACCOUNTS = frozenset(Account) - {
    Account.AGENCY_RECEIVABLE,
    Account.STRIPE_BALANCE,
    Account.BANK,
    Account.STRIPE_FEES,
}
"""Accounts whose balance is shown with the sign turned: a credit is a positive balance."""


def operator_id(session: Session) -> UUID:
    """The one operator, whose books hold commission, VAT, fees, Stripe and bank. Needs a platform door."""
    found = session.execute(text("SELECT id FROM tenant WHERE kind = 'operator'")).scalar_one_or_none()
    if found is None:
        raise NotFound(N_("No operator has been set up yet."))
    return UUID(str(found))
