"""The doors: the only way to a tenant's rows, and the only place that commits.

Invariants: a session without a door raises `NoDoor`; a transaction serves one tenant (the database enforces it by
row-level security on `app.tenant`); without a tenant there are no rows. Work handed to `after_commit` runs only
once the commit has succeeded, work handed to `after_drop` only once everything has been rolled back.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Date, DateTime, Engine, MetaData, Text, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, registry

from tenants.errors import Refused

log = logging.getLogger(__name__)

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_BIND = "SELECT set_config('app.tenant', %s, true), set_config('role', %s, true)"
_ROLE = "SELECT set_config('role', %s, true)"
_PATIENCE = text("SELECT set_config('statement_timeout', :ms, true)")


class Base(DeclarativeBase):
    """Every model of every tenant's table; the database, not the model, enforces the rules."""

    registry = registry(
        type_annotation_map={
            str: Text(),
            int: BigInteger(),
            datetime: DateTime(timezone=True),
            date: Date(),
            dict[str, Any]: JSONB(),
        },
        metadata=MetaData(naming_convention=NAMING),
    )


class NoDoor(RuntimeError):
    """A session began a transaction without coming through a door: a bug, never a refusal."""


_bind: Engine | Connection | None = None


PREPARED_STATEMENTS = 1000
"""How many a connection keeps, more than the product has: planning a statement can cost more than running it."""


def use(bind: Engine | Connection) -> None:
    """Name the engine (or, in tests, the one connection) behind the doors. Called once by the composition root."""
    global _bind
    _bind = bind
    if isinstance(bind, Engine):
        os.register_at_fork(after_in_child=lambda: bind.dispose(close=False))
        event.listen(bind, "connect", _prepare_early)


def _prepare_early(connection: Any, _record: object) -> None:
    connection.prepare_threshold = 1
    connection.prepared_max = PREPARED_STATEMENTS


@event.listens_for(Session, "after_begin")
def _demand_door(session: Session, _transaction: object, connection: Connection) -> None:
    door = session.info.get("door")
    if door is None:
        raise NoDoor("open a session with tenants.db.transaction or platform_transaction")
    _tell(connection, _BIND, (door["tenant"], door["role"]))


def _tell(connection: Connection, statement: str, words: tuple[str, ...]) -> None:
    """Set what the database goes by; straight to the driver, because every request does it several times."""
    cursor = connection.connection.cursor()
    cursor.execute(statement, words)
    cursor.close()


def open_session(tenant_id: UUID | None, role: str = "none") -> Session:
    """A session behind a door, for edges that cannot hold a `with` block (the request). Others use the doors."""
    if _bind is None:
        raise NoDoor("no engine: tenants.db.use() was not called")
    session = Session(bind=_bind, join_transaction_mode="create_savepoint", expire_on_commit=False)
    session.info["door"] = {"tenant": str(tenant_id) if tenant_id else "", "role": role}
    session.info["after_commit"], session.info["after_drop"] = [], []
    return session


def bind(session: Session, tenant_id: UUID) -> None:
    """Give an open session without a tenant its tenant, once: an edge looks the caller up before it knows whom."""
    if session.info["door"]["tenant"]:
        raise NoDoor("this session serves a tenant already")
    session.info["door"]["tenant"] = str(tenant_id)
    _tell(session.connection(), _BIND, (str(tenant_id), session.info["door"]["role"]))


def keep(session: Session) -> None:
    """Commit, close, and only then start what was promised `after_commit`."""
    try:
        session.commit()
    finally:
        session.close()
    for start in session.info["after_commit"]:
        start()


def drop(session: Session) -> None:
    """Roll back and close; nothing was written, nothing promised is started but what a refusal has to remember."""
    session.info["after_commit"].clear()
    session.rollback()
    session.close()
    for start in session.info["after_drop"]:
        start()


def after_commit(session: Session, start: Callable[[], None]) -> None:
    """Start something once the transaction has been committed; never if it is rolled back."""
    session.info["after_commit"].append(start)


def after_drop(session: Session, start: Callable[[], None]) -> None:
    """Start something once the transaction has been rolled back: what is to be remembered of a refusal, by a
    transaction of its own. Never if it is committed; it must not raise."""
    session.info["after_drop"].append(start)


@contextmanager
def _door(tenant_id: UUID | None, role: str, patience_seconds: int | None) -> Iterator[Session]:
    session = open_session(tenant_id, role)
    try:
        if patience_seconds is not None:
            session.execute(_PATIENCE, {"ms": str(patience_seconds * 1000)})
        yield session
    except BaseException:
        drop(session)
        raise
    keep(session)


@contextmanager
def transaction(tenant_id: UUID, *, patience_seconds: int | None = None) -> Iterator[Session]:
    """One unit of work for one tenant, committed at the end, rolled back whole if anything raises.

    `patience_seconds` lifts the statement timeout of 10 s for jobs that move many rows.
    """
    with _door(tenant_id, "none", patience_seconds) as session:
        yield session


@contextmanager
def platform_transaction(reason: str, *, patience_seconds: int | None = None) -> Iterator[Session]:
    """A unit of work between tenants, as the `platform` role; its callers are a reviewed list with reasons."""
    log.debug("platform transaction: %s", reason)
    with _door(None, "platform", patience_seconds) as session:
        yield session


@contextmanager
def as_platform(session: Session, reason: str) -> Iterator[None]:
    """Raise the role inside the caller's open transaction and lower it again: for deeds with two sides.

    The tenant stays bound. After a database error nothing is lowered: that transaction can only be rolled back.
    """
    log.debug("as platform: %s", reason)
    before = session.info["door"]["role"]
    if before == "platform":
        yield
        return
    _tell(session.connection(), _ROLE, ("platform",))
    session.info["door"]["role"] = "platform"
    try:
        yield
    except Refused:
        _lower(session, before)
        raise
    except BaseException:
        session.info["door"]["role"] = before
        raise
    _lower(session, before)


@contextmanager
def rehearsal(session: Session) -> Iterator[None]:
    """What is done inside is undone at its end, whatever it was; what it promised for afterwards too."""
    promised, remembered = len(session.info["after_commit"]), len(session.info["after_drop"])
    tried = session.begin_nested()
    try:
        yield
    finally:
        del session.info["after_commit"][promised:]
        del session.info["after_drop"][remembered:]
        tried.rollback()


def _lower(session: Session, role: str) -> None:
    session.info["door"]["role"] = role
    _tell(session.connection(), _ROLE, (role,))
