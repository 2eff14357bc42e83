"""Finding the same person twice: inside one upload and against the agency's stock, without reading who it is.

Invariants: two leads are of one person by the rule of their vertical (`duplicate_rule`; usually any phone or e-mail
equal), in the same agency, vertical, type and addressee, enquired within the rule's window of each other, not
withdrawn, also not with its upload (`given_up`) unless it is sold; of two in one upload the first stays. Whoever adds leads locks what tells them apart first, a few by
themselves or many with the whole stock of the agency, so that a duplicate cannot slip in between.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import given_up
from app.leads.duplicate_rule import DuplicateRule
from app.leads.sealing import BatchFacts, SealedLead
from app.leads.suppressed import SUPPRESSED

IN_FILE, IN_STOCK, EXTERNAL_ID = "duplicate_in_file", "duplicate_in_stock", "duplicate_external_id"

Found = tuple[str | None, UUID | None]
"""Why a lead is a duplicate, and the unpublished upload that the lead it met is of."""

MOST_LOCKED = 64
"""So many people and IDs are locked one by one; more are locked with the whole stock."""

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LOCK_SOME = text("""
SELECT pg_advisory_xact_lock_shared(:stock) UNION ALL
SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS k (key)
""")
_STOCK_LOCK = 0x5710C
# OFFSET 0 keeps it one index look-up a person, however the planner guesses: a join would read the whole stock
_MET = """
SELECT i.id, %(person)s AS code, CASE WHEN l.sold_count = 0 THEN l.batch_id END AS batch_id
FROM incoming_lead i CROSS JOIN LATERAL unnest(i.people) AS b (blind)
CROSS JOIN LATERAL (SELECT lead_id FROM lead_person WHERE tenant_id = %(tenant)s AND blind = b.blind OFFSET 0) p
CROSS JOIN LATERAL (SELECT * FROM lead WHERE tenant_id = %(tenant)s AND id = p.lead_id OFFSET 0) l
WHERE l.vertical = %(vertical)s AND l.type = %(type)s AND (l.state <> 'withdrawn' OR l.sold_count > 0 AND l.withdrawn_for = 'mistake')
  AND l.addressee_id IS NOT DISTINCT FROM i.addressee_id
  AND l.enquired_at BETWEEN i.enquired_at - CAST(%(window)s AS interval) AND i.enquired_at + CAST(%(window)s AS interval)
UNION ALL
SELECT i.id, %(external)s, l.batch_id FROM incoming_lead i
CROSS JOIN LATERAL (SELECT batch_id FROM lead WHERE tenant_id = %(tenant)s AND external_id = i.external_id OFFSET 0) l
"""


# the same for a rule that compares other fields, or several at once: which of the hashes are equal is told
_MET_BY = """
SELECT a.number, a.kind, l.id, CASE WHEN l.sold_count = 0 THEN l.batch_id END AS batch_id
FROM unnest(CAST(%(numbers)s AS bigint[]), CAST(%(kinds)s AS text[]), CAST(%(blinds)s AS bytea[]),
  CAST(%(times)s AS timestamptz[]), CAST(%(addressees)s AS uuid[])) AS a (number, kind, blind, enquired_at, addressee_id)
CROSS JOIN LATERAL (SELECT lead_id FROM lead_person WHERE tenant_id = %(tenant)s AND blind = a.blind OFFSET 0) p
CROSS JOIN LATERAL (SELECT * FROM lead WHERE tenant_id = %(tenant)s AND id = p.lead_id OFFSET 0) l
WHERE l.vertical = %(vertical)s AND l.type = %(type)s AND (l.state <> 'withdrawn' OR l.sold_count > 0 AND l.withdrawn_for = 'mistake')
  AND l.addressee_id IS NOT DISTINCT FROM a.addressee_id
  AND l.enquired_at BETWEEN a.enquired_at - CAST(%(window)s AS interval) AND a.enquired_at + CAST(%(window)s AS interval)
"""


def lock_stock(session: Session, tenant_id: UUID) -> None:
    """Wait until nobody else adds leads to this agency's stock; held until the transaction ends."""
    session.execute(_LOCK, {"key": _stock_key(tenant_id)})


