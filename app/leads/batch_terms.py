"""On what basis an upload's leads may be sold, and to how many: said with the file, and once more before it is offered.

Invariant: what the leads of a batch carry is what its check read; other terms mean another check.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.batch_states import CHECKED_ANEW, demand_state
from app.leads.check import start_check
from app.leads.intake_facts import IntakeFacts, demand_sound
from tenants import audit
from tenants.actor import Actor

_SET = text(f"""
UPDATE batch SET legal_basis = :basis, consent_text_id = :consent, max_sales = :most, state = 'mapped', {CHECKED_ANEW}
WHERE tenant_id = :tenant AND id = :id
""")  # noqa: S608 (our own words)


def set_terms(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    legal_basis: str,
    consent_text_id: UUID | None,
    max_sales: int | None,
) -> bool:
    """Change legal basis, consent text or number of sales of a checked upload; whether it is checked anew for that.

    Raises `NotFound`, `WrongState` or what `intake_facts.demand_sound` refuses; then nothing was changed. Repeating
    changes nothing.
    """
    tenant_id = actor.card().id
    batch = demand_state(session, tenant_id, batch_id, ("checked", "staged"))
    facts = IntakeFacts(
        vertical=batch.vertical,
        lead_type=batch.lead_type,
        source_id=batch.source_id,
        country=batch.country,
        legal_basis=legal_basis,
        consent_text_id=consent_text_id,
        addressee_id=batch.addressee_id,
        max_sales=max_sales,
    )
    sound = demand_sound(session, tenant_id, facts)
    before = (batch.legal_basis, batch.consent_text_id, batch.max_sales)
    if before == (legal_basis, consent_text_id, sound.max_sales):
        return False
    words = {"tenant": tenant_id, "id": batch_id, "basis": legal_basis, "consent": consent_text_id}
    session.execute(_SET, {**words, "most": sound.max_sales})
    start_check(session, actor, batch_id)
    audit.record(session, actor, "batch.terms_changed", "batch", batch_id)
    return True
