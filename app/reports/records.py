"""Finding a tenant's own records by name or id, for the palette."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

_BY_KIND = {
    "agency": (
        """SELECT 'batch' AS kind, id, file_name AS label, state AS hint, created_at AS at FROM batch
        WHERE strpos(lower(file_name), :words) > 0""",
        """SELECT 'source', id, name, channel, created_at FROM source WHERE strpos(lower(name), :words) > 0""",
        """SELECT 'lead', id, coalesce(external_id, id::text), state, created_at FROM lead
        WHERE external_id = :typed OR id = CAST(:id AS uuid)""",
        """SELECT 'sale', id, buyer_label, state, sold_at FROM sale WHERE id = CAST(:id AS uuid)""",
    ),
    "company": (
        """SELECT 'purchase' AS kind, id, vertical || ' · ' || agency_name AS label, state AS hint, bought_at AS at
        FROM purchase WHERE id = CAST(:id AS uuid) OR lead_id = CAST(:id AS uuid)""",
    ),
    "operator": (),
}


def find(session: Session, kind: str, typed: str, *, limit: int = 8) -> Sequence[Row[Any]]:
    """Records of the session's tenant that match, newest first; each with kind, id, label and hint."""
    parts = _BY_KIND[kind]
    if not parts:
        return []
    union = " UNION ALL ".join(parts)
    return session.execute(
        text(f"SELECT * FROM ({union}) found ORDER BY at DESC LIMIT :limit"),  # noqa: S608 (our own words)
        {"words": typed.lower(), "typed": typed, "id": _as_id(typed), "limit": limit},
    ).all()


def _as_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
