"""What people agreed to, word by word."""

from typing import Any
from uuid import UUID

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.intake import ConsentText, ConsentTextPage, NewConsentText, Wording
from app.guard import actor, session
from app.leads import consents
from tenants.permissions import Permission

resource = Resource("consent-texts", "Consent texts; a version never changes.")
_WORDS = {
    "language": "en",
    "body": "I agree that my enquiry is passed to up to three installers.",
    "recipients": "Installers of solar plants",
    "max_recipients": 3,
}


@resource.get("/consent-texts", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(ConsentTextPage))
def list_consent_texts(query: dict[str, Any]) -> dict[str, Any]:
    """Every version of every text, by name, newest first."""
    return page_of_all(consents.listed(session(), actor().card().id), query, lambda one: one.id)


@resource.post(
    "/consent-texts",
    Permission.LEAD_WRITE,
    Takes(json=NewConsentText, example={"name": "Solar form", **_WORDS}),
    gives=Gives(ConsentText, 201),
)
def create_consent_text(body: dict[str, Any]) -> Any:
    """Keep a new consent text as version 1."""
    name = body.pop("name")
    made = consents.create(session(), actor(), name, consents.Wording(**body))
    return consents.get(session(), actor().card().id, made)


@resource.get("/consent-texts/{consent_text_id}", Permission.LEAD_READ, gives=Gives(ConsentText))
def read_consent_text(consent_text_id: UUID) -> Any:
    """One version of a consent text."""
    return consents.get(session(), actor().card().id, consent_text_id)


@resource.post(
    "/consent-texts/{consent_text_id}/versions",
    Permission.LEAD_WRITE,
    Takes(json=Wording, example=_WORDS),
    gives=Gives(ConsentText, 201),
)
def create_consent_version(body: dict[str, Any], consent_text_id: UUID) -> Any:
    """Keep changed words as the next version; leads of older versions keep theirs."""
    made = consents.new_version(session(), actor(), consent_text_id, consents.Wording(**body))
    return consents.get(session(), actor().card().id, made)
