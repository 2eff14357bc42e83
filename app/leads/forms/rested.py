"""A form's lead that rests in quarantine: whence it came waits sealed beside it and becomes the lead's when it goes on.

Invariant: what is kept of a lead's origin is the same whether it rested or not.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.forms import counting, origin
from app.leads.forms.origin import FormLead, Visitor
from app.leads.forms.progress import Progress
from app.leads.unsafe_text import without_unsafe
from tenants import clock
from tenants.actor import TenantCard

_SETTLE = text(
    "UPDATE form_submission SET state = 'stored', lead_id = :lead WHERE tenant_id = :tenant AND id = :id"
)


def came(
    form_id: UUID, progress: Progress, visitor: Visitor, times: Mapping[str, datetime]
) -> dict[str, object]:
    """Whence a form's lead came, to rest with it."""
    return {
        "submission_id": progress.submission_id,
        "form_id": form_id,
        "version": progress.version,
        "origin": without_unsafe(dict(progress.origin)),
        "visitor": without_unsafe(asdict(visitor)),
        "times": dict(times),
    }


def becomes(session: Session, agency: TenantCard, lead_id: UUID, told: Mapping[str, Any]) -> None:
    """A rested lead has become one: its origin is written down, its submission settled, the form's lead counted."""
    times = {name: datetime.fromisoformat(moment) for name, moment in told["times"].items()}
    form_id, visitor = UUID(told["form_id"]), Visitor(**told["visitor"])
    origin.keep(
        session, agency.id, FormLead(lead_id, form_id, told["version"], told["origin"], visitor, times)
    )
    session.execute(_SETTLE, {"tenant": agency.id, "id": told["submission_id"], "lead": lead_id})
    counting.count(
        session, agency.id, form_id, counting.LEAD, counting.local_day(clock.now(), agency.time_zone)
    )
