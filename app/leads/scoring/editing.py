"""Changing the rules: in a draft that scores nothing yet, tried out, then saved as the next version, or thrown away.

Invariants: a saved version never changes; saving starts the scoring of unsold stock anew, and no lead is stored in
between under the old rules. A draft whose base is no longer the newest version is refused, so nobody's work is lost
unseen.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import duplicates, verticals
from app.leads.scoring import rescore
from app.leads.scoring.books import rules_of
from app.leads.scoring.rules import Rules, read, read_group, read_rule, read_trait
from tenants import audit, clock
from tenants.actor import Actor
from tenants.errors import NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

DRAFT = 0
"""The version number of rules that are not saved."""

_DRAFT = text("SELECT * FROM scoring_draft WHERE tenant_id = :tenant AND vertical = :vertical")
_KEEP = text("""
INSERT INTO scoring_draft (tenant_id, vertical, base, rules, changed_by, changed_at)
VALUES (:tenant, :vertical, :base, CAST(:rules AS jsonb), :by, :now)
ON CONFLICT (tenant_id, vertical) DO UPDATE SET rules = excluded.rules, changed_by = excluded.changed_by,
  changed_at = excluded.changed_at
""")
_DROP = text("DELETE FROM scoring_draft WHERE tenant_id = :tenant AND vertical = :vertical")
_SAVE = text("""
INSERT INTO scoring_rules (tenant_id, vertical, version, rules, created_by, created_at)
VALUES (:tenant, :vertical, :version, CAST(:rules AS jsonb), :by, :now)
""")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('scoring draft ' || :tenant || :vertical, 0))")


class RulesMovedOn(Refused):
    """Somebody saved other rules since this draft was begun; nothing was saved. Throw the draft away and begin anew."""

    status, code = 409, "rules_moved_on"


class NoDraft(Refused):
    """There are no unsaved changes; nothing was saved."""

    status, code = 409, "no_draft"


def draft_of(session: Session, tenant_id: UUID, vertical: str) -> Rules | None:
    """The rules as they are being changed; None without unsaved changes."""
    row = _row(session, tenant_id, vertical)
    return read(row.rules, verticals.get(vertical), DRAFT) if row else None


def put_rule(session: Session, actor: Actor, vertical: str, data: Mapping[str, Any]) -> None:
    """Add a rule to the draft, or change the one of this key. Raises `Invalid`, `NotFound`."""
    rules, base = _open(session, actor, vertical)
    rule = read_rule({**data, "key": _key(rules, data)}, rules.vertical)
    _keep(session, actor, rules.with_rule(rule), base)


def put_trait(session: Session, actor: Actor, vertical: str, data: Mapping[str, Any]) -> None:
    """Add a trait to the profile of the draft, or change the one of this key. Raises `Invalid`, `NotFound`."""
    rules, base = _open(session, actor, vertical)
    trait = read_trait({**data, "key": _key(rules, data)}, rules.vertical)
    _keep(session, actor, rules.with_trait(trait), base)


def put_group(
    session: Session, actor: Actor, vertical: str, name: str, limits: tuple[object, object]
) -> None:
    """Change the cap and the floor of a group in the draft. Raises `Invalid`."""
    rules, base = _open(session, actor, vertical)
    _keep(session, actor, rules.with_group(name, read_group(name, *limits)), base)


def remove(session: Session, actor: Actor, vertical: str, key: str) -> None:
    """Take a rule or a trait out of the draft. Raises `NotFound`."""
    rules, base = _open(session, actor, vertical)
    _demand_known(rules, key)
    _keep(session, actor, rules.without(key), base)


def discard(session: Session, actor: Actor, vertical: str) -> None:
    """Throw the draft away; the saved rules hold on. Safe to repeat."""
    session.execute(_DROP, {"tenant": actor.card().id, "vertical": verticals.get(vertical).code})


def save(session: Session, actor: Actor, vertical: str) -> int:
    """Let the draft hold from now on, and score unsold stock anew; the number of the version.

    Raises `NoDraft`, or `RulesMovedOn` when others were saved since it was begun.
    """
    tenant_id, now = actor.card().id, clock.now()
    _lock(session, tenant_id, vertical)
    row = _row(session, tenant_id, vertical)
    if row is None:
        raise NoDraft(N_("There are no unsaved changes."))
    duplicates.lock_stock(session, tenant_id)
    newest = rules_of(session, tenant_id, vertical).version
    version = max(newest, 0) + 1
    words = {"tenant": tenant_id, "vertical": vertical, "version": version, "by": actor.name, "now": now}
    if newest != row.base:
        raise RulesMovedOn(N_("Other rules were saved meanwhile. Discard these changes and begin anew."))
    session.execute(_SAVE, {**words, "rules": json.dumps(row.rules)})
    session.execute(_DROP, words)
    rescore.start(session, tenant_id, vertical, version, now)
    audit.record(
        session, actor, "scoring.saved", "scoring", None, detail={"vertical": vertical, "version": version}
    )
    return version


def _open(session: Session, actor: Actor, vertical: str) -> tuple[Rules, int]:
    """The draft, or a new one of the newest rules, and the version it is based on."""
    tenant_id = actor.card().id
    kind = verticals.get(vertical)
    _lock(session, tenant_id, vertical)
    row = _row(session, tenant_id, vertical)
    if row is not None:
        return read(row.rules, kind, DRAFT), row.base
    newest = rules_of(session, tenant_id, vertical)
    return newest, newest.version


def _keep(session: Session, actor: Actor, rules: Rules, base: int) -> None:
    data = rules.as_data()
    read(data, rules.vertical, DRAFT)  # the whole must be sound too: not too many, no key twice
    words = {
        "tenant": actor.card().id,
        "vertical": rules.vertical.code,
        "base": base,
        "rules": json.dumps(data),
        "by": actor.name,
        "now": clock.now(),
    }
    session.execute(_KEEP, words)


def _key(rules: Rules, data: Mapping[str, Any]) -> str:
    key = str(data.get("key") or "")
    if not key:
        return f"r{new_id().hex[-12:]}"
    _demand_known(rules, key)
    return key


def _demand_known(rules: Rules, key: str) -> None:
    if key not in [one.key for one in rules.rules] + [one.key for one in rules.profile]:
        raise NotFound(N_("There is no such rule."))


def _row(session: Session, tenant_id: UUID, vertical: str) -> Row[Any] | None:
    return session.execute(_DRAFT, {"tenant": tenant_id, "vertical": vertical}).one_or_none()


def _lock(session: Session, tenant_id: UUID, vertical: str) -> None:
    session.execute(_LOCK, {"tenant": str(tenant_id), "vertical": vertical})