def lock_leads(session: Session, tenant_id: UUID, told_by: Iterable[bytes]) -> None:
    """Wait until nobody else adds leads told apart by the same (`told_apart`); held until the transaction ends.

    Others add to the same stock meanwhile. Too many at once lock all of it: who adds many in several steps calls
    `lock_stock` before the first, because two who hold a part and want the whole wait for each other for ever.
    """
    locked = set(told_by)
    if len(locked) > MOST_LOCKED:
        lock_stock(session, tenant_id)
    else:
        keys = sorted({_key(tenant_id, one) for one in locked})
        session.execute(_LOCK_SOME, {"stock": _stock_key(tenant_id), "keys": keys})


def told_apart(external_id: str | None, blinds: Iterable[bytes] = ()) -> list[bytes]:
    """What of a lead is locked before it is added: its own ID and the hashes of its people."""
    return [*blinds, *([b"id " + external_id.encode()] if external_id is not None else [])]


def _stock_key(tenant_id: UUID) -> int:
    return int.from_bytes(tenant_id.bytes[8:], signed=True) ^ _STOCK_LOCK


def _key(tenant_id: UUID, one: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(one, digest_size=8, key=tenant_id.bytes).digest(), signed=True)


def find(
    cursor: Cursor[Any],
    tenant_id: UUID,
    leads: Sequence[SealedLead],
    batch: BatchFacts,
    barred: Collection[UUID] = (),
) -> list[str | None]:
    """For each lead why it is a duplicate, `SUPPRESSED` for one of `barred`, or None.

    The leads lie in the connection's `incoming_lead`, and the stock is locked.
    """
    rule = batch.vertical.duplicates
    met = _Met(cursor, tenant_id, leads, batch)
    by_stock = met.by_stock()
    if not rule.is_usual:
        by_stock = {**met.by_rule(), **_only_own_ids(by_stock)}
    seen = _Seen(rule)
    reasons: list[str | None] = []
    uploads: Counter[tuple[str, UUID]] = Counter()
    for lead in leads:
        reason, upload = by_stock.get(lead.id, (None, None))
        if lead.id in barred and reason != EXTERNAL_ID:
            reason, upload = SUPPRESSED, None
        if reason is not None and upload is not None:
            uploads[reason, upload] += 1
        reason = reason or seen.again(lead)
        reasons.append(reason)
        if reason is None:
            seen.add(lead)
    if uploads and batch.batch_id is not None and batch.said is not None:
        given_up.remember(cursor, tenant_id, batch.batch_id, uploads)
    return reasons


def compared(lead: SealedLead, rule: DuplicateRule) -> list[tuple[str, bytes]]:
    """The hashes of a lead that its rule compares, each with what it is of."""
    if not lead.kinds:
        return [("", blind) for blind in lead.blinds]
    return [one for one in zip(lead.kinds, lead.blinds, strict=True) if one[0] in rule.fields]


def _only_own_ids(found: Mapping[UUID, Found]) -> dict[UUID, Found]:
    return {lead_id: one for lead_id, one in found.items() if one[0] == EXTERNAL_ID}


