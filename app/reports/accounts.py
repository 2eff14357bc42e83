"""A tenant's accounts through a period: what stood, what each kind of journal moved, what stands. Queries only.

Invariant: every number is a sum of the tenant's own entries, and can be opened as such by account and kind.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from billing.accounts import Account
from billing.periods import Period
from billing.statements import AGENCY_ACCOUNTS, WALLET_ACCOUNTS, Movement, movement
from tenants.actor import TenantCard

ACCOUNTS_OF = {
    "company": WALLET_ACCOUNTS,
    "agency": AGENCY_ACCOUNTS,
    "operator": (Account.COMMISSION, Account.VAT, Account.STRIPE_BALANCE, Account.STRIPE_FEES, Account.BANK),
}
"""Kind of tenant → the accounts it has."""


@dataclass(frozen=True, slots=True)
class AccountMovement:
    """One account through the period, as its tenant sees it."""

    account: Account
    currency: str
    movement: Movement


def account_movements(session: Session, tenant: TenantCard, period: Period) -> list[AccountMovement]:
    """Each of the tenant's accounts, rolled forward through the period."""
    return [
        AccountMovement(
            account,
            tenant.currency,
            movement(session, (account,), period, tenant.currency, tenant_id=tenant.id),
        )
        for account in ACCOUNTS_OF[tenant.kind]
    ]
