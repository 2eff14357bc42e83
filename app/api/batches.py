"""Uploading a file of leads, and what is known of it."""

from dataclasses import fields as parts
from typing import Any
from uuid import UUID

from flask import Response

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.batch_columns import Mapping
from app.api.schemas.batches import Batch, BatchPage, BatchQuery, NewBatch, Samples
from app.body_size import takes_files
from app.guard import actor, session
from app.leads import batch_queries, batches, date_orders, told_dates, verticals
from app.leads.batch_queries import BatchView
from app.leads.intake_facts import facts_of_body
from app.leads.rejects import rejects_csv
from tenants.permissions import Permission

resource = Resource("batches", "Files of leads: received, mapped, checked, published.")
_ORDERS = ("name_order", "date_order")
_MAPPING = {
    "columns": [
        {"column": 0, "target": "external_id"},
        {"column": 1, "target": "contact_1_name", "name_order": "last_first"},
        {"column": 2, "target": "phone"},
        {"column": 3, "target": "enquired_at", "date_order": "month_first"},
    ],
    "constants": [{"target": "is_owner", "value": "yes"}],
}


@resource.get("/batches", Permission.LEAD_READ, Takes(BatchQuery), gives=Gives(BatchPage))
def list_batches(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's uploads, newest first."""
    rows = batch_queries.batch_page(
        session(),
        actor().card().id,
        states=tuple(query["state"]),
        older_than=cursors.read_id(query["cursor"]),
        limit=query["limit"] + 1,
    )
    return cursors.page(rows, query["limit"], lambda row: (row.id,))


@resource.post("/batches", Permission.LEAD_WRITE, Takes(form=NewBatch), gives=Gives(Batch, 201))
@takes_files
def create_batch(body: dict[str, Any]) -> dict[str, Any]:
    """Upload a file (docs/files.md says which) with what holds for every lead in it; nothing becomes a lead yet.

    The answer holds a suggested mapping of the columns.
    """
    file = body["file"]
    upload = batches.Upload(file.filename or "", file.stream, facts_of_body(body))
    return shown(batches.receive(session(), actor(), upload))


@resource.get("/batches/{batch_id}", Permission.LEAD_READ, gives=Gives(Batch))
def read_batch(batch_id: UUID) -> dict[str, Any]:
    """One upload: its state, its counts, its columns, and why rows became no leads."""
    return shown(batch_id)


@resource.put(
    "/batches/{batch_id}/mapping",
    Permission.LEAD_WRITE,
    Takes(json=Mapping, example=_MAPPING),
    gives=Gives(Batch),
)
def map_batch(body: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Say which column holds what; the targets are at GET /verticals/{code}/targets, suggestions at GET …/mapping."""
    said = [one for one in body["columns"] if one["target"]]
    mapping = {one["column"]: one["target"] for one in said}
    orders = {one["target"]: one[kind] for kind in _ORDERS for one in said if one[kind]}
    same = body["constants"]
    constants = None if same is None else {one["target"]: one["value"] for one in same}
    batches.set_mapping(session(), actor(), batch_id, mapping, constants, orders)
    return shown(batch_id)


@resource.get("/batches/{batch_id}/samples", Permission.CONTACT_READ, gives=Gives(Samples))
def read_samples(batch_id: UUID) -> dict[str, Any]:
    """The first rows of the file, to map its columns by; they hold personal data."""
    return {"rows": batch_queries.samples(session(), actor().card().id, batch_id)}


@resource.get(
    "/batches/{batch_id}/rejects",
    Permission.CONTACT_READ,
    gives=Gives({"type": "string"}, content_type="text/csv"),
)
def read_rejects(batch_id: UUID) -> Response:
    """The rows that became no lead, as they stood in the file, each with its line and the reason."""
    with rejects_csv(session(), actor(), batch_id, actor().language) as made:
        answer = Response(made.read(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="rejects-{batch_id}.csv"'
    return answer


def shown(batch_id: UUID) -> dict[str, Any]:
    """One upload as the API shows it."""
    tenant_id = actor().card().id
    view = batch_queries.batch_view(session(), tenant_id, batch_id)
    headers = view.headers or [""] * int(view.layout["width"])
    dates = told_dates.date_targets(verticals.get(view.vertical, view.vertical_version), view.lead_type)
    columns = [
        {
            "column": number,
            "heading": heading,
            "target": view.mapping.get(str(number)),
            **column_orders(view, view.mapping.get(str(number)), dates),
        }
        for number, heading in enumerate(headers)
    ]
    reasons = batch_queries.reasons(session(), tenant_id, batch_id)
    return {
        **{part.name: getattr(view, part.name) for part in parts(view)},
        "columns": columns,
        "reasons": reasons,
    }


def column_orders(view: BatchView, target: str | None, dates: frozenset[str]) -> dict[str, str | None]:
    """In which order the names or dates of a column stand."""
    order = view.name_orders.get(target or "")
    if target not in dates:
        return {"name_order": order, "date_order": None, "dates_read": None}
    chosen = order if order in date_orders.ORDERS else None
    return {"name_order": None, "date_order": chosen, "dates_read": date_orders.read_as(order)}
