"""Deeds of the audit log in words."""

from typing import Any

from flask_babel import lazy_gettext as _l

DEEDS: dict[str, Any] = {
    "action.claimed": _l("Action claimed"),
    "action.confirmed": _l("Action confirmed"),
    "addressee.accepted": _l("Addressee accepted"),
    "addressee.created": _l("Addressee added"),
    "addressee.invited": _l("Addressee invited"),
    "addressee.link_refused": _l("Addressee's link refused"),
    "addressee.linked": _l("Addressee linked"),
    "appeal.decided": _l("Appeal decided"),
    "batch.cancelled": _l("Upload cancelled"),
    "batch.check_started": _l("Upload checked"),
    "batch.mapped": _l("Upload's columns mapped"),
    "batch.published": _l("Upload published"),
    "batch.received": _l("File uploaded"),
    "batch.rejects_downloaded": _l("Rejected rows downloaded"),
    "batch.undone": _l("Upload undone"),
    "consent_text.created": _l("Consent text written"),
    "delivery.replayed": _l("Delivery sent again"),
    "dispute.decided": _l("Dispute decided"),
    "invitation.revoked": _l("Invitation revoked"),
    "key.created": _l("API key made"),
    "key.revoked": _l("API key revoked"),
    "lead.added": _l("Lead added"),
    "lead.declined": _l("Lead declined"),
    "lead.revealed": _l("Contacts revealed"),
    "lead.withdrawn": _l("Lead withdrawn"),
    "member.buying_ended": _l("Buying ended for a member"),
    "member.buying_granted": _l("Buying granted to a member"),
    "member.invited": _l("Member invited"),
    "member.joined": _l("Member joined"),
    "member.removed": _l("Member removed"),
    "member.role_changed": _l("Role changed"),
    "payout.recorded": _l("Payout recorded"),
    "ppa.allowed": _l("Pay per action allowed"),
    "ppa.stopped": _l("Pay per action stopped"),
    "price.set": _l("Price set"),
    "purchase.revealed": _l("Contacts of a bought lead revealed"),
    "purchases.downloaded": _l("Bought leads downloaded"),
    "return.accepted": _l("Return accepted"),
    "return.appealed": _l("Return appealed"),
    "return.claimed": _l("Return claimed"),
    "return.refused": _l("Return refused"),
    "session.revoked": _l("Session ended"),
    "source.archived": _l("Source archived"),
    "source.created": _l("Source added"),
    "source.renamed": _l("Source renamed"),
    "source.restored": _l("Source restored"),
    "source.spend_recorded": _l("Source's spend recorded"),
    "tenant.approved": _l("Organisation approved"),
    "tenant.changed": _l("Organisation's settings changed"),
    "tenant.facts_stated": _l("Organisation's details stated"),
    "tenant.founded": _l("Organisation opened"),
    "tenant.signed_up": _l("Organisation signed up"),
    "tenant.suspended": _l("Organisation suspended"),
    "tenant.terms_accepted": _l("Terms accepted"),
    "top_up.started": _l("Top-up started"),
}


def deed_label(action: str) -> str:
    """The deed in words; one that has none yet is shown as it is recorded."""
    return str(DEEDS.get(action, action))
