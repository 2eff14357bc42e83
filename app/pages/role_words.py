"""Roles and permissions in words: the table of tenants/permissions.py for people to read."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from tenants.permissions import ROLES, Permission

_P = Permission

ROLE_LABELS: dict[str, Any] = {
    "owner": _l("Owner"),
    "manager": _l("Manager"),
    "agent": _l("Agent"),
    "finance": _l("Finance"),
    "viewer": _l("Viewer"),
}
PERMISSION_LABELS: dict[Permission, Any] = {
    _P.LEAD_READ: _l("See leads, without contacts"),
    _P.LEAD_WRITE: _l("Upload, price, publish and withdraw leads"),
    _P.CONTACT_READ: _l("See and download contacts"),
    _P.LEAD_BUY: _l("Buy and decline leads"),
    _P.OUTCOME_WRITE: _l("Tell what became of a lead, settle actions"),
    _P.SUPPRESSION_WRITE: _l("Keep lists of people not to be sold or bought"),
    _P.RETURN_WRITE: _l("Claim and decide returns"),
    _P.DELIVERY_READ: _l("See destinations and deliveries"),
    _P.DELIVERY_WRITE: _l("Keep destinations"),
    _P.CONTACT_DELIVERY: _l("Allow contact data in mails"),
    _P.MONEY_READ: _l("See own money and reports"),
    _P.MONEY_WRITE: _l("Top up the wallet"),
    _P.MEMBER_WRITE: _l("Invite members and change roles"),
    _P.KEY_WRITE: _l("Make and revoke API keys"),
    _P.AUDIT_READ: _l("Read the audit log"),
    _P.TENANT_WRITE: _l("Change the organisation and accept terms"),
    _P.PLATFORM_MONEY: _l("See all money of the platform"),
    _P.PAYOUT_WRITE: _l("Record payouts"),
    _P.PLATFORM_APPROVE: _l("Approve organisations, decide appeals and disputes"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One permission, and which roles hold it: in the order of `ROLE_LABELS`."""

    label: Any
    held_by: tuple[bool, ...]


def role_label(role: str) -> str:
    """A role as people call it."""
    return str(ROLE_LABELS[role])


def permission_label(permission: str) -> str:
    """A permission or scope in words."""
    return str(PERMISSION_LABELS[Permission(permission)])


def role_options() -> list[tuple[str, str]]:
    """(role, label) for a form."""
    return [(role, str(label)) for role, label in ROLE_LABELS.items()]


def role_table(kind: str) -> list[Row]:
    """What each role of a tenant of this kind may do, leaving out what nobody there may."""
    held = ROLES[kind]
    rows = (
        Row(label, tuple(permission in held[role] for role in ROLE_LABELS))
        for permission, label in PERMISSION_LABELS.items()
    )
    return [row for row in rows if any(row.held_by)]
