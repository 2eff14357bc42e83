"""What an agency says about all leads of an upload or a request, held against its own records and the legal bases.

Invariant: no lead is stored on facts that did not pass `demand_sound`; a foreign or archived record is refused like an
unknown one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import legal_basis, verticals
from app.leads.countries import country_code
from app.leads.problems import Unreadable
from app.leads.targets import CONSUMER, TARGETED
from app.leads.verticals import Vertical
from tenants.errors import Invalid
from tenants.language import N_


@dataclass(frozen=True, slots=True)
class IntakeFacts:
    """As the agency says it. `max_sales` None means as usual; `addressee_id` None lets each targeted lead name its own."""

    vertical: str
    lead_type: str
    source_id: UUID
    country: str
    legal_basis: str
    consent_text_id: UUID | None = None
    addressee_id: UUID | None = None
    max_sales: int | None = None


def facts_of_body(body: Mapping[str, Any]) -> IntakeFacts:
    """As a request says them, where the type of its leads is its `type`; what else it says is left alone."""
    return IntakeFacts(
        vertical=body["vertical"],
        lead_type=body["type"],
        source_id=body["source_id"],
        country=body["country"],
        legal_basis=body["legal_basis"],
        consent_text_id=body["consent_text_id"],
        addressee_id=body["addressee_id"],
        max_sales=body["max_sales"],
    )


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """The same, held against the rules: the newest version of the vertical, a country code, the number of sales."""

    vertical: Vertical
    country: str
    max_sales: int


_RECORDS = text("""
SELECT (SELECT archived_at IS NULL FROM source WHERE tenant_id = :tenant AND id = :source) AS is_source_in_use,
  (SELECT max_recipients FROM consent_text WHERE tenant_id = :tenant AND id = :consent) AS recipients,
  EXISTS (SELECT FROM addressee WHERE tenant_id = :tenant AND id = :addressee) AS has_addressee
""")


def demand_sound(session: Session, tenant_id: UUID, facts: IntakeFacts) -> SoundFacts:
    """The facts as they are stored. Raises `Invalid`, `verticals.UnknownVertical` or a refusal of `legal_basis`."""
    vertical = verticals.get(facts.vertical)
    is_targeted = _is_targeted(facts.lead_type)
    words = {
        "tenant": tenant_id,
        "source": facts.source_id,
        "consent": facts.consent_text_id,
        "addressee": facts.addressee_id,
    }
    found = session.execute(_RECORDS, words).one()
    if not found.is_source_in_use:
        _refuse("source_id", N_("Choose one of your sources."))
    if facts.consent_text_id and found.recipients is None:
        _refuse("consent_text_id", N_("Choose one of your consent texts."))
    if facts.addressee_id and not (found.has_addressee and is_targeted):
        _refuse("addressee_id", N_("Choose one of your addressees, for targeted leads only."))
    basis = facts.legal_basis
    legal_basis.demand_basis(basis, is_b2b=vertical.is_b2b, is_targeted=is_targeted)
    most = legal_basis.allowed_sales(basis, facts.max_sales, found.recipients, is_targeted=is_targeted)
    return SoundFacts(vertical, _country(facts.country), most)


def _is_targeted(lead_type: str) -> bool:
    if lead_type not in {CONSUMER, TARGETED}:
        _refuse("lead_type", N_("A lead is either consumer or targeted."))
    return lead_type == TARGETED


def _country(written: str) -> str:
    sentence = N_("Choose the country of these leads.")
    try:
        return country_code(written)
    except Unreadable as unknown:
        raise Invalid(sentence, fields={"country": sentence}) from unknown


def _refuse(field: str, sentence: str) -> None:
    raise Invalid(sentence, fields={field: sentence})
