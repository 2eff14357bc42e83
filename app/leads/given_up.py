"""Uploads that were given up, undone or cancelled: what their leads still hold, and what they give back.

Invariants: an unsold lead of such an upload is nobody's duplicate, from the moment the upload was given up, however long
it takes to take its leads back; its own ID goes to whoever brings it next. A sold lead keeps its ID, and so does one
that was erased, or withdrawn before for a reason of its own, like a consent taken back.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

GIVEN_UP = ("cancelled", "undone")
UNPUBLISHED = ("received", "mapped", "checking", "checked", "staging", "staged", "failed")
"""States in which an upload holds leads that nobody can buy yet, and can still be cancelled."""

_STATES = "SELECT id, state FROM batch WHERE tenant_id = %(tenant)s AND id = ANY(%(batches)s) AND state = ANY(%(states)s)"
_GIVE_BACK = """
UPDATE lead l SET former_external_id = l.external_id, external_id = NULL
FROM (SELECT id FROM lead WHERE tenant_id = %(tenant)s AND external_id = ANY(%(ids)s) AND batch_id = ANY(%(batches)s)
  ORDER BY id FOR NO KEY UPDATE) g
WHERE l.tenant_id = %(tenant)s AND l.id = g.id AND l.sold_count = 0 AND l.state <> 'erased'
  AND (l.state <> 'withdrawn' OR l.withdrawn_for = 'mistake')
"""
_HELD = "SELECT external_id FROM lead WHERE tenant_id = %(tenant)s AND external_id = ANY(%(ids)s)"
_MET = """
UPDATE batch SET met = (SELECT jsonb_object_agg(name, n) FROM (SELECT name, sum(n) AS n FROM (
  SELECT key AS name, value::bigint AS n FROM jsonb_each_text(met)
  UNION ALL SELECT key, value::bigint FROM jsonb_each_text(CAST(%(more)s AS jsonb))) AS one GROUP BY name) AS sums)
WHERE tenant_id = %(tenant)s AND id = %(batch)s
"""


def states(cursor: Cursor[Any], tenant_id: UUID, batch_ids: Collection[UUID]) -> dict[UUID, str]:
    """Of some uploads those that are given up or not published yet, each with its state."""
    if not batch_ids:
        return {}
    words = {"tenant": tenant_id, "batches": list(batch_ids), "states": [*GIVEN_UP, *UNPUBLISHED]}
    return dict(cursor.execute(_STATES, words).fetchall())


def give_back(
    cursor: Cursor[Any], tenant_id: UUID, external_ids: Sequence[str], batch_ids: Collection[UUID]
) -> set[str]:
    """Take their own IDs from the leads of given up uploads; those of the IDs that nobody holds now.

    The caller has locked the IDs. What is sold meanwhile keeps its ID: the row is looked at again behind its lock.
    """
    words = {"tenant": tenant_id, "ids": list(external_ids), "batches": list(batch_ids)}
    cursor.execute(_GIVE_BACK, words)
    return set(external_ids) - {row[0] for row in cursor.execute(_HELD, words)}


def remember(
    cursor: Cursor[Any], tenant_id: UUID, batch_id: UUID, met: Mapping[tuple[str, UUID], int]
) -> None:
    """Add to an upload how many of its rows met leads of which unpublished uploads, by reason."""
    more = Counter({f"{code}:{other}": count for (code, other), count in met.items()})
    cursor.execute(_MET, {"tenant": tenant_id, "batch": batch_id, "more": json.dumps(more)})
