"""API keys: how a tenant's programs come in.

Invariants: the secret is shown once and only its hash is kept; a key never does what needs a person, nor more than its
maker could when making it; a revoked or expired key is refused at its next request.
"""

import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import audit, clock
from tenants.accounts import read_name
from tenants.actor import SYSTEM, Actor
from tenants.db import as_platform, platform_transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tenants.key_limits import UNLIMITED, KeyLimits
from tenants.language import N_
from tenants.log_in import CARD, card_from
from tenants.permissions import Permission
from tenants.permissions import scopes as possible_scopes

MARK = "floe_live_"
"""Lets secret scanners find a key that was published by mistake."""
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LETTERS, _CHECK_LETTERS = 30, 6
_SHOWN = len(MARK) + 6
_FORM = re.compile(rf"{MARK}([0-9A-Za-z]{{{_RANDOM_LETTERS}}})([0-9A-Za-z]{{{_CHECK_LETTERS}}})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the tenant sees it: never the secret."""

    id: UUID
    name: str
    prefix: str
    scopes: tuple[Permission, ...]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    limits: KeyLimits = UNLIMITED


_CREATE = text("""
INSERT INTO api_key (tenant_id, id, name, prefix, key_hash, scopes, created_by, created_at, expires_at,
  allowed_networks, calls_a_minute, source_id)
VALUES (:tenant, :id, :name, :prefix, :hash, :scopes, :by, :now, :expires, :networks, :calls, :source)
""")
_LIST = text("""
SELECT id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at,
  allowed_networks, calls_a_minute, source_id FROM api_key
WHERE tenant_id = :tenant ORDER BY revoked_at IS NOT NULL, id DESC
""")
_REVOKE = text("""
UPDATE api_key SET revoked_at = :now WHERE tenant_id = :tenant AND id = :id AND revoked_at IS NULL RETURNING name
""")
_BY_SLUG = text(f"SELECT {CARD} FROM tenant t WHERE t.slug = :slug")  # noqa: S608 (our own words)
_BY_KEY = text(f"""
SELECT a.key_id, a.key_name, a.scopes, a.allowed_networks, a.calls_a_minute, a.source_id, {CARD}
FROM actor_for_key(:hash, :now) a JOIN tenant t ON t.id = a.tenant_id
""")  # noqa: S608 (our own words)


def create(
    session: Session,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    *,
    limits: KeyLimits = UNLIMITED,
) -> tuple[ApiKey, str]:
    """Make a key; gives it and the secret, which cannot be shown again.

    Raises `Forbidden` when a scope needs a person or is not the actor's own, `Invalid` for no scope, an unknown one, or
    an end in the past; nothing is written then.
    """
    actor.demand(Permission.KEY_WRITE)
    now = clock.now()
    if expires_at is not None and expires_at <= now:
        _refuse("expires_at", N_("The key must end in the future."))
    granted = _grantable(actor, scopes)
    secret = new_secret()
    key = ApiKey(
        new_id(),
        read_name(name, "name"),
        secret[:_SHOWN],
        granted,
        actor.id,
        now,
        expires_at,
        None,
        None,
        limits,
    )
    words = {**_words(key), "tenant": actor.card().id, "hash": _hash(secret)}
    with as_platform(session, "make an API key: no tenant writes hashes"):
        session.execute(_CREATE, words)
    audit.record(session, actor, "key.created", "api_key", key.id, detail={"scopes": list(granted)})
    return key, secret


def create_by_operator(tenant_slug: str, scopes: Sequence[str]) -> str:
    """A key for a tenant from the command line of the machine, "all" for every scope; gives the secret.

    Raises `NotFound` for an unknown tenant, else as `create`.
    """
    with platform_transaction("make an API key from the command line") as session:
        row = session.execute(_BY_SLUG, {"slug": tenant_slug}).one_or_none()
        card = card_from(row) if row is not None else None
        if card is None:
            raise NotFound
        every = possible_scopes(card.kind)
        maker = replace(SYSTEM, tenant_id=card.id, tenant=card, permissions=every | {Permission.KEY_WRITE})
        return create(session, maker, "Command line", every if list(scopes) == ["all"] else scopes, None)[1]


def grantable(actor: Actor) -> list[Permission]:
    """The scopes this actor may give a key, in the order of the table of permissions."""
    return [scope for scope in Permission if scope in possible_scopes(actor.card().kind) & actor.permissions]


def keys(session: Session, actor: Actor) -> list[ApiKey]:
    """All keys of the actor's tenant, the usable ones first, then the newest."""
    rows = session.execute(_LIST, {"tenant": actor.card().id})
    return [
        ApiKey(
            id=row.id,
            name=row.name,
            prefix=row.prefix,
            scopes=_known(row.scopes),
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            limits=_limits(row),
        )
        for row in rows
    ]


def revoke(session: Session, actor: Actor, key_id: UUID) -> None:
    """The key is refused from its next request. Raises `Forbidden`, `NotFound` (also when revoked already)."""
    actor.demand(Permission.KEY_WRITE)
    words = {"tenant": actor.card().id, "id": key_id, "now": clock.now()}
    if session.execute(_REVOKE, words).one_or_none() is None:
        raise NotFound
    audit.record(session, actor, "key.revoked", "api_key", key_id)


def actor_for_key(session: Session, secret: str) -> Actor | None:
    """Whose program knocks, with the tenant's card; None for an unknown, mistyped, revoked or expired key.

    For a session without a tenant: the caller binds it to `actor.tenant_id` next.
    """
    if not is_well_formed(secret):
        return None
    with as_platform(session, "look up an API key and its tenant's card"):
        row = session.execute(_BY_KEY, {"hash": _hash(secret), "now": clock.now()}).one_or_none()
    card = card_from(row) if row is not None else None
    if row is None or card is None:
        return None
    return Actor(
        kind="key",
        id=row.key_id,
        name=row.key_name,
        email="",
        tenant_id=card.id,
        tenant=card,
        role=None,
        # what the table of permissions no longer gives, an old key has lost
        permissions=possible_scopes(card.kind).intersection(_known(row.scopes)),
        language=card.language,
        session_id=None,
        networks=tuple(row.allowed_networks),
        calls_a_minute=row.calls_a_minute,
        source_id=row.source_id,
    )


def new_secret() -> str:
    """A key: mark, 30 random letters (178 bits), 6 letters that check them."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LETTERS))
    return MARK + body + _check(body)


def is_well_formed(secret: str) -> bool:
    """Whether the check letters fit: a mistyped key is refused without asking the database."""
    matched = _FORM.fullmatch(secret)
    return matched is not None and _check(matched[1]) == matched[2]


def _check(body: str) -> str:
    number, letters = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_LETTERS):
        number, digit = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[digit] + letters
    return letters


def _grantable(actor: Actor, wanted: Iterable[str]) -> tuple[Permission, ...]:
    try:
        asked = {Permission(scope) for scope in wanted}
    except ValueError:
        _refuse("scopes", N_("There is no such scope."))
    if not asked:
        _refuse("scopes", N_("Choose at least one scope."))
    if beyond := asked - set(grantable(actor)):
        raise Forbidden(N_("A key cannot hold these scopes: %(scopes)s."), scopes=", ".join(sorted(beyond)))
    return tuple(scope for scope in Permission if scope in asked)


def _known(stored: Iterable[str]) -> tuple[Permission, ...]:
    names = set(stored)
    return tuple(scope for scope in Permission if scope in names)


def _words(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "by": key.created_by,
        "now": key.created_at,
        "expires": key.expires_at,
        "networks": list(key.limits.networks),
        "calls": key.limits.calls_a_minute,
        "source": key.limits.source_id,
    }


def _limits(row: Any) -> KeyLimits:
    return KeyLimits(tuple(row.allowed_networks), row.calls_a_minute, row.source_id)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _refuse(field: str, sentence: str) -> NoReturn:
    raise Invalid(sentence, fields={field: sentence})
