"""Batches: one uploaded file each, from receiving it to handing it over for its check.

Invariants: a file that cannot be read leaves nothing behind; the facts of an upload (vertical, type, source, legal
basis) never change after it, only the mapping does; the same file again is accepted, and its batch says so.
"""

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import layouts, legal_basis, received_file, remembered, told_dates, verticals
from app.leads.batch_states import CHECKED_ANEW, demand_state
from app.leads.clearing import clear_batch
from app.leads.columns import MappingProblem, check_mapping
from app.leads.constants import constants as constants_of
from app.leads.constants import sealed_constants, unreadable
from app.leads.files import sandbox
from app.leads.files.kinds import BadFile
from app.leads.files.layout import Wishes
from app.leads.intake_facts import IntakeFacts, SoundFacts, demand_sound
from app.leads.reading import read_file
from app.leads.said_orders import wrong_orders
from app.leads.targets import canonical, is_of_one_person, targets
from app.leads.verticals import Vertical
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.errors import Refused
from tenants.ids import new_id
from tenants.jobs import enqueue

LONGEST_NAME = 200
_SEPARATORS = re.compile(r"[\\/]")
_NOT_PRINTED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and what its agency says about every lead in it. `stream` can be rewound."""

    file_name: str
    stream: BinaryIO
    facts: IntakeFacts


class MappingIncomplete(Refused):
    """The mapping cannot be used; `problems` lists code, target and column. The old mapping stands."""

    status, code = 422, "mapping_incomplete"


_CREATE = text("""
INSERT INTO batch (tenant_id, id, file_name, file_hash, file_bytes, vertical, vertical_version, lead_type, source_id,
  country, legal_basis, consent_text_id, addressee_id, max_sales, layout, wishes, detected, headers, samples_sealed, mapping,
  name_orders, fixes_sealed, state, created_by, created_at)
VALUES (:tenant, :id, :file_name, :digest, :size, :vertical, :version, :lead_type, :source, :country, :basis, :consent,
  :addressee, :max_sales, CAST(:layout AS jsonb), CAST(:wishes AS jsonb), :detected, CAST(:headers AS jsonb),
  :samples, CAST(:mapping AS jsonb), CAST(:orders AS jsonb), :fixes, 'received', :by, :now)
""")
_LAY_OUT = text(f"""
UPDATE batch SET layout = CAST(:layout AS jsonb), wishes = CAST(:wishes AS jsonb), headers = CAST(:headers AS jsonb),
  samples_sealed = :samples, mapping = CAST(:mapping AS jsonb), name_orders = CAST(:orders AS jsonb),
  fixes_sealed = coalesce(fixes_sealed, :fixes), tally_sealed = NULL, state = 'received', reading = reading + 1,
  rows_total = NULL, rows_split = 0, blocks_split = 0, read_lease_until = NULL, corrected = 0, {CHECKED_ANEW}
WHERE tenant_id = :tenant AND id = :id
""")  # noqa: S608 (our own words)
_MAP = text(f"""
UPDATE batch SET mapping = CAST(:mapping AS jsonb), name_orders = CAST(:orders AS jsonb), constants_sealed = :constants,
  state = 'mapped', {CHECKED_ANEW}