class _Met:
    """What the stock says of each lead of a block: why it is a duplicate, and of which unpublished upload if of one."""

    def __init__(
        self, cursor: Cursor[Any], tenant_id: UUID, leads: Sequence[SealedLead], batch: BatchFacts
    ) -> None:
        self._cursor, self._tenant_id, self._leads, self._batch = cursor, tenant_id, leads, batch
        self._states: dict[UUID, str] = {}

    def by_stock(self) -> dict[UUID, Found]:
        """By the usual rule; its own ID tells more than its person."""
        words = {**self._words(), "person": IN_STOCK, "external": EXTERNAL_ID}
        # planned afresh each time: a plan made while the stock was small reads all of it for each person later
        rows = self._cursor.execute(_MET, words, prepare=False).fetchall()
        self._look_up(row[2] for row in rows)
        free = self._free({row[0] for row in rows if row[1] == EXTERNAL_ID and self._is_given_up(row[2])})
        met: dict[UUID, Found] = {}
        for lead_id, code, batch_id in rows:
            if (lead_id in free) if code == EXTERNAL_ID else self._is_given_up(batch_id):
                continue
            if lead_id not in met or code == EXTERNAL_ID:
                met[lead_id] = self._found(code, batch_id)
        return met

    def by_rule(self) -> dict[UUID, Found]:
        """By a rule of the vertical's own."""
        rule, leads = self._batch.vertical.duplicates, self._leads
        asked = [(number, *one) for number, lead in enumerate(leads) for one in compared(lead, rule)]
        words = {
            **self._words(),
            "numbers": [number for number, _, _ in asked],
            "kinds": [kind for _, kind, _ in asked],
            "blinds": [blind for _, _, blind in asked],
            "times": [leads[number].enquired_at for number, _, _ in asked],
            "addressees": [leads[number].addressee_id for number, _, _ in asked],
        }
        rows = self._cursor.execute(_MET_BY, words, prepare=False).fetchall()
        self._look_up(row[3] for row in rows)
        equal: dict[tuple[int, UUID, UUID | None], set[str]] = {}
        for number, kind, lead_id, batch_id in rows:
            if not self._is_given_up(batch_id):
                equal.setdefault((number, lead_id, batch_id), set()).add(kind)
        return {
            leads[number].id: self._found(IN_STOCK, batch_id)
            for (number, _, batch_id), kinds in equal.items()
            if rule.is_met(kinds)
        }

    def _words(self) -> dict[str, object]:
        vertical = self._batch.vertical
        return {
            "tenant": self._tenant_id,
            "vertical": vertical.code,
            "type": self._batch.lead_type,
            "window": vertical.duplicates.window,
        }

    def _look_up(self, batch_ids: Iterable[UUID | None]) -> None:
        others = {one for one in batch_ids if one is not None and one != self._batch.batch_id}
        self._states = given_up.states(self._cursor, self._tenant_id, others)

    def _is_given_up(self, batch_id: UUID | None) -> bool:
        return batch_id is not None and self._states.get(batch_id) in given_up.GIVEN_UP

    def _free(self, contested: Collection[UUID]) -> set[UUID]:
        """Of the leads whose own ID stands in a given up upload those that may have it now."""
        named = {one.id: one.external_id for one in self._leads if one.id in contested and one.external_id}
        if not named:
            return set()
        uploads = [one for one, state in self._states.items() if state in given_up.GIVEN_UP]
        free = given_up.give_back(self._cursor, self._tenant_id, list(named.values()), uploads)
        return {lead_id for lead_id, external_id in named.items() if external_id in free}

    def _found(self, code: str, batch_id: UUID | None) -> Found:
        if batch_id is not None and batch_id == self._batch.batch_id and code != EXTERNAL_ID:
            return IN_FILE, None
        is_waiting = batch_id is not None and self._states.get(batch_id, "") in given_up.UNPUBLISHED
        return code, batch_id if is_waiting else None


class _Seen:
    """The leads of one block that are to be stored: what the stock does not know yet."""

    def __init__(self, rule: DuplicateRule) -> None:
        self._rule = rule
        self._leads: list[SealedLead] = []
        self._having: dict[tuple[UUID | None, bytes], list[int]] = {}
        self._external_ids: set[str] = set()

    def add(self, lead: SealedLead) -> None:
        """Remember a lead that stays."""
        for _, blind in compared(lead, self._rule):
            self._having.setdefault((lead.addressee_id, blind), []).append(len(self._leads))
        self._leads.append(lead)
        if lead.external_id is not None:
            self._external_ids.add(lead.external_id)

    def again(self, lead: SealedLead) -> str | None:
        """Why a lead is a duplicate of one that stays, or None."""
        if lead.external_id is not None and lead.external_id in self._external_ids:
            return EXTERNAL_ID
        equal: dict[int, set[str]] = {}
        for kind, blind in compared(lead, self._rule):
            for place in self._having.get((lead.addressee_id, blind), ()):
                if abs(self._leads[place].enquired_at - lead.enquired_at) <= self._rule.window:
                    equal.setdefault(place, set()).add(kind)
        return IN_FILE if any(map(self._rule.is_met, equal.values())) else None
