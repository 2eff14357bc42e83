"""Lists of people who are not to be sold (an agency's), not to be taken (the platform's), not to be bought (a company's).

Invariants: of an entry only its keyed hash is kept (`suppression_forms`); a list counts its entries; nobody reads
another's list, and what a list refused never says which one it was; a list that is being deleted holds until its last
entry is gone, and takes nothing more.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import suppression_forms
from tenants import audit, clock, crypto
from tenants.actor import Actor
from tenants.crypto import BLIND_BYTES
from tenants.db import platform_transaction, transaction
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.jobs import SLOW, enqueue, job, sweep, wake
from tenants.language import N_
from tenants.permissions import Permission

LONGEST_NAME = 100
MOST_ENTRIES = 1_000_000
"""Entries of one upload; more are sent as several."""
_AT_ONCE = 20_000
DELETED_AT_ONCE = 20_000
"""Entries that are deleted while somebody waits; a longer list is deleted by a worker, so many at a time."""

_CREATE = text("""
INSERT INTO suppression_list (tenant_id, id, name, created_at) VALUES (:tenant, :id, :name, :now)
ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id
""")
_SEEN = (
    "SELECT id, name, entries, hits, last_hit_at, created_at, deleting_since FROM suppression_list"
    " WHERE tenant_id = :tenant"
)
_LISTED = text(_SEEN + " ORDER BY name")
_ONE = text(_SEEN + " AND id = :id")
_LOCK = text("""
SELECT id FROM suppression_list WHERE tenant_id = :tenant AND id = :id AND deleting_since IS NULL FOR UPDATE
""")
# one long value, because a list of so many short ones takes longer to send than to add
_ADD = text("""
INSERT INTO suppression_entry (tenant_id, blind, list_id)
SELECT :tenant, substring(CAST(:blinds AS bytea) FROM n FOR CAST(:width AS int)), :id
FROM generate_series(1, length(CAST(:blinds AS bytea)), CAST(:width AS int)) AS n ON CONFLICT DO NOTHING
""")
_COUNT = text("""
UPDATE suppression_list SET entries = entries + :change, ways = ways | :ways WHERE tenant_id = :tenant AND id = :id
""")
_REMOVE = text(
    "DELETE FROM suppression_entry WHERE tenant_id = :tenant AND list_id = :id AND blind = ANY(:blinds)"
)
_FILES = (
    text("""
    DELETE FROM list_piece WHERE tenant_id = :tenant AND upload_id IN (
      SELECT id FROM list_upload WHERE tenant_id = :tenant AND list_id = :id)
    """),
    text("DELETE FROM list_upload WHERE tenant_id = :tenant AND list_id = :id"),
)
_CLOSE = text("""
UPDATE suppression_list SET deleting_since = :now WHERE tenant_id = :tenant AND id = :id AND deleting_since IS NULL
RETURNING name
""")
_HOLD = text("""
SELECT id FROM suppression_list WHERE tenant_id = :tenant AND id = :id AND deleting_since IS NOT NULL FOR UPDATE
""")
_SLICE = text("""
DELETE FROM suppression_entry WHERE tenant_id = :tenant AND list_id = :id AND blind IN (
  SELECT blind FROM suppression_entry WHERE tenant_id = :tenant AND list_id = :id LIMIT :limit)
""")
_DELETE = text("DELETE FROM suppression_list WHERE tenant_id = :tenant AND id = :id")
_CLOSED = text("SELECT tenant_id, id FROM suppression_list WHERE deleting_since IS NOT NULL LIMIT 100")


class ListNameTaken(Refused):
    """The organisation has a list of this name."""

    status, code = 409, "list_name_taken"

    def __init__(self) -> None:
        sentence = N_("You have a list with this name already.")
        super().__init__(sentence, fields={"name": sentence})


class ListIsBeingDeleted(Refused):
    """Nothing can be changed about a list that is on its way out."""

    status, code = 409, "list_is_being_deleted"

    def __init__(self) -> None:
        super().__init__(N_("This list is being deleted."))


@dataclass(frozen=True, slots=True)
class SuppressionList:
    """One list: how many entries, how often one of them was met (about), and when last."""

    id: UUID
    name: str
    entries: int
    hits: int
    last_hit_at: datetime | None
    created_at: datetime
    deleting_since: datetime | None
    """Since when it is being deleted; what is still on it holds."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of entries: new on the list, on it already (or twice among them), and unreadable."""

    added: int
    known: int
    unreadable: int


