"""Connections: other people's systems that send leads of one source to an address that is a secret.

Invariants: of the address only a fingerprint is kept; the secrets a provider signs with are sealed and never shown; a
deleted connection receives nothing, and what it received stays listed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.incoming import sender_secrets
from app.incoming.documents import GENERIC, GOOGLE_ADS, KINDS, MAIL, META
from app.incoming.instruction_links import FACTS, facts_of, words_of
from app.incoming.mail.places import demand_places
from app.incoming.paths import Paths, read_paths
from app.leads import verticals
from app.leads.constants import unreadable
from app.leads.intake_facts import IntakeFacts, demand_sound
from app.leads.problems import shown
from app.leads.verticals import Vertical
from tenants import audit, clock, crypto, letters
from tenants.accounts import read_name
from tenants.actor import Actor
from tenants.errors import Invalid, NotFound
from tenants.ids import new_id
from tenants.language import N_
from tenants.permissions import Permission
from tenants.secret_links import fingerprint, new_token

SECRETS: Mapping[str, tuple[str, ...]] = {
    GENERIC: (),
    GOOGLE_ADS: ("google_key",),
    META: ("app_secret", "verify_token", "access_token"),
    MAIL: (),
}
"""What each kind of sender proves itself with."""
OPTIONAL: Mapping[str, str] = {GENERIC: "signing_secret"}
"""What a kind of sender may prove itself with, beside knowing the address."""


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection as its agency describes it."""

    kind: str
    name: str
    facts: IntakeFacts
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_draft: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as its agency sees it."""

    id: UUID
    kind: str
    name: str
    facts: IntakeFacts
    mapped: Paths
    is_draft: bool
    created_at: datetime
    paused_at: datetime | None


_READS = f"id, kind, name, paths, constants, is_draft, created_at, paused_at, {FACTS}"
_CREATE = text(f"""
INSERT INTO intake_connection (tenant_id, id, kind, name, {FACTS}, token_hash, salt, secrets_sealed, is_draft, created_at)
VALUES (:tenant, :id, :kind, :name, :source_id, :vertical, :lead_type, :country, :legal_basis, :consent_text_id,
  :addressee_id, :max_sales, :hash, :salt, :sealed, :is_draft, :now)
""")  # noqa: S608 (our own words)
_LIST = text(f"""
SELECT {_READS} FROM intake_connection
WHERE tenant_id = :tenant AND deleted_at IS NULL AND (CAST(:id AS uuid) IS NULL OR id = :id) ORDER BY name, id
""")  # noqa: S608
_SECRETS = text("""
SELECT kind, salt, secrets_sealed FROM intake_connection
WHERE tenant_id = :tenant AND id = :id AND deleted_at IS NULL FOR UPDATE
""")
_CHANGE = """
UPDATE intake_connection SET {what} WHERE tenant_id = :tenant AND id = :id AND deleted_at IS NULL RETURNING id
"""


def create(session: Session, actor: Actor, wanted: NewConnection) -> tuple[UUID, str]:
    """Make a connection; gives its id and the token of its address, which cannot be shown again.

    Raises `Forbidden`, `Invalid` and what `intake_facts.demand_sound` refuses.
    """
    actor.demand(Permission.LEAD_WRITE)
    if wanted.kind not in KINDS:
        raise Invalid(
            N_("Choose what kind of system sends."), fields={"kind": N_("Choose what kind of system sends.")}
        )
    name, tenant_id = read_name(wanted.name, "name"), actor.card().id
    secrets = {one: sender_secrets.read(wanted.secrets, one) for one in _needed(wanted.kind, wanted.secrets)}
    sound = demand_sound(session, tenant_id, wanted.facts)
    made, salt, token = new_id(), crypto.new_salt(), new_token()
    sealed = sender_secrets.sealed(crypto.vault(session, tenant_id), salt, made, secrets)
    words = {
        **words_of(wanted.facts),
        "country": sound.country,
        "tenant": tenant_id,
        "id": made,
        "kind": wanted.kind,
        "name": name,
        "hash": fingerprint(token),
        "salt": salt,
        "sealed": sealed,
        "is_draft": wanted.is_draft,
        "now": clock.now(),
    }
    session.execute(_CREATE, words)
    audit.record(session, actor, "connection.created", "connection", made)
    return made, token


def address(kind: str, token: str) -> str:
    """Where the other system sends to: the full secret address of a connection with this token."""
    return letters.link(f"/in/{token}/mail" if kind == MAIL else f"/in/{token}")


def listed(session: Session, tenant_id: UUID) -> list[Connection]:
    """The agency's connections by name."""
    return [_read(row) for row in session.execute(_LIST, {"tenant": tenant_id, "id": None})]


def get(session: Session, tenant_id: UUID, connection_id: UUID) -> Connection:
    """One connection. Raises `NotFound`."""
    row = session.execute(_LIST, {"tenant": tenant_id, "id": connection_id}).one_or_none()
    if row is None:
        raise NotFound
    return _read(row)


