"""Putting people on a suppression list, and closing what of them an agency still has on offer.

Decided: an entry withdraws nothing. An agency's entry closes its open listings of that person, sold slots stand, and
taking the entry off opens nothing again; entries that came as MD5, as another form of a phone, or as a domain close
nothing here, and are met by the purchase. The platform's lists and a company's own are met by the purchase alone.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import suppression
from app.leads.suppression import Added
from tenants.actor import Actor

_CLOSE = text("""
UPDATE listing x SET state = 'closed' WHERE x.agency_id = :tenant AND x.state <> 'closed' AND EXISTS (
  SELECT FROM lead_person p JOIN suppression_entry e
    ON e.tenant_id = :tenant AND e.list_id = :id AND e.blind = p.blind
  WHERE p.tenant_id = :tenant AND p.lead_id = x.lead_id)
RETURNING x.lead_id
""")
# OFFSET 0 keeps it one index look-up a hash, however many people the planner thinks there are
_CLOSE_SOME = text("""
UPDATE listing SET state = 'closed' WHERE agency_id = :tenant AND state <> 'closed' AND lead_id IN (
  SELECT p.lead_id FROM unnest(CAST(:blinds AS bytea[])) AS b (blind)
  CROSS JOIN LATERAL (SELECT lead_id FROM lead_person WHERE tenant_id = :tenant AND blind = b.blind OFFSET 0) p)
RETURNING lead_id
""")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What became of the entries, and how many listings they closed."""

    entries: Added
    closed: int


def suppress(session: Session, actor: Actor, list_id: UUID, entries: Iterable[str]) -> Suppressed:
    """Put entries on a list of the actor's organisation. Raises what `suppression.add` refuses: nothing was added.

    Repeating adds and closes nothing more.
    """
    added = suppression.add(session, actor, list_id, entries)
    if actor.card().kind != "agency" or not added.added:
        return Suppressed(added, 0)
    words = {"tenant": actor.card().id, "id": list_id}
    return Suppressed(added, len(session.execute(_CLOSE, words).all()))


def close_listings(session: Session, agency_id: UUID, blinds: Collection[bytes]) -> int:
    """Close an agency's open listings of the people behind these hashes; how many that were."""
    words = {"tenant": agency_id, "blinds": sorted(set(blinds))}
    return len(session.execute(_CLOSE_SOME, words).all())