def create(session: Session, actor: Actor, name: str) -> UUID:
    """Open a list. Raises `Forbidden`, `Invalid` or `ListNameTaken`."""
    actor.demand(Permission.SUPPRESSION_WRITE)
    named = name.strip()
    if not 0 < len(named) <= LONGEST_NAME:
        sentence = N_("Give the list a name of at most 100 characters.")
        raise Invalid(sentence, fields={"name": sentence})
    words = {"tenant": actor.card().id, "id": new_id(), "name": named, "now": clock.now()}
    list_id = session.execute(_CREATE, words).scalar_one_or_none()
    if list_id is None:
        raise ListNameTaken
    audit.record(session, actor, "suppression.created", "suppression_list", list_id, detail={"name": named})
    return UUID(str(list_id))


def listed(session: Session, tenant_id: UUID) -> list[SuppressionList]:
    """The organisation's lists, by name."""
    return [SuppressionList(*row) for row in session.execute(_LISTED, {"tenant": tenant_id})]


def get(session: Session, tenant_id: UUID, list_id: UUID) -> SuppressionList:
    """One list. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": list_id}).one_or_none()
    if row is None:
        raise NotFound
    return SuppressionList(*row)


def add(session: Session, actor: Actor, list_id: UUID, entries: Iterable[str]) -> Added:
    """Put phones, e-mails, `@domains` or their hashes on a list, read one after the other, a slice at a time.

    Raises `Forbidden`, `NotFound`, `ListIsBeingDeleted`, or `Invalid` beyond a million entries (then nothing was added).
    Repeating adds nothing more. Nothing is withdrawn by it: `app.market.suppress` closes what is still on offer.
    """
    words = _locked(session, actor, list_id)
    vault, country = crypto.vault(session, actor.card().id), actor.card().country
    added = read = unreadable = 0
    source = _bounded(entries)
    while part := list(islice(source, _AT_ONCE)):
        found = [
            one for one in (suppression_forms.read_entry(vault, text_, country) for text_ in part) if one
        ]
        unreadable += len(part) - len(found)
        read += len(found)
        added += put(session, words["tenant"], list_id, found)
    detail = {"added": added, "unreadable": unreadable}
    audit.record(session, actor, "suppression.added", "suppression_list", list_id, count=added, detail=detail)
    return Added(added, read - added, unreadable)


def put(session: Session, tenant_id: UUID, list_id: UUID, found: Collection[tuple[bytes, int]]) -> int:
    """Put keyed hashes, with the ways they came in, on a list that is locked; how many were not on it.

    Repeating adds nothing more.
    """
    words = {"tenant": tenant_id, "id": list_id}
    blinds = b"".join(sorted({blind for blind, _ in found}))
    added = _changed(session.execute(_ADD, {**words, "blinds": blinds, "width": BLIND_BYTES}))
    ways = 0
    for _, way in found:
        ways |= way
    session.execute(_COUNT, {**words, "change": added, "ways": ways})
    return added


def lock(session: Session, tenant_id: UUID, list_id: UUID) -> bool:
    """Hold a list until the end of the transaction: of two who change it one waits. False when it is gone or going."""
    words = {"tenant": tenant_id, "id": list_id}
    return session.execute(_LOCK, words).scalar_one_or_none() is not None


def demand_list(session: Session, actor: Actor, list_id: UUID) -> None:
    """Raises `Forbidden`, `ListIsBeingDeleted`, or `NotFound` for a list that is not the organisation's."""
    actor.demand(Permission.SUPPRESSION_WRITE)
    if get(session, actor.card().id, list_id).deleting_since:
        raise ListIsBeingDeleted


