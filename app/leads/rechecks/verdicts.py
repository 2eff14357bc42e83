"""What becomes of stored leads under today's rules: one verdict each, by the same rules in the same order as intake.

Invariants: every lead put in comes out once, in order; of two leads of one person the one that came in first stays (of
one file: whose person asked first), and a sold one always does; a lead that is refused itself makes no other a duplicate. Nothing is written here but the index
of people that a newer rule of duplicates compares.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import suppressed, verticals
from app.leads.bundle import FIELD, PERSON, unpack
from app.leads.duplicate_rule import FLAG, NAME_POSTCODE
from app.leads.duplicates import IN_STOCK
from app.leads.duplicates_elsewhere import ELSEWHERE, KNOWN_ELSEWHERE, Elsewhere
from app.leads.rechecks.stored import EXPIRED, Reread, Rereader
from app.leads.sealing import forms_of
from app.leads.suppressed import SUPPRESSED
from app.leads.verticals import Vertical
from tenants.crypto import Vault

REFUSED = ("rejected", "duplicate", "suppressed", "expired")
"""Verdicts that keep a lead off the market."""
VERDICTS = (*REFUSED, "waiting", "warned", "ready")

# OFFSET 0 keeps it one index look-up a person, however the planner guesses
_MET = """
SELECT a.number, a.kind, l.id AS other
FROM unnest(CAST(%(numbers)s AS bigint[]), CAST(%(kinds)s AS text[]), CAST(%(blinds)s AS bytea[]), CAST(%(ids)s AS uuid[]),
  CAST(%(times)s AS timestamptz[]), CAST(%(came)s AS timestamptz[]), CAST(%(addressees)s AS uuid[]))
  AS a (number, kind, blind, id, enquired_at, created_at, addressee_id)
CROSS JOIN LATERAL (SELECT lead_id FROM lead_person WHERE tenant_id = %(tenant)s AND blind = a.blind AND lead_id <> a.id
  OFFSET 0) p
CROSS JOIN LATERAL (SELECT * FROM lead WHERE tenant_id = %(tenant)s AND id = p.lead_id OFFSET 0) l
WHERE l.vertical = %(vertical)s AND l.type = %(type)s AND l.state NOT IN ('withdrawn', 'erased')
  AND ((l.created_at, l.enquired_at, l.id) < (a.created_at, a.enquired_at, a.id) OR l.sold_count > 0)
  AND l.addressee_id IS NOT DISTINCT FROM a.addressee_id
  AND l.enquired_at BETWEEN a.enquired_at - CAST(%(window)s AS interval) AND a.enquired_at + CAST(%(window)s AS interval)
  AND (l.id = ANY(%(slice)s) OR NOT EXISTS (SELECT FROM recheck_lead r WHERE r.tenant_id = %(tenant)s
    AND r.recheck_id = %(recheck)s AND r.lead_id = l.id AND r.verdict = ANY(%(refused)s) AND r.outcome IS NULL))
"""
_INDEX = text("""
INSERT INTO lead_person (tenant_id, blind, lead_id)
SELECT :tenant, a.blind, a.id FROM unnest(CAST(:blinds AS bytea[]), CAST(:ids AS uuid[])) AS a (blind, id)
ON CONFLICT DO NOTHING
""")
_ACCEPTED = text("""
SELECT lead_id, reasons FROM quarantined_lead
WHERE tenant_id = :tenant AND state = 'released' AND lead_id = ANY(:leads)
""")


@dataclass(slots=True)
class Judged:
    """One lead, its verdict so far and the codes behind it; `forms` and `blinds` are what it is compared by."""

    row: Row[Any]
    read: Reread
    vertical: Vertical
    verdict: str = "ready"
    codes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()
    blinds: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The lead."""
        return UUID(str(self.row.id))

    @property
    def enquired_at(self) -> datetime:
        """When its person asked."""
        return self.row.enquired_at  # type: ignore[no-any-return]

    @property
    def place(self) -> tuple[datetime, datetime, UUID]:
        """Which of two leads was first: it came in before, or at once but its person asked before."""
        return self.row.created_at, self.enquired_at, self.id

    def refuse(self, verdict: str, *codes: str) -> None:
        """It may not be sold today."""
        self.verdict, self.codes = verdict, codes

    @property
    def is_refused(self) -> bool:
        """Whether it may not be sold today."""
        return self.verdict in REFUSED

    @property
    def is_reflagged(self) -> bool:
        """Whether other things are noticed about it today; a refused lead is not asked."""
        return not self.is_refused and set(self.flags) != set(self.row.flags)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Leads that share a vertical, held against another agency's."""

    vertical: Vertical


def judge(
    session: Session,
    vault: Vault,
    rereader: Rereader,
    recheck_id: UUID,
    rows: Sequence[Row[Any]],
    *,
    at: datetime,
) -> list[Judged]:
    """The verdict on each of some leads (rows of `lead` with their salt), sorted by id."""
    found = [_read(vault, rereader, row) for row in rows]
    _hold_against_lists(session, vault, found, at)
    groups: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for one in found:
        groups[one.row.vertical, one.row.type].append(one)
    for group in groups.values():
        _hold_against_stock(session, vault, recheck_id, group)
        _hold_against_others(session, vault, group)
    _look(session, vault, found)
    return found


