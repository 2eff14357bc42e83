"""Who of a tenant may do what, as a table you can read aloud.

A permission is held through a role; some exist only in one kind of tenant. An API key holds the permissions named in
its scopes, never those that need a person (`PERSONS_ONLY`).
"""

from enum import StrEnum


class Permission(StrEnum):
    """One thing a member may do."""

    LEAD_READ = "leads:read"  # see leads, sales and listings, without contacts
    LEAD_WRITE = (
        "leads:write"  # upload, publish, withdraw leads; keep sources, prices, consent texts, addressees
    )
    CONTACT_READ = "contacts:read"  # reveal and download contact sets
    LEAD_BUY = "purchases:write"  # buy and decline leads
    OUTCOME_WRITE = "outcomes:write"  # tell what became of a lead; confirm, withdraw, refuse actions
    SUPPRESSION_WRITE = (
        "suppression:write"  # keep lists of people who are not to be sold, or not to be bought
    )
    RETURN_WRITE = "returns:write"  # claim and decide returns
    DELIVERY_READ = "deliveries:read"  # see destinations and deliveries
    DELIVERY_WRITE = "deliveries:write"  # keep destinations
    CONTACT_DELIVERY = "deliveries:contacts"  # allow contact data in a mail
    MONEY_READ = "money:read"  # wallet, journals, own reports
    MONEY_WRITE = "money:write"  # top up
    MEMBER_WRITE = "members:write"  # invite, change roles
    KEY_WRITE = "keys:write"  # make and revoke API keys
    AUDIT_READ = "audit:read"  # see who did what
    TENANT_WRITE = "tenant:write"  # legal name, terms, language
    PLATFORM_MONEY = "platform:money"  # the operator's finance: all money, no contacts
    PAYOUT_WRITE = "platform:payouts"  # record payouts
    PLATFORM_APPROVE = "platform:approve"  # approve tenants, decide appeals and disputes, link addressees


P = Permission

_EVERYONE = {P.LEAD_READ}
_WORKS = _EVERYONE | {P.CONTACT_READ, P.LEAD_WRITE, P.OUTCOME_WRITE, P.RETURN_WRITE, P.DELIVERY_READ}
_MANAGES = _WORKS | {
    P.LEAD_BUY,
    P.SUPPRESSION_WRITE,
    P.DELIVERY_WRITE,
    P.MONEY_READ,
    P.MONEY_WRITE,
    P.KEY_WRITE,
    P.AUDIT_READ,
}
_OWNS = _MANAGES | {P.MEMBER_WRITE, P.TENANT_WRITE, P.CONTACT_DELIVERY}
_OPERATES = {
    P.SUPPRESSION_WRITE,
    P.LEAD_READ,
    P.PLATFORM_MONEY,
    P.PLATFORM_APPROVE,
    P.AUDIT_READ,
    P.MONEY_READ,
}

ROLES: dict[str, dict[str, frozenset[Permission]]] = {
    "agency": {
        "owner": frozenset(_OWNS - {P.LEAD_BUY, P.MONEY_WRITE}),
        "manager": frozenset(_MANAGES - {P.LEAD_BUY, P.MONEY_WRITE}),
        "agent": frozenset(_WORKS),
        "finance": frozenset(_EVERYONE | {P.MONEY_READ, P.AUDIT_READ}),
        "viewer": frozenset(_EVERYONE),
    },
    "company": {
        "owner": frozenset(_OWNS - {P.LEAD_WRITE}),
        "manager": frozenset(_MANAGES - {P.LEAD_WRITE}),
        "agent": frozenset(_WORKS - {P.LEAD_WRITE}),
        "finance": frozenset(_EVERYONE | {P.MONEY_READ, P.MONEY_WRITE, P.AUDIT_READ}),
        "viewer": frozenset(_EVERYONE),
    },
    "operator": {
        "owner": frozenset(_OPERATES | {P.PAYOUT_WRITE, P.MEMBER_WRITE, P.KEY_WRITE, P.TENANT_WRITE}),
        "manager": frozenset(_OPERATES),
        "agent": frozenset({P.LEAD_READ, P.PLATFORM_APPROVE}),
        "finance": frozenset({P.PLATFORM_MONEY, P.PAYOUT_WRITE, P.MONEY_READ, P.AUDIT_READ}),
        "viewer": frozenset({P.LEAD_READ}),
    },
}
"""Kind of tenant → role → what it may do."""

PERSONS_ONLY = frozenset(
    {P.MEMBER_WRITE, P.KEY_WRITE, P.CONTACT_DELIVERY, P.TENANT_WRITE, P.PLATFORM_APPROVE}
)
"""No API key may do these: they change who may do what."""


def permissions(kind: str, role: str, *, may_buy: bool = False) -> frozenset[Permission]:
    """What a member of a tenant of this kind may do; an agent of a company buys only when granted."""
    held = ROLES[kind][role]
    return held | {P.LEAD_BUY} if may_buy and kind == "company" and role == "agent" else held


def scopes(kind: str) -> frozenset[Permission]:
    """The scopes an API key of a tenant of this kind may carry."""
    return ROLES[kind]["owner"] - PERSONS_ONLY
