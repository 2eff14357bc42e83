"""What the delivery tests play with: tenants with destinations, events, and the rows that come of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from app.delivery import destinations
from app.delivery.addresses import Loopback
from app.delivery.deliver import deliver_many
from app.delivery.destinations import NewDestination, shard_of
from app.delivery.drain import Drained, drain
from app.delivery.models import SHARDS
from app.delivery.outbound import Timeouts
from app.delivery.payload import Event
from tenants import clock
from tenants.crypto import create_key
from tenants.db import platform_transaction, transaction
from tenants.ids import new_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CREATED = NOW - timedelta(days=1)
BRIEF = Timeouts(connect_seconds=1, read_seconds=1)

_TENANT = text("""
    INSERT INTO tenant (id, kind, slug, name, sort_name, country, state, time_zone, language, currency, created_at)
    VALUES (:id, 'company', :slug, 'Firm', 'firm', 'UA', 'approved', 'Europe/Kyiv', 'uk', 'EUR', :at)""")


@dataclass(frozen=True)
class Hook:
    """A webhook destination of a test."""

    tenant_id: UUID
    id: UUID
    secret: str

    @property
    def shard(self) -> int:
        return shard_of(self.id)


def make_tenant() -> UUID:
    """A company with a key."""
    tenant_id = new_id()
    with platform_transaction("prepare a test") as session:
        session.execute(_TENANT, {"id": tenant_id, "slug": tenant_id.hex, "at": CREATED})
        create_key(session, tenant_id, CREATED)
    return tenant_id


def make_hook(tenant_id: UUID, url: str, loopback: Loopback = frozenset(), **wanted: Any) -> Hook:
    """A webhook destination, a day old."""
    with clock.at(CREATED), transaction(tenant_id) as session:
        made = destinations.create(
            session, tenant_id, NewDestination("webhook", "CRM", url, **wanted), loopback
        )
        return Hook(tenant_id, made.destination.id, made.secret or "")


def events(count: int = 1, kind: str = "sale.created", at: datetime = NOW, **body: Any) -> list[Event]:
    """So many events about as many subjects."""
    return [Event(kind, new_id(), {"number": number, **body}, at) for number in range(count)]


def enqueue(tenant_id: UUID, wanted: Sequence[Event], at: datetime = NOW) -> int:
    """Commit deliveries of these events."""
    with clock.at(at), transaction(tenant_id) as session:
        return deliver_many(session, tenant_id, wanted)


def run(hook: Hook, loopback: Loopback, at: datetime = NOW, timeouts: Timeouts = BRIEF) -> Drained:
    """Drain the hook's shard at that time."""
    with clock.at(at):
        return drain(hook.shard, loopback=loopback, timeouts=timeouts)


def run_all(loopback: Loopback, at: datetime = NOW) -> None:
    """Drain every shard at that time."""
    with clock.at(at):
        for shard in range(SHARDS):
            drain(shard, loopback=loopback, timeouts=BRIEF)


def rows(query: str, **values: Any) -> list[RowMapping]:
    """Whatever a query finds, between tenants."""
    with platform_transaction("look, in a test") as session:
        return list(session.execute(text(query), values).mappings())


def change(query: str, **values: Any) -> None:
    """Change rows behind the code's back."""
    with platform_transaction("prepare a test") as session:
        session.execute(text(query), values)


def deliveries(tenant_id: UUID) -> list[RowMapping]:
    """The tenant's deliveries, in order."""
    return rows("SELECT * FROM delivery WHERE tenant_id = :tenant ORDER BY created_at, id", tenant=tenant_id)


def only(tenant_id: UUID) -> RowMapping:
    """The tenant's one delivery."""
    (found,) = deliveries(tenant_id)
    return found


def attempts(tenant_id: UUID) -> list[RowMapping]:
    """The tenant's attempts, in order."""
    return rows(
        "SELECT * FROM delivery_attempt WHERE tenant_id = :tenant ORDER BY delivery_id, number",
        tenant=tenant_id,
    )


def destination(hook: Hook) -> RowMapping:
    """The destination's row."""
    (found,) = rows(
        "SELECT * FROM destination WHERE tenant_id = :tenant AND id = :id", tenant=hook.tenant_id, id=hook.id
    )
    return found


@contextmanager
def platform() -> Iterator[Session]:
    """A platform door, for functions that want one."""
    with platform_transaction("test a platform deed") as session:
        yield session