WHERE tenant_id = :tenant AND id = :id
""")  # noqa: S608 (our own words)
_CANCEL = text("""
UPDATE batch SET state = 'cancelled', due_at = NULL, lease_until = NULL WHERE tenant_id = :tenant AND id = :id
""")


def receive(session: Session, actor: Actor, upload: Upload) -> UUID:
    """Keep an uploaded file, sealed, with a suggested mapping; gives the batch's id. Nothing becomes a lead yet.

    Raises what `intake_facts.demand_sound` refuses, or a `file_kinds.BadFile`; then nothing was stored.
    """
    tenant_id = actor.card().id
    sound = demand_sound(session, tenant_id, upload.facts)
    facts = _facts(tenant_id, upload, sound)
    received = received_file.look_at(upload.stream)
    detected, wishes = layouts.detected(received.look), {}
    if chosen := layouts.remembered(session, tenant_id, detected):
        with suppress(BadFile):  # what was chosen for another file need not fit this one
            received, wishes = received_file.look_at(upload.stream, Wishes(**chosen)), chosen
    batch_id = new_id()
    vault = crypto.vault(session, tenant_id)
    words = {
        **facts,
        **layouts.words(vault, batch_id, received.look),
        "id": batch_id,
        "file_name": clean_name(upload.file_name),
        "digest": received.digest,
        "size": received.size,
        "wishes": json.dumps(wishes),
        "detected": detected,
        "by": actor.id,
        "now": clock.now(),
    }
    proposed = remembered.proposal(session, vault, words, sound.vertical, received.look)
    session.execute(_CREATE, {**words, **proposed.words(vault, batch_id)})
    received_file.keep(session, vault, batch_id, upload.stream)
    enqueue(session, read_file, str(tenant_id), str(batch_id))
    audit.record(session, actor, "batch.received", "batch", batch_id, detail={"bytes": received.size})
    return batch_id


def lay_out(session: Session, actor: Actor, batch_id: UUID, wishes: Wishes) -> None:
    """Have a file read as a person says: what they leave open is detected. Its columns are suggested anew.

    Raises `NotFound`, `WrongState` while checking or once published, or a `BadFile`; then nothing was changed.
    """
    tenant_id = actor.card().id
    batch = demand_state(session, tenant_id, batch_id, ("received", "mapped", "checked", "staged", "failed"))
    vault = crypto.vault(session, tenant_id)
    look = sandbox.look_at(received_file.pieces_of(session, vault, batch_id), wishes)
    facts = {
        "tenant": tenant_id,
        "vertical": batch.vertical,
        "lead_type": batch.lead_type,
        "country": batch.country,
    }
    words = {
        **facts,
        **layouts.words(vault, batch_id, look),
        "id": batch_id,
        "wishes": layouts.chosen(wishes),
    }
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    proposed = remembered.proposal(session, vault, words, vertical, look)
    session.execute(_LAY_OUT, {**words, **proposed.words(vault, batch_id)})
    session.execute(text("DELETE FROM batch_block WHERE tenant_id = :tenant AND batch_id = :id"), words)
    session.execute(text("DELETE FROM batch_correction WHERE tenant_id = :tenant AND batch_id = :id"), words)
    enqueue(session, read_file, str(tenant_id), str(batch_id))
    if batch.rows_read:
        enqueue(session, clear_batch, str(tenant_id), str(batch_id))
    audit.record(session, actor, "batch.laid_out", "batch", batch_id)


def set_mapping(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    mapping: dict[int, str],
    constants: Mapping[str, str] | None = None,
    orders: Mapping[str, str] | None = None,
) -> None:
    """Say which column holds what, what holds for every row, and the order of full names whose parts are to stand beside
    them and of dates that are not to follow what the file tells (None: as before); what an earlier check had staged is thrown away by the next one.

    Raises `NotFound`, `WrongState` while checking or once published, or `MappingIncomplete`.
    """
    tenant_id = actor.card().id
    batch = demand_state(session, tenant_id, batch_id, ("received", "mapped", "checked", "staged", "failed"))
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    vault = crypto.vault(session, tenant_id)
    wanted_same = constants_of(vault, batch) if constants is None else constants
    same = {canonical(target): value.strip() for target, value in wanted_same.items() if value.strip()}
    given = {*same, *(("addressee",) if batch.addressee_id else ())}
    wanted = {column: canonical(target) for column, target in mapping.items() if target}
    written = {canonical(target): order for target, order in (orders or {}).items()}
    problems = [*check_mapping(wanted, vertical, batch.lead_type, given), *_beyond(wanted, batch, given)]
    dates = told_dates.date_targets(vertical, batch.lead_type)
    problems += [*_wrong_constants(same, vertical, batch), *wrong_orders(written, wanted, dates)]
    if problems:
        raise MappingIncomplete(
            problems[0].message,
            problems=[{"code": one.code, "target": one.target, "column": one.column} for one in problems],
        )
    stored = json.dumps({str(column): target for column, target in sorted(wanted.items())})
    before = {one: batch.name_orders[one] for one in batch.name_orders if one in wanted.values()}
    proofs = told_dates.proofs(session, vault, batch_id)
    kept = told_dates.kept(batch, wanted, before if orders is None else written, dates, proofs)
    words = {"tenant": tenant_id, "id": batch_id, "mapping": stored, "orders": json.dumps(kept)}
    session.execute(_MAP, {**words, "constants": sealed_constants(vault, batch_id, same)})
    if batch.rows_read:
        enqueue(session, clear_batch, str(tenant_id), str(batch_id))
    audit.record(session, actor, "batch.mapped", "batch", batch_id)


def cancel(session: Session, actor: Actor, batch_id: UUID) -> None:
    """Give a batch up before it is published; its file and staged leads are deleted by a job. Safe to repeat.

    Raises `NotFound`, or `WrongState` once it is being published.
    """
    tenant_id = actor.card().id
    before = ("received", "mapped", "checking", "checked", "staging", "staged", "failed", "cancelled")
    batch = demand_state(session, tenant_id, batch_id, before)
    if batch.state == "cancelled":
        return
    session.execute(_CANCEL, {"tenant": tenant_id, "id": batch_id})
    enqueue(session, clear_batch, str(tenant_id), str(batch_id))
    audit.record(session, actor, "batch.cancelled", "batch", batch_id)


def clean_name(file_name: str) -> str:
    """The file's own name, without folders, control characters or more than 200 characters."""
    bare = _NOT_PRINTED.sub("", _SEPARATORS.split(file_name)[-1]).strip()
    name = PurePosixPath(bare).name[:LONGEST_NAME]
    return name if name.strip(".") else "leads.csv"


