"""An agency's sources: the channels its leads come from, under its own names, and what each cost by month.

Invariants: a source is never deleted, only archived, because leads and reports refer to it; buyers see its channel and
public label, never its name or its spend.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.channels import CHANNELS
from billing.money import demand_currency
from tenants import audit, clock
from tenants.actor import Actor
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

LONGEST_NAME = 100
MOST_SPENT_MINOR = 10**12


class SourceNameTaken(Refused):
    """Another source of this agency has this name."""

    status, code = 409, "source_name_taken"

    def __init__(self) -> None:
        super().__init__(N_("You have a source with this name already."))


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source as its agency describes it; the public label is what buyers may read beside the channel."""

    name: str
    channel: str
    public_label: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as its agency sees it."""

    id: UUID
    name: str
    channel: str
    public_label: str
    created_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Spend:
    """What a source cost in one month (`month_on` is its first day), in minor units."""

    month_on: date
    amount_minor: int
    currency: str


_CREATE = text("""
INSERT INTO source (tenant_id, id, name, channel, public_label, created_at)
VALUES (:tenant, :id, :name, :channel, :label, :now) ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id
""")
_RENAME = text("""
UPDATE source SET name = :name, channel = :channel, public_label = :label
WHERE tenant_id = :tenant AND id = :id RETURNING id
""")
_NAMED = text("SELECT id FROM source WHERE tenant_id = :tenant AND name = :name AND id <> :id")
_ARCHIVE = text("""
UPDATE source SET archived_at = CASE WHEN :archived THEN coalesce(archived_at, :now) END
WHERE tenant_id = :tenant AND id = :id RETURNING id
""")
_SPEND = text("""
INSERT INTO source_spend (tenant_id, source_id, month, amount_minor, currency)
SELECT tenant_id, id, :month, :amount, :currency FROM source WHERE tenant_id = :tenant AND id = :id
ON CONFLICT (tenant_id, source_id, month) DO UPDATE SET amount_minor = excluded.amount_minor, currency = excluded.currency
RETURNING source_id
""")
_LISTED = text("""
SELECT id, name, channel, public_label, created_at, archived_at FROM source
WHERE tenant_id = :tenant AND (CAST(:id AS uuid) IS NULL OR id = :id) AND (:with_archived OR archived_at IS NULL)
ORDER BY archived_at IS NOT NULL, name
""")
_SPENDS = text("""
SELECT month, amount_minor, currency FROM source_spend WHERE tenant_id = :tenant AND source_id = :id
ORDER BY month DESC LIMIT :limit
""")


def create(session: Session, actor: Actor, wanted: NewSource) -> UUID:
    """Open a source; gives its id. Raises `Invalid` or `SourceNameTaken`."""
    read = _read(wanted)
    source_id = new_id()
    words = {"tenant": actor.card().id, "id": source_id, "now": clock.now(), **read}
    if session.execute(_CREATE, words).one_or_none() is None:
        raise SourceNameTaken
    audit.record(session, actor, "source.created", "source", source_id, detail=read)
    return source_id


def rename(session: Session, actor: Actor, source_id: UUID, wanted: NewSource) -> None:
    """Describe a source anew; listings made before keep the label they were listed with.

    Raises `Invalid`, `NotFound` or `SourceNameTaken`.
    """
    words = {"tenant": actor.card().id, "id": source_id, **_read(wanted)}
    if session.execute(_NAMED, words).one_or_none():
        raise SourceNameTaken
    if session.execute(_RENAME, words).one_or_none() is None:
        raise NotFound
    audit.record(session, actor, "source.renamed", "source", source_id, detail={"name": words["name"]})


def archive(session: Session, actor: Actor, source_id: UUID, *, is_archived: bool = True) -> None:
    """Take a source out of use, or back into it; its leads stay on sale. Safe to repeat. Raises `NotFound`."""
    words = {"tenant": actor.card().id, "id": source_id, "archived": is_archived, "now": clock.now()}
    if session.execute(_ARCHIVE, words).one_or_none() is None:
        raise NotFound
    deed = "source.archived" if is_archived else "source.restored"
    audit.record(session, actor, deed, "source", source_id)


def record_spend(session: Session, actor: Actor, source_id: UUID, spend: Spend) -> None:
    """Say what a source cost in a month; said again, the new amount stands instead of the old.

    Raises `Invalid`, `NotFound` or `billing.money.CurrencyNotSupported`.
    """
    if spend.month_on.day != 1:
        raise Invalid(N_("A month is named by its first day."), fields={"month": "first_day"})
    if not 0 <= spend.amount_minor <= MOST_SPENT_MINOR:
        raise Invalid(N_("The amount cannot be negative or absurdly large."), fields={"amount": "range"})
    words = {
        "tenant": actor.card().id,
        "id": source_id,
        "month": spend.month_on,
        "amount": spend.amount_minor,
        "currency": demand_currency(spend.currency),
    }
    if session.execute(_SPEND, words).one_or_none() is None:
        raise NotFound
    detail = {"month": spend.month_on.isoformat(), "amount_minor": spend.amount_minor}
    audit.record(session, actor, "source.spend_recorded", "source", source_id, detail=detail)


def listed(session: Session, tenant_id: UUID, *, has_archived: bool = False) -> list[Source]:
    """The agency's sources by name, those in use first."""
    rows = session.execute(_LISTED, {"tenant": tenant_id, "id": None, "with_archived": has_archived})
    return [Source(*row) for row in rows]


def get(session: Session, tenant_id: UUID, source_id: UUID) -> Source:
    """One source. Raises `NotFound`."""
    row = session.execute(
        _LISTED, {"tenant": tenant_id, "id": source_id, "with_archived": True}
    ).one_or_none()
    if row is None:
        raise NotFound
    return Source(*row)


def spends(session: Session, tenant_id: UUID, source_id: UUID, *, limit: int = 24) -> list[Spend]:
    """What the source cost, by month, newest first."""
    rows = session.execute(_SPENDS, {"tenant": tenant_id, "id": source_id, "limit": limit})
    return [Spend(*row) for row in rows]


def _read(wanted: NewSource) -> dict[str, str]:
    name, label = wanted.name.strip(), wanted.public_label.strip()
    fields: dict[str, str] = {}
    if not 0 < len(name) <= LONGEST_NAME:
        fields["name"] = N_("Give the source a name of at most 100 characters.")
    if len(label) > LONGEST_NAME:
        fields["public_label"] = N_("The public label can have at most 100 characters.")
    if wanted.channel not in CHANNELS:
        fields["channel"] = N_("Choose a channel from the list.")
    if fields:
        raise Invalid(next(iter(fields.values())), fields=fields)
    return {"name": name, "channel": wanted.channel, "label": label}
