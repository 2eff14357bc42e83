"""What a person types in just now: chosen once, remembered for them, the same for every entry until they change it.

Invariant: what is remembered was sound when it was chosen; what an archived source or the like has made unsound since
is refused again when an entry is stored on it.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.intake_facts import IntakeFacts, demand_sound
from app.leads.lead_notes import LONGEST_FACT
from tenants import clock
from tenants.actor import Actor
from tenants.errors import Forbidden, Invalid
from tenants.language import N_


@dataclass(frozen=True, slots=True)
class Choice:
    """What holds for all leads somebody types in; `consent_origin` says where these people agreed, in plain words."""

    facts: IntakeFacts
    is_offered: bool = True
    asks_bant: bool = False
    consent_origin: str = ""
    sub_id: str = ""


_KEEP = text("""
INSERT INTO quick_choice (tenant_id, person_id, vertical, lead_type, source_id, country, legal_basis, consent_text_id,
  addressee_id, max_sales, is_offered, asks_bant, consent_origin, sub_id, changed_at)
VALUES (:tenant, :person, :vertical, :lead_type, :source, :country, :basis, CAST(:consent AS uuid),
  CAST(:addressee AS uuid), CAST(:max_sales AS bigint), :is_offered, :asks_bant, :origin, :sub_id, :now)
ON CONFLICT (tenant_id, person_id) DO UPDATE SET vertical = excluded.vertical, lead_type = excluded.lead_type,
  source_id = excluded.source_id, country = excluded.country, legal_basis = excluded.legal_basis,
  consent_text_id = excluded.consent_text_id, addressee_id = excluded.addressee_id, max_sales = excluded.max_sales,
  is_offered = excluded.is_offered, asks_bant = excluded.asks_bant, consent_origin = excluded.consent_origin,
  sub_id = excluded.sub_id, changed_at = excluded.changed_at
""")
_FIND = text("SELECT * FROM quick_choice WHERE tenant_id = :tenant AND person_id = :person")


def keep(session: Session, actor: Actor, choice: Choice) -> Choice:
    """Remember what this person types in, as it is stored; repeating changes nothing.

    Raises what `intake_facts.demand_sound` refuses, or `Invalid` for a longer origin or sub-ID than a lead can have.
    """
    sound = demand_sound(session, actor.card().id, choice.facts)
    demand_short(choice)
    facts = choice.facts
    values = {
        "tenant": actor.card().id,
        "person": person_of(actor),
        "vertical": sound.vertical.code,
        "lead_type": facts.lead_type,
        "source": facts.source_id,
        "country": sound.country,
        "basis": facts.legal_basis,
        "consent": facts.consent_text_id,
        "addressee": facts.addressee_id,
        "max_sales": facts.max_sales,
        "is_offered": choice.is_offered,
        "asks_bant": choice.asks_bant,
        "origin": choice.consent_origin,
        "sub_id": choice.sub_id,
        "now": clock.now(),
    }
    session.execute(_KEEP, values)
    return choice


def remembered(session: Session, actor: Actor) -> Choice | None:
    """What this person chose last in this agency."""
    row = session.execute(_FIND, {"tenant": actor.card().id, "person": person_of(actor)}).one_or_none()
    if row is None:
        return None
    facts = IntakeFacts(
        vertical=row.vertical,
        lead_type=row.lead_type,
        source_id=row.source_id,
        country=row.country,
        legal_basis=row.legal_basis,
        consent_text_id=row.consent_text_id,
        addressee_id=row.addressee_id,
        max_sales=row.max_sales,
    )
    return Choice(facts, row.is_offered, row.asks_bant, row.consent_origin, row.sub_id)


def demand_short(choice: Choice) -> None:
    """Raises `Invalid` for an origin or a sub-ID that no lead could carry."""
    sentence = N_("At most 500 characters.")
    written = {"consent_origin": choice.consent_origin, "sub_id": choice.sub_id}
    wrong = {name: sentence for name, one in written.items() if len(one) > LONGEST_FACT}
    if wrong:
        raise Invalid(sentence, fields=wrong)


def person_of(actor: Actor) -> UUID:
    """Who types. Raises `Forbidden` for a program: it has nobody's hands."""
    if actor.kind != "user" or actor.id is None:
        raise Forbidden(N_("Only a person types leads in."))
    return actor.id