def edit(
    session: Session, actor: Actor, connection_id: UUID, name: str, facts: IntakeFacts, is_draft: bool
) -> None:
    """Change what holds for its leads, from the next one on; those that came in stay as they are.

    Raises `Invalid` also where the mapping does not fit another vertical or type, `NotFound`, and what
    `intake_facts.demand_sound` refuses. Repeating changes nothing.
    """
    actor.demand(Permission.LEAD_WRITE)
    found = get(session, actor.card().id, connection_id)
    sound = demand_sound(session, actor.card().id, facts)
    _demand_mapped(sound.vertical, replace(facts, country=sound.country), found.mapped)
    written = {
        **words_of(facts),
        "country": sound.country,
        "name": read_name(name, "name"),
        "is_draft": is_draft,
    }
    _change(session, actor, connection_id, "edited", **written)


def replace_secrets(session: Session, actor: Actor, connection_id: UUID, given: Mapping[str, str]) -> None:
    """Put new secrets in the place of those that are given; the old ones hold on for a day. Raises `Invalid`, `NotFound`."""
    actor.demand(Permission.LEAD_WRITE)
    row = session.execute(_SECRETS, {"tenant": actor.card().id, "id": connection_id}).one_or_none()
    if row is None:
        raise NotFound
    names = (*SECRETS[row.kind], *filter(None, [OPTIONAL.get(row.kind)]))
    new = {name: sender_secrets.read(given, name) for name in names if given.get(name, "").strip()}
    if not new:
        raise Invalid(N_("Type the new secret."), fields={"secrets": N_("Type the new secret.")})
    vault = crypto.vault(session, actor.card().id)
    kept = sender_secrets.opened(vault, bytes(row.salt), connection_id, bytes(row.secrets_sealed))
    changed = sender_secrets.replaced(kept, new, clock.now())
    sealed = sender_secrets.sealed(vault, bytes(row.salt), connection_id, changed)
    _change(session, actor, connection_id, "secrets_replaced", secrets_sealed=sealed)


def rotate(session: Session, actor: Actor, connection_id: UUID) -> str:
    """A new address; the old one ends at once. Gives the new token."""
    token = new_token()
    _change(session, actor, connection_id, "rotated", token_hash=fingerprint(token))
    return token


def pause(session: Session, actor: Actor, connection_id: UUID, *, on: bool) -> None:
    """While paused what arrives is kept and waits. Repeating changes nothing."""
    _change(
        session, actor, connection_id, "paused" if on else "resumed", paused_at=clock.now() if on else None
    )


def delete(session: Session, actor: Actor, connection_id: UUID) -> None:
    """The address ends and the secrets are gone; leads stay."""
    words = {"deleted_at": clock.now(), "secrets_sealed": None, "token_hash": fingerprint(new_token())}
    _change(session, actor, connection_id, "deleted", **words)


def map_paths(
    session: Session,
    actor: Actor,
    connection_id: UUID,
    paths: Mapping[str, str],
    constants: Mapping[str, str],
) -> Paths:
    """Say what of a body goes where, from the next body on. Raises `Invalid`, `NotFound`."""
    mapped = demand_rules(get(session, actor.card().id, connection_id), paths, constants)
    written = {"paths": json.dumps(dict(mapped.paths)), "constants": json.dumps(dict(mapped.constants))}
    _change(session, actor, connection_id, "mapped", **written)
    return mapped


def demand_rules(found: Connection, paths: Mapping[str, str], constants: Mapping[str, str]) -> Paths:
    """A mapping that this connection can use. Raises `Invalid`."""
    if found.kind == MAIL:
        demand_places(paths)
    return _demand_mapped(verticals.get(found.facts.vertical), found.facts, Paths(paths, constants))


def _demand_mapped(vertical: Vertical, facts: IntakeFacts, wanted: Paths) -> Paths:
    """A mapping whose fields are the vertical's, and whose fixed values are such as they take. Raises `Invalid`."""
    mapped = read_paths(vertical, facts.lead_type, wanted.paths, wanted.constants)
    for wrong in unreadable(vertical, facts.lead_type, facts.country, mapped.constants):
        sentence = N_("The field %(field)s does not take the value “%(value)s”.")
        raise Invalid(sentence, field=wrong.target, value=shown(mapped.constants[str(wrong.target)]))
    return mapped


def _change(session: Session, actor: Actor, connection_id: UUID, deed: str, **values: object) -> None:
    actor.demand(Permission.LEAD_WRITE)
    what = ", ".join(f"{name} = :{name}" for name in values)
    words = {**values, "tenant": actor.card().id, "id": connection_id}
    if session.execute(text(_CHANGE.format(what=what)), words).one_or_none() is None:
        raise NotFound
    audit.record(session, actor, f"connection.{deed}", "connection", connection_id)


def _needed(kind: str, given: Mapping[str, str]) -> tuple[str, ...]:
    may = OPTIONAL.get(kind, "")
    return (*SECRETS[kind], may) if given.get(may, "").strip() else SECRETS[kind]


def _read(row: Any) -> Connection:
    return Connection(
        row.id,
        row.kind,
        row.name,
        facts_of(row),
        Paths(row.paths, row.constants),
        row.is_draft,
        row.created_at,
        row.paused_at,
    )