def _facts(tenant_id: UUID, upload: Upload, sound: SoundFacts) -> dict[str, object]:
    return {
        "tenant": tenant_id,
        "vertical": sound.vertical.code,
        "version": sound.vertical.version,
        "lead_type": upload.facts.lead_type,
        "source": upload.facts.source_id,
        "country": sound.country,
        "basis": upload.facts.legal_basis,
        "consent": upload.facts.consent_text_id,
        "addressee": upload.facts.addressee_id,
        "max_sales": sound.max_sales,
    }


def _wrong_constants(same: Mapping[str, str], vertical: Vertical, batch: Row[Any]) -> list[MappingProblem]:
    """A value for every row must be of a field of this upload, and never a person's channel or ID."""
    known = {one.name: one for one in targets(vertical, batch.lead_type)}
    misplaced = [
        MappingProblem("not_for_all_rows", name)
        for name in same
        if name not in known or is_of_one_person(name)
    ]
    if misplaced:
        return misplaced
    wrong = unreadable(vertical, batch.lead_type, batch.country, same)
    return [MappingProblem("not_its_value", one.target) for one in wrong]


def _beyond(mapping: Mapping[int, str], batch: Row[Any], given: Collection[str]) -> list[MappingProblem]:
    """What this file and its legal basis demand beyond the vertical."""
    width = batch.layout["width"]
    problems = [
        MappingProblem("unknown_target", mapping[one], one) for one in mapping if not 0 <= one < width
    ]
    named = {*mapping.values(), *given}
    is_told = verticals.get(batch.vertical, batch.vertical_version).demands_consent  # check_mapping says it
    if batch.legal_basis == legal_basis.CONSENT and "consent_at" not in named and not is_told:
        problems.append(MappingProblem("required_missing", "consent_at"))
    return problems
