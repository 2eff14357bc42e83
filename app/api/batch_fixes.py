"""Many rows of a checked file put right at once, and the rows that were left out, mended and sent back."""

from typing import Any
from uuid import UUID

from app.api.batch_columns import meant
from app.api.batches import shown
from app.api.operations import Gives, Resource, Takes
from app.api.schemas import batch_fixes as schemas
from app.api.schemas.batches import Batch
from app.body_size import takes_files
from app.guard import actor, session
from app.leads import batch_queries, fixes, verticals
from app.leads.allowed_values import allowed_values
from app.leads.corrections import correct
from app.leads.likely import likely
from app.leads.targets import canonical
from app.leads.value_meanings import AS_IT_IS, LEAVE_EMPTY, LEAVE_OUT
from tenants import crypto
from tenants.permissions import Permission

resource = Resource("batch-fixes", "Many rows of a file put right at once.")
resource.tag = "batches"


@resource.get("/batches/{batch_id}/fixes", Permission.CONTACT_READ, gives=Gives(schemas.Fixes))
def read_fixes(batch_id: UUID) -> dict[str, Any]:
    """What the last check found that could be put right, with examples, and what is decided; it holds personal data."""
    tenant_id = actor().card().id
    batch = batch_queries.batch_view(session(), tenant_id, batch_id)
    vault = crypto.vault(session(), tenant_id)
    found, decided = fixes.noticed(session(), vault, batch_id), fixes.decided(session(), vault, batch_id)
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    return {
        "found_values": [
            {"target": target, "written": written, "count": count, "guess": likely(written, options) or None}
            for target, counts in sorted(found.values.items())
            for options in [allowed_values(vertical, target, actor().language, batch.country)]
            for written, count in counts.most_common()
        ],
        "found_repairs": [
            {
                "kind": kind,
                "count": count,
                "samples": [
                    {"written": written, "meant": right} for written, right in found.samples.get(kind, [])
                ],
            }
            for kind, count in sorted(found.repairable.items())
        ],
        "values": [
            {"target": target, "written": written, **_deed(instead)}
            for target, values in sorted(decided.values.items())
            for written, instead in sorted(values.items())
        ],
        "repairs": sorted(decided.repairs),
        "corrected": batch.corrected,
    }


@resource.put(
    "/batches/{batch_id}/fixes",
    Permission.LEAD_WRITE,
    Takes(
        json=schemas.NewFixes,
        example={
            "values": [
                {"target": "property_type", "written": "Хата", "deed": "use", "value": "detached"},
            ],
            "repairs": ["phone"],
        },
    ),
    gives=Gives(Batch),
)
def decide_fixes(body: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Decide what is put right: all of it, for it replaces what was decided before. POST …/check does it."""
    values: dict[str, dict[str, str | None]] = {}
    for one in body["values"]:
        if (word := meant(one)) != AS_IT_IS:
            instead = {LEAVE_EMPTY: "", LEAVE_OUT: None}.get(word, word)
            values.setdefault(canonical(one["target"]), {})[one["written"]] = instead
    fixes.decide(session(), actor(), batch_id, fixes.Fixes(values, frozenset(body["repairs"])))
    return shown(batch_id)


@resource.post(
    "/batches/{batch_id}/corrections",
    Permission.LEAD_WRITE,
    Takes(form=schemas.Corrections),
    gives=Gives(schemas.Corrected),
)
@takes_files
def send_corrections(body: dict[str, Any], batch_id: UUID) -> dict[str, int]:
    """Send the file of rejects back, mended: POST …/check reads these rows instead. The same file may be sent again."""
    return {"corrected": correct(session(), actor(), batch_id, body["file"].stream)}


def _deed(instead: str | None) -> dict[str, str | None]:
    if instead is None:
        return {"deed": "leave_out", "value": None}
    return {"deed": "use", "value": instead} if instead else {"deed": "leave_empty", "value": None}
