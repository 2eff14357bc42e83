"""Putting right many rows of an upload at once: what its check noticed, and what a person decided to do about it.

Invariants: a fix is only ever what somebody said yes to; it is applied by checking the whole file again, so that every
rule holds for a mended row as for any other; the values of the file stand here only sealed.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import repairs, verticals
from app.leads.batch_states import demand_state
from app.leads.problems import N_, Problem
from app.leads.received_file import seal, unseal
from app.leads.targets import targets
from tenants import audit, crypto
from tenants.actor import Actor
from tenants.crypto import Vault
from tenants.errors import Invalid

MOST_VALUES = 200
"""Different values of one field that are counted; beyond them a file has another problem than spelling."""
MOST_DECIDED = 10_000
"""Different values of one field that can be decided about."""
LONGEST_MEANT = 200
_SAMPLES = 5
_CLOSED = frozenset({"not_a_choice", "not_boolean", "unknown_region", "unknown_country", "unknown_language",
                     "unknown_temperature", "unknown_answer"})  # fmt: skip

_SAVE = text("UPDATE batch SET fixes_sealed = :sealed WHERE tenant_id = :tenant AND id = :id")
_SEALED = text("SELECT fixes_sealed, noticed_sealed FROM batch WHERE tenant_id = :tenant AND id = :id")


@dataclass(frozen=True, slots=True)
class Fixes:
    """What is to be put right: by target what the file says → what is meant ("": nothing; None: such rows are left out), and
    the kinds of channels to repair."""

    values: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    repairs: frozenset[str] = frozenset()


@dataclass(slots=True)
class Noticed:
    """What of a file could be put right: unknown values with their rows, and channels with the rows and examples."""

    values: dict[str, Counter[str]] = field(default_factory=dict)
    repairable: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def note(self, problems: Iterable[Problem], country: str) -> None:
        """Remember what could be put right of one row."""
        for one in problems:
            if one.value is None or one.target is None:
                continue
            if one.code in _CLOSED:
                counts = self.values.setdefault(one.target, Counter())
                if one.value in counts or len(counts) < MOST_VALUES:
                    counts[one.value] += 1
            elif (kind := repairs.REPAIRABLE.get(one.code)) and (meant := repaired(kind, one.value, country)):
                self.repairable[kind] += 1
                samples = self.samples.setdefault(kind, [])
                if len(samples) < _SAMPLES:
                    samples.append((one.value, meant))

    def add(self, more: "Noticed") -> "Noticed":
        """Both together."""
        for target, counts in more.values.items():
            self.values.setdefault(target, Counter()).update(counts)
        self.repairable.update(more.repairable)
        for kind, samples in more.samples.items():
            self.samples[kind] = [*self.samples.get(kind, []), *samples][:_SAMPLES]
        return self

    def __bool__(self) -> bool:
        return bool(self.values or self.repairable)


def repaired(kind: str, raw: str, country: str) -> str | None:
    """The channel that was meant, if only one can have been."""
    return repairs.phone(raw, country) if kind == "phone" else repairs.email(raw)


def decide(session: Session, actor: Actor, batch_id: UUID, fixes: Fixes) -> None:
    """Keep what is to be put right in an upload; its next check does it. Replaces what was decided before.

    Raises `NotFound`, `WrongState` while it is checked or once it is published, or `Invalid`.
    """
    tenant_id = actor.card().id
    batch = demand_state(session, tenant_id, batch_id, ("received", "mapped", "checked", "staged", "failed"))
    if fixes.repairs - {"phone", "email"}:
        raise Invalid(N_("Only phones and e-mails can be repaired."), fields={"repairs": "phone, email"})
    if any(len(values) > MOST_DECIDED for values in fixes.values.values()):
        raise Invalid(
            N_("These are too many values. Mend them in the file."), fields={"values": str(MOST_DECIDED)}
        )
    _demand_meanings(fixes, batch)
    sealed = sealed_fixes(crypto.vault(session, tenant_id), batch_id, fixes)
    session.execute(_SAVE, {"tenant": tenant_id, "id": batch_id, "sealed": sealed})
    audit.record(session, actor, "batch.fixed", "batch", batch_id)


def decided(session: Session, vault: Vault, batch_id: UUID) -> Fixes:
    """What was decided about an upload."""
    return _read(_opened(session, vault, batch_id, "fixes"))


def opened(vault: Vault, batch_id: UUID, sealed: bytes | None) -> Fixes:
    """The same, from the row of an upload."""
    return _read(json.loads(unseal(vault, batch_id, "fixes", sealed)) if sealed else {})


def sealed_fixes(vault: Vault, batch_id: UUID, fixes: Fixes) -> bytes:
    """For the row of an upload."""
    plain = json.dumps({"values": fixes.values, "repairs": sorted(fixes.repairs)}, ensure_ascii=False)
    return seal(vault, batch_id, "fixes", plain.encode())


def noticed(session: Session, vault: Vault, batch_id: UUID) -> Noticed:
    """What the check of an upload noticed so far."""
    return read_noticed(_opened(session, vault, batch_id, "noticed"))


def read_noticed(stored: Mapping[str, Any]) -> Noticed:
    """As `packed_noticed` wrote it."""
    return Noticed(
        {target: Counter(counts) for target, counts in stored.get("values", {}).items()},
        Counter(stored.get("repairable", {})),
        {kind: [(raw, meant) for raw, meant in some] for kind, some in stored.get("samples", {}).items()},
    )


def packed_noticed(found: Noticed) -> bytes:
    """For sealing."""
    plain = {"values": found.values, "repairable": found.repairable, "samples": found.samples}
    return json.dumps(plain, ensure_ascii=False).encode()


def _demand_meanings(fixes: Fixes, batch: Row[Any]) -> None:
    """Only a field of this upload means something; what is no value of it is refused row by row, as ever."""
    vertical = verticals.get(batch.vertical, batch.vertical_version)
    known = {one.name for one in targets(vertical, batch.lead_type)}
    if unknown := sorted(set(fixes.values) - known):
        raise Invalid(
            N_("There is no such field in this upload."), fields={f"values.{one}": one for one in unknown}
        )
    meant = [one for values in fixes.values.values() for one in values.values() if one]
    if any(len(one) > LONGEST_MEANT for one in meant):
        raise Invalid(N_("A meaning is too long."), fields={"values": str(LONGEST_MEANT)})


def _read(found: Mapping[str, Any]) -> Fixes:
    return Fixes(found.get("values", {}), frozenset(found.get("repairs", ())))


def _opened(session: Session, vault: Vault, batch_id: UUID, field_name: str) -> dict[str, Any]:
    row = session.execute(_SEALED, {"tenant": vault.tenant_id, "id": batch_id}).one()
    sealed = row.fixes_sealed if field_name == "fixes" else row.noticed_sealed
    found: dict[str, Any] = json.loads(unseal(vault, batch_id, field_name, bytes(sealed))) if sealed else {}
    return found
