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
from app.leads.forms.published import LiveForm
from app.leads.unsafe_text import without_unsafe
from tenants import clock, letters
from tenants.actor import TenantCard

_SETTLE = text(
    "UPDATE form_submission SET state = 'stored', lead_id = :lead WHERE tenant_id = :tenant AND id = :id"
)


def values_of(form: LiveForm, progress: Progress, times: Mapping[str, datetime]) -> dict[str, object]:
    """What a form's lead says, as `intake.take` reads it."""
    asked = form.spec.asked
    values: dict[str, object] = {
        name: text for name, text in progress.values.items() if name in asked and text
    }
    values |= {
        "enquired_at": times["sent_at"].isoformat(),
        "language": progress.language,
        "sub_id": origin.sub_id(progress.origin),
    }
    if "consent_at" in times:
        page = progress.origin.get("landing") or letters.link(f"/f/{form.slug}")
        values |= {"consent_at": times["consent_at"].isoformat(), "consent_origin": page}
    return values


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


def confirmed(told: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The same, with the moment at which the person confirmed their mailbox."""
    return {**told, "times": {**told["times"], "confirmed_at": at.isoformat()}}


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
