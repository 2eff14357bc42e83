"""The part of a form that says what holds for all leads of one way in."""

from typing import Any
from uuid import UUID

from flask import request

from app.guard import actor, session
from app.leads import addressees, consents, sources
from app.leads.intake_facts import IntakeFacts
from app.pages import query, trade_words
from app.pages.places import country_options


def typed_facts(source_id: UUID | None = None) -> IntakeFacts:
    """What the form says, not yet held against anything."""
    form = request.form
    most = form.get("max_sales", "").strip()
    return IntakeFacts(
        vertical=form.get("vertical", ""),
        lead_type=form.get("lead_type", ""),
        source_id=source_id or _id(form.get("source_id", "")) or UUID(int=0),
        country=form.get("country", ""),
        legal_basis=form.get("legal_basis", ""),
        consent_text_id=_id(form.get("consent_text_id", "")),
        addressee_id=_id(form.get("addressee_id", "")),
        # what is no number is refused as zero is; nothing written means as usual
        max_sales=(int(most[:9]) if most.isascii() and most.isdigit() else 0) if most else None,
    )


def offered_facts() -> dict[str, Any]:
    """What the form offers to choose from."""
    tenant_id = actor().card().id
    texts = [one for one in consents.listed(session(), tenant_id) if one.is_newest]
    return {
        "verticals": trade_words.vertical_options(),
        "sources": [(str(one.id), one.name) for one in sources.listed(session(), tenant_id)],
        "consents": [(str(one.id), f"{one.name} · {one.version} · {one.language}") for one in texts],
        "addressees": [(str(one.id), one.legal_name) for one in addressees.listed(session(), tenant_id)],
        "countries": country_options(),
        "country": actor().card().country,
    }


def _id(written: str) -> UUID | None:
    return query.one_id(written) if written else None
