"""The companies that an agency's targeted leads answered."""

from typing import Any
from uuid import UUID

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.intake import Addressee, AddresseePage, NewAddressee
from app.guard import actor, session
from app.leads import addressees
from tenants.permissions import Permission

resource = Resource("addressees", "Companies that targeted leads answered, as the agency knows them.")
_EXAMPLE = {
    "legal_name": "Bolt Energy Sp. z o.o.",
    "country": "PL",
    "domain": "bolt.example",
    "contact_email": "leads@bolt.example",
}


@resource.get("/addressees", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(AddresseePage))
def list_addressees(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's addressees by name."""
    return page_of_all(addressees.listed(session(), actor().card().id), query, lambda one: one.id)


@resource.post(
    "/addressees",
    Permission.LEAD_WRITE,
    Takes(json=NewAddressee, example=_EXAMPLE),
    gives=Gives(Addressee, 201),
)
def create_addressee(body: dict[str, Any]) -> Any:
    """Keep a company that leads answered; nobody is told."""
    made = addressees.create(session(), actor(), addressees.NewAddressee(**body))
    return addressees.get(session(), actor().card().id, made)


@resource.get("/addressees/{addressee_id}", Permission.LEAD_READ, gives=Gives(Addressee))
def read_addressee(addressee_id: UUID) -> Any:
    """One addressee."""
    return addressees.get(session(), actor().card().id, addressee_id)


@resource.post("/addressees/{addressee_id}/invite", Permission.LEAD_WRITE, gives=Gives(Addressee))
def invite_addressee(addressee_id: UUID) -> Any:
    """Mail the addressee a link and the number of enquiries that wait, no more."""
    addressees.invite(session(), actor(), addressee_id)
    return addressees.get(session(), actor().card().id, addressee_id)