def _read(vault: Vault, rereader: Rereader, row: Row[Any]) -> Judged:
    bundle = unpack(vault.open(bytes(row.salt), row.id, FIELD, bytes(row.sealed)))
    read, vertical = rereader.read(row, bundle), verticals.get(row.vertical)
    one = Judged(row, read, vertical, flags=read.flags)
    if read.problems:
        is_late = all(code.partition(":")[0] == EXPIRED for code in read.problems)
        one.refuse("expired" if is_late else "rejected", *dict.fromkeys(read.problems))
    elif read.lead is not None:
        one.forms = forms_of(read.lead, vertical.duplicates)
        one.blinds = [
            (kind, vault.blind(kind if kind == NAME_POSTCODE else PERSON, form)) for kind, form in one.forms
        ]
    return one


def _hold_against_lists(session: Session, vault: Vault, found: Sequence[Judged], at: datetime) -> None:
    asked = [one for one in found if one.read.lead is not None and not one.is_refused]
    channels = [(*one.read.lead.phones, *one.read.lead.emails) for one in asked if one.read.lead]
    if not channels:
        return
    for number in suppressed.find(session, vault.tenant_id, channels, at, is_counted=False):
        asked[number].refuse("suppressed", SUPPRESSED)


def _hold_against_stock(session: Session, vault: Vault, recheck_id: UUID, group: Sequence[Judged]) -> None:
    rule, first = group[0].vertical.duplicates, group[0].row
    if NAME_POSTCODE in rule.fields:
        _index(session, vault, group)
    asked = [
        (number, kind, blind, one)
        for number, one in enumerate(group)
        if not one.is_refused
        for kind, blind in one.blinds
    ]
    words = {
        "tenant": vault.tenant_id,
        "recheck": recheck_id,
        "vertical": first.vertical,
        "type": first.type,
        "window": rule.window,
        "refused": list(REFUSED),
        "slice": [one.id for one in group],
        "numbers": [number for number, _, _, _ in asked],
        "kinds": [kind for _, kind, _, _ in asked],
        "blinds": [blind for _, _, blind, _ in asked],
        "ids": [one.id for _, _, _, one in asked],
        "times": [one.enquired_at for _, _, _, one in asked],
        "came": [one.row.created_at for _, _, _, one in asked],
        "addressees": [one.row.addressee_id for _, _, _, one in asked],
    }
    equal: dict[int, dict[UUID, set[str]]] = defaultdict(lambda: defaultdict(set))
    driver = session.connection().connection.driver_connection
    if driver is None:
        raise RuntimeError("the session has no driver connection")
    with driver.cursor() as cursor:
        # planned afresh each time: the report grows while it is read
        for number, kind, other in cursor.execute(_MET, words, prepare=False):
            equal[number][other].add(kind)
    gone = {one.id for one in group if one.is_refused}
    for number in sorted(equal, key=lambda one: group[one].place):
        if any(rule.is_met(kinds) for other, kinds in equal[number].items() if other not in gone):
            group[number].refuse("duplicate", IN_STOCK)
            gone.add(group[number].id)


def _index(session: Session, vault: Vault, group: Iterable[Judged]) -> None:
    """A lead that came in before its vertical compared names is found by its name from now on."""
    named = [(blind, one.id) for one in group for kind, blind in one.blinds if kind == NAME_POSTCODE]
    if named:
        words = {
            "tenant": vault.tenant_id,
            "blinds": [one[0] for one in named],
            "ids": [one[1] for one in named],
        }
        session.execute(_INDEX, words)


def _hold_against_others(session: Session, vault: Vault, group: Sequence[Judged]) -> None:
    left = [one for one in group if not one.is_refused]
    vertical = group[0].vertical
    for number in Elsewhere(session, vault.tenant_id, left, _Kind(vertical)).find(only_earlier=True):
        if vertical.duplicates.elsewhere == FLAG:
            left[number].flags = (*left[number].flags, KNOWN_ELSEWHERE)
        else:
            left[number].refuse("duplicate", ELSEWHERE)


def _look(session: Session, vault: Vault, found: Sequence[Judged]) -> None:
    """What is not refused may have to be looked at, unless somebody took it out of quarantine for the same reasons."""
    waits = {
        one.id: reasons
        for one in found
        if not one.is_refused and (reasons := one.vertical.screening.waits_for(one.flags))
    }
    if waits:
        words = {"tenant": vault.tenant_id, "leads": list(waits)}
        for row in session.execute(_ACCEPTED, words):
            waits[row.lead_id] = [one for one in waits[row.lead_id] if one not in row.reasons]
    for one in found:
        if one.is_refused:
            continue
        notes = dict.fromkeys(
            (*one.read.notes, *((KNOWN_ELSEWHERE,) if KNOWN_ELSEWHERE in one.flags else ()))
        )
        if waits.get(one.id):
            one.verdict, one.codes = "waiting", tuple(waits[one.id])
        elif notes:
            one.verdict, one.codes = "warned", tuple(notes)
