"""Handing a lead over: opened with the agency's key, sealed again as the company's own copy, split into money."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.leads import bundle as bundles
from app.leads.bundle import Bundle
from app.market.judge import Verdict
from app.market.record import NewSale
from app.market.terms import Item, Mode, Terms
from billing.charges import COMMISSION_BP
from billing.money import Split, split
from billing.tax import Tax
from tenants import crypto
from tenants.crypto import Vault
from tenants.ids import new_id

Opened = tuple[Bundle, tuple[bytes, ...]]
"""A lead's secrets, and its people as the buyer's blind index sees them."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """The company as a sale needs it."""

    name: str
    shows_name: bool
    vault: Vault
    tax: Tax


def open_lead(lead: Any, buyer_vault: Vault) -> Opened:
    """Open a locked lead row with its agency's key."""
    seller = crypto.unwrap(lead.agency_id, bytes(lead.wrapped))
    opened = bundles.unpack(seller.open(bytes(lead.salt), lead.id, bundles.FIELD, bytes(lead.sealed)))
    return opened, tuple(buyer_vault.blind(bundles.PERSON, person) for person in bundles.people(opened))


def hand_over(item: Item, lead: Any, verdict: Verdict, opened: Opened, buyer: Buyer) -> NewSale:
    """A sale ready to be written, with the company's own encrypted copy under a salt of its own."""
    sale_id, salt = new_id(), crypto.new_salt()
    lead_bundle, blinds = opened
    copy = Bundle(
        lead_bundle.contacts, lead_bundle.personal, lead_bundle.postcode, _consent(lead, lead_bundle)
    )
    return NewSale(
        id=sale_id,
        item=item,
        verdict=verdict,
        lead=lead,
        amount=_amount(item, verdict, buyer.tax),
        buyer_label=_label(item, lead, buyer),
        salt=salt,
        sealed=buyer.vault.seal(salt, sale_id, bundles.FIELD, bundles.pack(copy)),
        blinds=blinds,
        bundle=copy,
    )


def pseudonym(seller: Vault, company_id: UUID) -> str:
    """The stable name under which an agency knows a company that does not show its own."""
    return f"Buyer {seller.blind('buyer', str(company_id)).hex()[:6].upper()}"


def _amount(item: Item, verdict: Verdict, rate: Tax) -> Split:
    if item.terms is Terms.PPL:
        return split(verdict.net_minor or 0, rate.rate_bp, COMMISSION_BP)
    total = Split(0, 0, 0)
    for _, price in verdict.prices:
        total = total + split(price, rate.rate_bp, COMMISSION_BP)
    return total


def _consent(lead: Any, opened: Bundle) -> dict[str, Any]:
    kept = opened.consent or {}
    return {
        "basis": lead.legal_basis,
        "text": lead.consent_body,
        "version": lead.consent_version,
        "language": lead.consent_language,
        "recipients": lead.recipients,
        "at": lead.consent_at.isoformat() if lead.consent_at else None,
        "origin": lead.consent_origin,
        **{name: kept[name] for name in bundles.PROOFS if kept.get(name)},
    }


def _label(item: Item, lead: Any, buyer: Buyer) -> str:
    if item.mode is Mode.RESERVED or buyer.shows_name:
        return buyer.name
    return pseudonym(crypto.unwrap(lead.agency_id, bytes(lead.wrapped)), buyer.vault.tenant_id)
