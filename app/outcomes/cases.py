"""What waits for the operator's word: appeals against refused returns, and disputes about claimed actions.

Invariant: the operator reads both sides' arguments and the money at stake, never a contact.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.db import as_platform
from tenants.errors import NotFound
from tenants.permissions import Permission

_SIDES = """JOIN sale s ON s.id = x.sale_id JOIN tenant a ON a.id = x.agency_id JOIN tenant c ON c.id = x.company_id"""
_SHOWN = """x.*, a.name AS agency_name, c.name AS company_name, s.vertical, s.channel, s.source_label, s.sold_at,
  s.terms, s.mode, s.lead_type, s.lead_id"""
_APPEALS = text(f"""SELECT {_SHOWN} FROM return_claim x {_SIDES}
WHERE x.state = 'appealed' ORDER BY x.appealed_at, x.id LIMIT 100""")  # noqa: S608
_DISPUTES = text(f"""SELECT {_SHOWN} FROM action x {_SIDES}
WHERE x.state = 'disputed' ORDER BY x.decided_at, x.id LIMIT 100""")  # noqa: S608
_APPEAL = text(f"SELECT {_SHOWN} FROM return_claim x {_SIDES} WHERE x.id = :id AND x.appealed_at IS NOT NULL")  # noqa: S608
_DISPUTE = text(f"""SELECT {_SHOWN} FROM action x {_SIDES}
WHERE x.id = :id AND (x.state = 'disputed' OR x.state = 'decided')""")  # noqa: S608
_DECIDED = text("""
SELECT * FROM (
  (SELECT x.id, 'appeal' AS kind, x.settled_at AS decided_at, x.is_upheld AS is_for, x.net_minor, x.currency,
    a.name AS agency_name, c.name AS company_name
  FROM return_claim x JOIN tenant a ON a.id = x.agency_id JOIN tenant c ON c.id = x.company_id
  WHERE x.state = 'decided' ORDER BY x.settled_at DESC LIMIT 20)
  UNION ALL
  (SELECT x.id, 'dispute', x.decided_at, x.is_billed, x.net_minor, x.currency, a.name, c.name
  FROM action x JOIN tenant a ON a.id = x.agency_id JOIN tenant c ON c.id = x.company_id
  WHERE x.state = 'decided' ORDER BY x.decided_at DESC LIMIT 20)) d
ORDER BY decided_at DESC LIMIT 20
""")


def waiting(session: Session, actor: Actor) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Open appeals and disputes, the oldest first. Raises `Forbidden` to anybody but the operator."""
    actor.demand(Permission.PLATFORM_APPROVE)
    with as_platform(session, "the operator reads the appeals and disputes of all tenants"):
        return session.execute(_APPEALS).all(), session.execute(_DISPUTES).all()


def decided(session: Session, actor: Actor) -> Sequence[Row[Any]]:
    """The latest decisions. Raises `Forbidden` to anybody but the operator."""
    actor.demand(Permission.PLATFORM_APPROVE)
    with as_platform(session, "the operator reads its decisions between tenants"):
        return session.execute(_DECIDED).all()


def appeal(session: Session, actor: Actor, claim_id: UUID) -> Row[Any]:
    """One appeal with both sides' words. Raises `Forbidden`, `NotFound`."""
    return _one(session, actor, _APPEAL, claim_id)


def dispute(session: Session, actor: Actor, action_id: UUID) -> Row[Any]:
    """One dispute with both sides' words. Raises `Forbidden`, `NotFound`."""
    return _one(session, actor, _DISPUTE, action_id)


def _one(session: Session, actor: Actor, query: Any, case_id: UUID) -> Row[Any]:
    actor.demand(Permission.PLATFORM_APPROVE)
    with as_platform(session, "the operator reads a case between two tenants"):
        found = session.execute(query, {"id": case_id}).one_or_none()
    if found is None:
        raise NotFound
    return found
