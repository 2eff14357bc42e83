"""Whether leads stand on a suppression list, asked for a block of leads at once.

Invariant: the answer is yes or no, never which list: an agency learns nothing of the platform's lists, and a buyer
nothing of an agency's. Where nobody keeps a list nothing is hashed. A list that was met counts it once, also when the
lead was refused with everything that came with it.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.leads.suppression_forms import look_ups
from tenants import crypto
from tenants.crypto import Vault
from tenants.db import after_drop, as_platform, platform_transaction

log = logging.getLogger(__name__)

SUPPRESSED = "suppressed"

_KEEPERS = text("""
SELECT l.tenant_id, bit_or(l.ways) AS ways FROM suppression_list l
WHERE l.entries > 0 AND (l.tenant_id = :tenant OR l.tenant_id IN (SELECT id FROM tenant WHERE kind = 'operator'))
GROUP BY l.tenant_id
""")
# OFFSET 0 keeps it one index look-up a hash, however many entries the planner thinks there are
_MET = text("""
SELECT DISTINCT a.number FROM unnest(CAST(:tenants AS uuid[]), CAST(:blinds AS bytea[]), CAST(:numbers AS bigint[]))
  AS a (tenant_id, blind, number)
CROSS JOIN LATERAL (SELECT FROM suppression_entry e WHERE e.tenant_id = a.tenant_id AND e.blind = a.blind OFFSET 0) e
""")
# a list that somebody else is counting at this moment is passed over: nobody waits for a statistic
_HIT = text("""
WITH met AS (
  SELECT e.tenant_id, e.list_id, count(DISTINCT a.number) AS times
  FROM unnest(CAST(:tenants AS uuid[]), CAST(:blinds AS bytea[]), CAST(:numbers AS bigint[])) AS a (tenant_id, blind, number)
  JOIN suppression_entry e ON e.tenant_id = a.tenant_id AND e.blind = a.blind GROUP BY e.tenant_id, e.list_id),
free AS (
  SELECT l.tenant_id, l.id FROM suppression_list l JOIN met ON met.tenant_id = l.tenant_id AND met.list_id = l.id
  FOR UPDATE OF l SKIP LOCKED)
UPDATE suppression_list l SET hits = l.hits + met.times, last_hit_at = :now FROM met JOIN free
  ON free.tenant_id = met.tenant_id AND free.id = met.list_id WHERE l.tenant_id = met.tenant_id AND l.id = met.list_id
""")


@dataclass(slots=True)
class Asked:
    """Hashes to look for: whose list, which hash, and the number of the lead it is of."""

    tenants: list[UUID] = field(default_factory=list)
    blinds: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def ask(self, vault: Vault, ways: int, number: int, channels: Iterable[str]) -> None:
        """Look for a lead's phones and e-mails on the lists of the vault's tenant."""
        for channel in channels:
            found = look_ups(vault, channel, ways)
            self.tenants += [vault.tenant_id] * len(found)
            self.blinds += found
            self.numbers += [number] * len(found)

    def only(self, numbers: Collection[int]) -> "Asked":
        """What was asked about these leads."""
        kept = [place for place, number in enumerate(self.numbers) if number in numbers]
        return Asked(
            [self.tenants[one] for one in kept],
            [self.blinds[one] for one in kept],
            [self.numbers[one] for one in kept],
        )

    def words(self) -> dict[str, object]:
        """As the statements take it."""
        return {"tenants": self.tenants, "blinds": self.blinds, "numbers": self.numbers}


def find(
    session: Session,
    agency_id: UUID,
    leads: Sequence[Sequence[str]],
    now: datetime,
    *,
    is_counted: bool = True,
) -> set[int]:
    """Which of these leads, by their phones and e-mails, stand on a list of the agency's or of the platform's.

    Two round trips for any number of leads, three when one is met; each met list counts it, unless one only looks.
    """
    with as_platform(session, "leads are held against the platform's suppression lists"):
        keepers = session.execute(_KEEPERS, {"tenant": agency_id}).all()
        if not keepers:
            return set()
        asked = Asked()
        for keeper in keepers:
            vault = crypto.vault(session, keeper.tenant_id)
            for number, channels in enumerate(leads):
                asked.ask(vault, keeper.ways, number, channels)
        met = set(session.execute(_MET, asked.words()).scalars())
        if met and is_counted:
            hits = asked.only(met)
            count(session, hits, now)
            after_drop(session, lambda: _count_by_itself(hits, now))
    return met


def count(session: Session, asked: Asked, now: datetime) -> None:
    """Say on each list that was met that it was, and when. Needs a platform door."""
    session.execute(_HIT, {**asked.words(), "now": now})


def _count_by_itself(asked: Asked, now: datetime) -> None:
    try:
        with platform_transaction(
            "suppression lists count whom they met, also when the lead was refused"
        ) as own:
            count(own, asked, now)
    except SQLAlchemyError:
        log.exception("a suppression list was met and not counted")
