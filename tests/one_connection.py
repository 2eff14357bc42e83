"""The doors in tests: all of them on one connection inside one transaction that is rolled back.

In production each door has its own connection, so closing one leaves nothing behind. Here a door that closes gives
the tenant and the role back to the door around it, so that no test passes because of a role left over.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session, SessionTransaction

from tenants import db

_BIND = text("SELECT set_config('app.tenant', :tenant, true), set_config('role', :role, true)")


@contextmanager
def doors_on(engine: Engine) -> Iterator[None]:
    """Every door opened inside the block shares one transaction; at the end it is rolled back.

    Fails if a door was left open: in production that connection would never return to the pool.
    """
    with engine.connect() as connection:
        everything = connection.begin()
        db.use(connection)
        try:
            with _roles_given_back(connection) as still_open:
                yield
            assert not still_open, "a door was left open"
        finally:
            everything.rollback()


@contextmanager
def _roles_given_back(connection: Connection) -> Iterator[list[Session]]:
    opened: list[Session] = []

    def begun(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            opened.append(session)

    def ended(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None and session in opened:
            opened.remove(session)
            if opened:
                connection.execute(_BIND, opened[-1].info["door"])

    event.listen(Session, "after_transaction_create", begun)
    event.listen(Session, "after_transaction_end", ended)
    try:
        yield opened
    finally:
        event.remove(Session, "after_transaction_create", begun)
        event.remove(Session, "after_transaction_end", ended)
