"""Linking an addressee to a company, and at once offering it the leads that waited for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.leads import addressee_links
from app.leads.addressee_links import Linked, LinkOffer
from app.market.publish import offer_waiting
from tenants.actor import Actor
from tenants.db import platform_transaction


def accept(session: Session, actor: Actor, token: str, mailbox: str, at: datetime) -> Linked:
    """A company accepts; raises what `addressee_links.accept_link` raises. Offers the waiting leads if it is proven."""
    offer = addressee_links.read_invitation(session, token)
    linked = addressee_links.accept_link(session, actor, token, mailbox)
    if linked is Linked.LINKED:
        offer_waiting(session, offer.agency_id, offer.addressee_id, at)
    return linked


def confirm_by_mail(token: str, at: datetime) -> LinkOffer:
    """Whoever reads the domain's mail confirms, without an account. Raises `DeadLink`. Repeating offers nothing twice."""
    offer = addressee_links.confirm_link(token)
    with platform_transaction("leads that waited are offered to their addressee") as session:
        offer_waiting(session, offer.agency_id, offer.addressee_id, at)
    return offer


def confirm_by_operator(
    session: Session, actor: Actor, agency_id: UUID, addressee_id: UUID, at: datetime
) -> None:
    """The operator checked the domain. Raises `NotFound`, `Forbidden`."""
    addressee_links.confirm_by_operator(session, actor, agency_id, addressee_id)
    offer_waiting(session, agency_id, addressee_id, at)
