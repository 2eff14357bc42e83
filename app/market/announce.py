"""Telling both sides of a sale: events for their destinations, written in the same transaction as the sale."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.delivery.deliver import deliver_all
from app.delivery.payload import Event, MessageTooLarge, message
from app.market.record import Buying, NewSale
from app.market.terms import Terms


def sold(session: Session, sales: Sequence[NewSale], buying: Buying) -> None:
    """`sale.created` to the company (with the contact set, unless the message would be too large: then it says
    `is_cut`, and the purchase's page and API have the whole) and to each agency (without the company's own data)."""
    owed = [(buying.company_id, _whole_or_slim(sale, buying)) for sale in sales if sale.lead.buyer_listens]
    owed += [
        (sale.lead.agency_id, Event("sale.created", sale.id, _for_agency(sale, buying), buying.at))
        for sale in sales
        if sale.lead.agency_listens
    ]
    deliver_all(session, owed)


def _whole_or_slim(sale: NewSale, buying: Buying) -> Event:
    whole = Event("sale.created", sale.id, _for_company(sale, buying), buying.at, _people(sale))
    try:
        message(whole)
    except MessageTooLarge:
        body = {**_for_company(sale, buying), "is_cut": True}
        return Event("sale.created", sale.id, body, buying.at)
    return whole


def _people(sale: NewSale) -> dict[str, Any]:
    return {
        "people": sale.bundle.contacts,
        "answers": sale.bundle.personal,
        "postcode": sale.bundle.postcode,
        "consent": sale.bundle.consent,
    }


def _money(sale: NewSale) -> dict[str, Any]:
    return {
        "terms": sale.item.terms.value,
        "mode": sale.item.mode.value,
        "net_minor": sale.amount.net,
        "vat_minor": sale.amount.vat,
        "gross_minor": sale.amount.gross,
        "currency": sale.lead.currency,
        "action_prices": dict(sale.verdict.prices) if sale.item.terms is Terms.PPA else {},
    }


def _for_company(sale: NewSale, buying: Buying) -> dict[str, Any]:
    lead = sale.lead
    return {
        "purchase_id": str(sale.id),
        "bought_at": buying.at.isoformat(),
        "lead": {
            "id": str(lead.id),
            "type": lead.type,
            "vertical": lead.vertical,
            "agency": lead.agency_name,
            "channel": lead.channel,
            "source": lead.source_label,
            "enquired_at": lead.enquired_at.isoformat(),
            "country": lead.country,
            "region": lead.region,
            "language": lead.language,
            "temperature": lead.temperature,
            "stage": lead.stage,
            "facts": lead.facts,
        },
        "price": _money(sale),
    }


def _for_agency(sale: NewSale, buying: Buying) -> dict[str, Any]:
    return {
        "sale_id": str(sale.id),
        "sold_at": buying.at.isoformat(),
        "lead_id": str(sale.lead.id),
        "vertical": sale.lead.vertical,
        "buyer": sale.buyer_label,
        "price": {**_money(sale), "agency_minor": sale.amount.agency},
    }
