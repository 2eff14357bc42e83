"""Deeds of the audit log in words, with what they were done to and what was noted beside them."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from app import formats
from app.pages.role_words import ROLE_LABELS
from app.pages.trade_words import WORDS, channel_name, territory, vertical_name, yes_no

DEEDS: dict[str, Any] = {
    "action.claimed": _l("Action claimed"),
    "action.confirmed": _l("Action confirmed"),
    "action.disputed": _l("Action disputed"),
    "action.withdrawn": _l("Action withdrawn"),
    "addressee.accepted": _l("Addressee accepted"),
    "addressee.created": _l("Addressee added"),
    "addressee.invited": _l("Addressee invited"),
    "addressee.link_refused": _l("Addressee's link refused"),
    "addressee.linked": _l("Addressee linked"),
    "appeal.decided": _l("Appeal decided"),
    "batch.cancelled": _l("Upload cancelled"),
    "batch.check_started": _l("Upload checked"),
    "recheck.started": _l("Re-check started"),
    "recheck.checked": _l("Unsold leads re-checked"),
    "recheck.applied": _l("Re-check to be applied"),
    "recheck.finished": _l("Re-check applied"),
    "recheck.cancelled": _l("Re-check cancelled"),
    "batch.corrected": _l("Corrected rows uploaded"),
    "batch.fixed": _l("Fixes of many rows decided"),
    "batch.laid_out": _l("Reading of a file changed"),
    "batch.mapped": _l("Upload's columns mapped"),
    "batch.paused": _l("Upload taken off the market for a while"),
    "batch.published": _l("Upload published"),
    "batch.received": _l("File uploaded"),
    "batch.resumed": _l("Upload on offer again"),
    "batch.rejects_downloaded": _l("Rejected rows downloaded"),
    "batch.terms_changed": _l("Terms of an upload changed"),
    "batch.undone": _l("Upload undone"),
    "consent_text.created": _l("Consent text written"),
    "delivery.replayed": _l("Delivery sent again"),
    "demo.finished": _l("Demo data made"),
    "destination.contacts": _l("Contacts in mails switched"),
    "destination.created": _l("Destination added"),
    "destination.deleted": _l("Destination deleted"),
    "destination.disabled": _l("Destination switched off"),
    "destination.enabled": _l("Destination switched on"),
    "destination.renamed": _l("Destination renamed"),
    "destination.secret_rotated": _l("Destination's secret changed"),
    "dispute.decided": _l("Dispute decided"),
    "form.created": _l("Form begun"),
    "form.paused": _l("Form paused"),
    "form.published": _l("Form published"),
    "form.resumed": _l("Form opened again"),
    "invitation.revoked": _l("Invitation revoked"),
    "key.created": _l("API key made"),
    "key.limited": _l("Limited an API key"),
    "instructions.shared": _l("Shared posting instructions"),
    "instructions.revoked": _l("Revoked a link to posting instructions"),
    "connection.created": _l("Made a connection"),
    "connection.rotated": _l("Gave a connection a new address"),
    "connection.paused": _l("Paused a connection"),
    "connection.resumed": _l("Resumed a connection"),
    "connection.mapped": _l("Mapped what a connection sends"),
    "connection.body_read": _l("Opened what a connection received"),
    "connection.deleted": _l("Deleted a connection"),
    "connection.replayed": _l("Sent a received message through again"),
    "key.revoked": _l("API key revoked"),
    "lead.added": _l("Lead added"),
    "lead.declined": _l("Lead declined"),
    "lead.revealed": _l("Contacts revealed"),
    "lead.withdrawn": _l("Lead withdrawn"),
    "leads.bought": _l("Leads bought"),
    "member.buying_ended": _l("Buying ended for a member"),
    "member.buying_granted": _l("Buying granted to a member"),
    "member.invited": _l("Member invited"),
    "member.joined": _l("Member joined"),
    "member.removed": _l("Member removed"),
    "member.role_changed": _l("Role changed"),
    "outcome.call": _l("Outcome told: call"),
    "outcome.consultation": _l("Outcome told: consultation"),
    "outcome.contacted": _l("Outcome told: contacted"),
    "outcome.purchase": _l("Outcome told: purchase"),
    "outcome.qualified": _l("Outcome told: qualified"),
    "outcome.rejected": _l("Outcome told: rejected"),
    "payout.recorded": _l("Payout recorded"),
    "ppa.allowed": _l("Pay per action allowed"),
    "ppa.stopped": _l("Pay per action stopped"),
    "price.set": _l("Price set"),
    "purchase.revealed": _l("Contacts of a bought lead revealed"),
    "purchases.downloaded": _l("Bought leads downloaded"),
    "quarantine.assigned": _l("Quarantined lead assigned"),
    "quarantine.corrected": _l("Quarantined lead corrected"),
    "quarantine.discarded": _l("Quarantined lead discarded"),
    "quarantine.released": _l("Quarantined lead released"),
    "quarantine.revealed": _l("Quarantined lead opened"),
    "return.accepted": _l("Return accepted"),
    "return.appealed": _l("Return appealed"),
    "return.claimed": _l("Return claimed"),
    "return.refused": _l("Return refused"),
    "scoring.saved": _l("Scoring rules saved"),
    "session.revoked": _l("Session ended"),
    "sms_gateway.removed": _l("Gateway for text messages removed"),
    "sms_gateway.saved": _l("Gateway for text messages set"),
    "source.archived": _l("Source archived"),
    "source.created": _l("Source added"),
    "source.renamed": _l("Source renamed"),
    "source.restored": _l("Source restored"),
    "source.spend_recorded": _l("Source's spend recorded"),
    "suppression.added": _l("Entries put on a suppression list"),
    "suppression.created": _l("Suppression list opened"),
    "suppression.deleted": _l("Suppression list deleted"),
    "suppression.removed": _l("Entry taken off a suppression list"),
    "suppression.stopped": _l("Reading of a suppression file stopped"),
    "suppression.uploaded": _l("File sent for a suppression list"),
    "tenant.approved": _l("Organisation approved"),
    "tenant.changed": _l("Organisation's settings changed"),
    "tenant.facts_stated": _l("Organisation's details stated"),
    "tenant.founded": _l("Organisation opened"),
    "tenant.signed_up": _l("Organisation signed up"),
    "tenant.suspended": _l("Organisation suspended"),
    "tenant.terms_accepted": _l("Terms accepted"),
    "threshold.added": _l("Score alert set"),
    "threshold.deleted": _l("Score alert deleted"),
    "threshold.switched_off": _l("Score alert switched off"),
    "threshold.switched_on": _l("Score alert switched on"),
    "top_up.started": _l("Top-up started"),
}
SUBJECTS: dict[str, Any] = {
    "action": _l("Action"), "addressee": _l("Addressee"), "api_key": _l("API key"), "batch": _l("File"),
    "consent_text": _l("Consent text"), "delivery": _l("Delivery"), "destination": _l("Destination"),
    "form": _l("Form"), "recheck": _l("The re-check"),
    "invitation": _l("Invitation"), "lead": _l("Lead"), "order": _l("Order"), "payout": _l("Payout"),
    "purchase": _l("Bought lead"), "quarantined_lead": _l("Lead in quarantine"), "return": _l("Return"),
    "sale": _l("Sale"), "session": _l("Session"), "scoring": _l("Scoring"),
    "sms_gateway": _l("Gateway for text messages"), "threshold": _l("Score alert"), "source": _l("Source"),
    "suppression_list": _l("Suppression list"), "tenant": _l("Organisation"), "top_up": _l("Top-up"), "user": _l("Person"),
}  # fmt: skip
NOTED: dict[str, Any] = {
    "agency": _l("Agency"), "agency_id": _l("Agency"), "amount_minor": _l("Amount"), "bills": _l("Bills"),
    "bytes": _l("Size"), "contact_email": _l("Contact"), "domain": _l("Domain"), "legal_name": _l("Legal name"),
    "public_label": _l("Public label"), "at_least": _l("From how many points"), "host": _l("Host"),
    "call_minor": _l("Call"), "channel": _l("Channel"), "company": _l("Company"),
    "consultation_minor": _l("Consultation"), "country": _l("Country"), "currency": _l("Currency"),
    "exclusive_minor": _l("Exclusive"), "file": _l("File"), "form": _l("Form"), "from": _l("From"),
    "includes_contacts": _l("With contacts"), "kind": _l("Kind"), "month": _l("Month"), "name": _l("Name"),
    "purchase_minor": _l("Purchase"), "reason": _l("Reason"), "reference": _l("Bank reference"),
    "reserved_minor": _l("Reserved"), "role": _l("Role"), "scopes": _l("Scopes"), "shared_minor": _l("Shared"),
    "to": _l("To"), "type": _l("Type"), "upheld": _l("Upheld"), "version": _l("Version"), "vertical": _l("Vertical"),
}  # fmt: skip
"""What a record notes beside the deed, by name."""

_WRITTEN: dict[str, Callable[[str], str]] = {
    "vertical": vertical_name, "country": territory, "channel": channel_name,
}  # fmt: skip
_VALUES: dict[str, tuple[Mapping[str, Any], ...]] = {
    "reason": (WORDS["return_reason"], WORDS["withdraw"]), "type": (WORDS["outcome"],),
    "kind": (WORDS["destination"],), "role": (ROLE_LABELS,), "from": (ROLE_LABELS,), "to": (ROLE_LABELS,),
}  # fmt: skip


def deed_label(action: str) -> str:
    """The deed in words; one that has none yet is shown as it is recorded."""
    return str(DEEDS.get(action, action))


def subject_label(kind: str) -> str:
    """What a deed was done to, in words."""
    return str(SUBJECTS.get(kind, kind))


def noted(detail: Mapping[str, Any]) -> str:
    """What a record notes beside the deed, in words; what has none yet is shown as it is recorded."""
    currency = str(detail.get("currency") or "EUR")
    parts = ((name, _value(name, value, currency)) for name, value in detail.items())
    return "; ".join(f"{NOTED.get(name, name)}: {value}" for name, value in parts)


def _value(name: str, value: Any, currency: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return yes_no(value)
    if name == "bytes":
        return formats.file_size(value)
    if isinstance(value, int):
        return formats.money_text(value, currency) if name.endswith("_minor") else formats.number(value)
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if name.endswith("_id"):
        return f"…{str(value)[-6:]}"
    if name in _WRITTEN:
        return _WRITTEN[name](value)
    return str(next((words[value] for words in _VALUES.get(name, ()) if value in words), value))
