"""How an uploaded file is read, which column holds what, and what its values mean."""

from typing import Any
from uuid import UUID

from app.api.batches import column_orders, shown
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.batch_columns import (
    ColumnValues,
    LayoutWish,
    MappingAnswer,
    Preview,
    SaidValues,
    ValuesQuery,
)
from app.api.schemas.batches import Batch
from app.guard import actor, session
from app.leads import (
    batch_queries,
    batches,
    columns,
    constants,
    fixes,
    remembered,
    told_dates,
    value_meanings,
    verticals,
)
from app.leads.date_orders import Proof
from app.leads.files.layout import Wishes
from app.leads.preview import Said, preview
from app.leads.value_meanings import AS_IT_IS, LEAVE_EMPTY, LEAVE_OUT, Asked, Meaning, Meanings
from tenants import clock, crypto
from tenants.errors import Invalid, NotFound
from tenants.language import N_
from tenants.permissions import Permission

resource = Resource("batch-columns", "How an uploaded file is read.")
resource.tag = "batches"
_WORDS = {"leave_empty": LEAVE_EMPTY, "leave_out": LEAVE_OUT, "as_it_is": AS_IT_IS}
_DEEDS = {word: deed for deed, word in _WORDS.items()}


@resource.put(
    "/batches/{batch_id}/layout",
    Permission.LEAD_WRITE,
    Takes(json=LayoutWish, example={"encoding": "cp1251", "delimiter": ";", "header_row": 4}),
    gives=Gives(Batch),
)
def lay_out_batch(body: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Have the file read another way; what is null is detected. Its columns are suggested anew."""
    batches.lay_out(session(), actor(), batch_id, Wishes(**body))
    return shown(batch_id)


@resource.get("/batches/{batch_id}/mapping", Permission.LEAD_READ, gives=Gives(MappingAnswer))
def read_mapping(batch_id: UUID) -> dict[str, Any]:
    """Where each column goes, where it probably should and how sure that is, and what holds for all rows."""
    tenant_id = actor().card().id
    batch = batch_queries.batch_view(session(), tenant_id, batch_id)
    rows = batch_queries.samples(session(), tenant_id, batch_id)
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    width = int(batch.layout["width"])
    found = {
        one.column: one
        for one in columns.suggest(
            batch.headers or [""] * width, rows, vertical, batch.lead_type, batch.country
        )
    }
    same = constants.of_batch(session(), tenant_id, batch_id)
    proofs = told_dates.proofs(session(), crypto.vault(session(), tenant_id), batch_id)
    dates = told_dates.date_targets(vertical, batch.lead_type)
    shown_columns = []
    for number, heading in enumerate(batch.headers or [""] * width):
        target, one = batch.mapping.get(str(number)), found[number]
        orders = remembered.suggested_orders({str(number): target or one.target or ""}, rows)
        shown_columns.append(
            {
                "column": number,
                "heading": heading,
                "target": target,
                **column_orders(batch, target, dates),
                "date_proof": _date_proof(target or one.target, dates, proofs[number : number + 1]),
                "suggested": one.target,
                "suggested_order": next(iter(orders.values()), None),
                "guess": one.guess,
                "confidence": one.confidence,
                "reason": one.reason,
            }
        )
    return {"columns": shown_columns, "constants": [{"target": t, "value": v} for t, v in same.items()]}


@resource.get("/batches/{batch_id}/preview", Permission.CONTACT_READ, gives=Gives(Preview))
def read_preview(batch_id: UUID) -> dict[str, Any]:
    """The first rows read by the mapping as it stands, with what is wrong; they hold personal data."""
    tenant = actor().card()
    batch = batch_queries.batch_view(session(), tenant.id, batch_id)
    headings = [
        heading or str(number)
        for number, heading in enumerate(batch.headers or [""] * batch.layout["width"], 1)
    ]
    said = Said(
        {int(number): target for number, target in batch.mapping.items()},
        constants.of_batch(session(), tenant.id, batch_id),
        batch.name_orders,
        fixes.decided(session(), crypto.vault(session(), tenant.id), batch_id),
    )
    rows = batch_queries.samples(session(), tenant.id, batch_id)
    found = preview(
        batch, headings, rows, said, now=clock.now(), time_zone=tenant.time_zone, language=actor().language
    )
    return {
        "total": found.total,
        "ready": found.ready,
        "reasons": [{"sentence": sentence, "count": count} for sentence, count in found.reasons],
        "rows": [
            {
                "line": row.number,
                "cells": row.cells,
                "problems": [
                    {"column": column if column >= 0 else None, "sentence": sentence}
                    for column, sentence in row.wrong.items()
                ],
            }
            for row in found.rows
        ],
    }


@resource.get(
    "/batches/{batch_id}/columns/{number}/values",
    Permission.CONTACT_READ,
    Takes(ValuesQuery),
    gives=Gives(ColumnValues),
)
def read_values(query: dict[str, Any], batch_id: UUID, number: str) -> dict[str, Any]:
    """The values of a column that goes to a closed field, with their counts and what each means."""
    batch = batch_queries.batch_view(session(), actor().card().id, batch_id)
    if not (
        number.isascii() and number.isdigit() and len(number) < 5 and int(number) < batch.layout["width"]
    ):
        raise NotFound
    target = query["target"] or batch.mapping.get(number, "")
    meanings = Meanings(session(), batch, crypto.vault(session(), actor().card().id), actor().language)
    found = meanings.of(Asked(int(number), target, query["search"], query["limit"]))
    if found is None:
        words = N_("This column goes to no field with a closed list of values.")
        raise Invalid(words, fields={"target": target})
    return {
        "column": found.column,
        "target": found.target,
        "options": [{"value": value, "label": label} for value, label in found.options],
        "values": [_shown(one) for one in found.rows],
        "different": found.different,
        "not_understood": found.unknown,
        "found": found.found,
        "is_whole": found.is_whole,
    }


@resource.put(
    "/batches/{batch_id}/values",
    Permission.LEAD_WRITE,
    Takes(
        json=SaidValues,
        example={
            "target": "property_type",
            "values": [{"written": "Хата", "deed": "use", "value": "detached"}],
        },
    ),
    gives=Gives(Batch),
)
def say_values(body: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """Say what values mean; the next check reads them so, and the next file with these headings begins with it."""
    batch = batch_queries.batch_view(session(), actor().card().id, batch_id)
    said = {one["written"]: meant(one) for one in body["values"]}
    value_meanings.keep(session(), actor(), batch, {body["target"]: said})
    return shown(batch_id)


def meant(one: dict[str, Any]) -> str:
    """What was said of a value, in one word. Raises `Invalid` when it says nothing."""
    if one["deed"] != "use":
        return _WORDS[one["deed"]]
    if not one["value"]:
        words = N_("Say what stands for this value.")
        raise Invalid(words, fields={"values": str(one["written"])})
    return str(one["value"])


def _date_proof(target: str | None, dates: frozenset[str], found: list[Proof]) -> Proof | None:
    return next((one for one in found if one and target in dates), None)


def _shown(one: Meaning) -> dict[str, Any]:
    deed = _DEEDS.get(one.meant, "use")
    return {
        "written": one.written,
        "count": one.count,
        "deed": deed,
        "value": one.meant if deed == "use" else None,
        "settled_by": one.how,
    }
