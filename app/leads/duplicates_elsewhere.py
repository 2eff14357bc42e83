"""The same person at another agency, for verticals whose rule looks beyond one agency's stock.

Invariants: people are compared by a hash under the platform's own key, which no agency holds; the answer says nothing
of who has the person or since when. While the lock is held nobody else adds people of this reach.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.duplicate_rule import AGENCY, VERTICAL, DuplicateRule
from app.leads.verticals import Vertical
from tenants import crypto
from tenants.db import as_platform

ELSEWHERE = "duplicate_elsewhere"
KNOWN_ELSEWHERE = "known_elsewhere"
_PURPOSE = "person of the platform"

_OPERATOR = text("SELECT id FROM tenant WHERE kind = 'operator'")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:reach, 0))")
_MET = text("""
SELECT a.number, a.kind, p.tenant_id, p.lead_id
FROM unnest(CAST(:numbers AS bigint[]), CAST(:kinds AS text[]), CAST(:blinds AS bytea[]), CAST(:times AS timestamptz[]),
  CAST(:leads AS uuid[])) AS a (number, kind, blind, enquired_at, lead_id)
CROSS JOIN LATERAL (SELECT * FROM platform_person WHERE blind = a.blind OFFSET 0) p
JOIN lead l ON l.tenant_id = p.tenant_id AND l.id = p.lead_id
WHERE p.tenant_id <> :tenant AND (NOT :only_earlier OR p.lead_id < a.lead_id) AND l.state <> 'withdrawn' AND (CAST(:vertical AS text) IS NULL OR p.vertical = :vertical)
  AND p.enquired_at BETWEEN a.enquired_at - CAST(:window AS interval) AND a.enquired_at + CAST(:window AS interval)
""")
_KEEP = text("""
INSERT INTO platform_person (tenant_id, blind, lead_id, kind, vertical, enquired_at)
SELECT :tenant, a.blind, a.lead_id, a.kind, :vertical, a.enquired_at
FROM unnest(CAST(:blinds AS bytea[]), CAST(:leads AS uuid[]), CAST(:kinds AS text[]), CAST(:times AS timestamptz[]))
  AS a (blind, lead_id, kind, enquired_at) ON CONFLICT DO NOTHING
""")


class Compared(Protocol):
    """A lead as it is compared: what its vertical compares is open, in memory only."""

    @property
    def id(self) -> UUID:
        """The lead."""

    @property
    def enquired_at(self) -> datetime:
        """When its person asked."""

    @property
    def forms(self) -> tuple[tuple[str, str], ...]:
        """What is compared: the kind and the normal form of each."""


class OfOneVertical(Protocol):
    """What the leads of one block share."""

    @property
    def vertical(self) -> Vertical:
        """Their vertical, whose rule decides."""


class Elsewhere:
    """One block of leads held against everybody's, and remembered for everybody once it is stored."""

    def __init__(
        self, session: Session, tenant_id: UUID, leads: Sequence[Compared], batch: OfOneVertical
    ) -> None:
        self._session, self._tenant_id, self._batch = session, tenant_id, batch
        self._rule: DuplicateRule = batch.vertical.duplicates
        self._asked: list[tuple[int, str, bytes, UUID, datetime]] = []
        if self.is_wide:
            with as_platform(session, "people are compared under the platform's key"):
                vault = crypto.vault(session, session.execute(_OPERATOR).scalar_one())
            self._asked = [
                (number, kind, vault.blind(_PURPOSE, form), lead.id, lead.enquired_at)
                for number, lead in enumerate(leads)
                for kind, form in lead.forms
            ]

    @property
    def is_wide(self) -> bool:
        """Whether the rule looks beyond the agency."""
        return self._rule.scope != AGENCY

    def find(self, *, only_earlier: bool = False) -> set[int]:
        """Which of the leads are known at another agency; locks the reach of the rule until the transaction ends.

        `only_earlier`: only where the other agency's lead came in before.
        """
        if not self.is_wide:
            return set()
        vertical = self._batch.vertical.code if self._rule.scope == VERTICAL else None
        words = {
            "tenant": self._tenant_id,
            "vertical": vertical,
            "window": self._rule.window,
            "numbers": [one[0] for one in self._asked],
            "kinds": [one[1] for one in self._asked],
            "blinds": [one[2] for one in self._asked],
            "times": [one[4] for one in self._asked],
            "leads": [one[3] for one in self._asked],
            "only_earlier": only_earlier,
        }
        equal: dict[tuple[int, UUID, UUID], set[str]] = {}
        with as_platform(self._session, "people are compared with those of other agencies"):
            self._session.execute(_LOCK, {"reach": _PURPOSE})
            for number, kind, tenant_id, lead_id in self._session.execute(_MET, words):
                equal.setdefault((number, tenant_id, lead_id), set()).add(kind)
        return {pair[0] for pair, kinds in equal.items() if self._rule.is_met(kinds)}

    def remember(self, left_out: Collection[UUID]) -> None:
        """Keep the people of the leads that were stored."""
        kept = [one for one in self._asked if one[3] not in left_out]
        if kept:
            words = {
                "tenant": self._tenant_id,
                "vertical": self._batch.vertical.code,
                "blinds": [one[2] for one in kept],
                "leads": [one[3] for one in kept],
                "kinds": [one[1] for one in kept],
                "times": [one[4] for one in kept],
            }
            self._session.execute(_KEEP, words)