def remove(session: Session, actor: Actor, list_id: UUID, entry: str) -> int:
    """Take one entry off a list, written in any of its forms; how many hashes that were. Raises as `add`."""
    words = _locked(session, actor, list_id)
    vault = crypto.vault(session, actor.card().id)
    found = suppression_forms.read_entry(vault, entry, actor.card().country)
    if found is None:
        sentence = N_("This is no phone number, e-mail address, @domain or hash of one.")
        raise Invalid(sentence, fields={"entry": sentence})
    blinds = {found[0], *suppression_forms.every_form(vault, entry, actor.card().country)}
    gone = _changed(session.execute(_REMOVE, {**words, "blinds": sorted(blinds)}))
    session.execute(_COUNT, {**words, "change": -gone, "ways": 0})
    audit.record(session, actor, "suppression.removed", "suppression_list", list_id, count=gone)
    return gone


def delete(session: Session, actor: Actor, list_id: UUID) -> bool:
    """Delete a list with all its entries and files; a file still being read is read no further.

    A long list goes slice by slice after the commit: it takes nothing more, and what is still on it holds. False then.
    Safe to repeat. Raises `Forbidden` or `NotFound`.
    """
    actor.demand(Permission.SUPPRESSION_WRITE)
    tenant_id = actor.card().id
    words = {"tenant": tenant_id, "id": list_id, "now": clock.now()}
    name = session.execute(_CLOSE, words).scalar_one_or_none()
    if name is None:
        get(session, tenant_id, list_id)
        return False
    for statement in _FILES:
        session.execute(statement, words)
    audit.record(session, actor, "suppression.deleted", "suppression_list", list_id, detail={"name": name})
    if get(session, tenant_id, list_id).entries < DELETED_AT_ONCE and not delete_slice(
        session, tenant_id, list_id
    ):
        return True
    enqueue(session, delete_list, str(tenant_id), str(list_id))
    return False


@job(SLOW)
def delete_list(tenant_id: str, list_id: str) -> None:
    """Delete what is left of a list, woken by whoever deleted it or by the sweep."""
    is_left = True
    while is_left:
        with transaction(UUID(tenant_id)) as session:
            is_left = delete_slice(session, UUID(tenant_id), UUID(list_id))


def delete_slice(session: Session, tenant_id: UUID, list_id: UUID) -> bool:
    """Delete some entries of a list that is being deleted, and the list after the last; whether any are left."""
    words = {"tenant": tenant_id, "id": list_id, "limit": DELETED_AT_ONCE}
    if session.execute(_HOLD, words).scalar_one_or_none() is None:
        return False
    # a file may have come in while the list was closed
    for statement in _FILES:
        session.execute(statement, words)
    gone = _changed(session.execute(_SLICE, words))
    if gone < DELETED_AT_ONCE:
        session.execute(_DELETE, words)
        return False
    session.execute(_COUNT, {**words, "change": -gone, "ways": 0})
    return True


@sweep(every_seconds=60)
def wake_deletions(now: datetime) -> None:
    """Wake the deletions whose worker died or was never woken."""
    with platform_transaction(
        "suppression lists: those of all organisations that are being deleted"
    ) as session:
        closed = session.execute(_CLOSED).all()
    for tenant_id, list_id in closed:
        wake(delete_list, str(tenant_id), str(list_id))


def _locked(session: Session, actor: Actor, list_id: UUID) -> dict[str, Any]:
    demand_list(session, actor, list_id)
    if not lock(session, actor.card().id, list_id):
        raise ListIsBeingDeleted
    return {"tenant": actor.card().id, "id": list_id}


def _bounded(entries: Iterable[str]) -> Iterator[str]:
    for number, one in enumerate(entries):
        if number >= MOST_ENTRIES:
            raise Invalid(
                N_("A list is sent with at most 1,000,000 entries at once."),
                fields={"file": N_("At most 1,000,000 entries at once.")},
            )
        yield one


def _changed(result: Any) -> int:
    return int(result.rowcount)
