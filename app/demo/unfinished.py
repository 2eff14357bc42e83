"""Whether a demo is whole, and throwing away one that is not.

Invariant: only an installation whose operator is the demo's own, and which carries no mark of a finished demo, is ever
emptied: no real one is run by an address that cannot receive mail.
"""

from sqlalchemy import Connection, Engine, create_engine, text

from app.demo.cast import Player, script
from tenants import audit
from tenants.actor import SYSTEM
from tenants.db import transaction

FINISHED = "demo.finished"
_IS_UNFINISHED = text("""
SELECT EXISTS (SELECT FROM user_account WHERE email_normal = :email)
  AND NOT EXISTS (SELECT FROM audit WHERE action = :finished)
""")
_TABLES = text(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
)


def mark_finished(operator: Player) -> None:
    """Say that the demo is whole; the operator's audit keeps it."""
    with transaction(operator.id) as session:
        audit.record(session, SYSTEM, FINISHED, "tenant", operator.id, tenant_id=operator.id)


def throw_away(owner_url: str) -> bool:
    """Empty every table if an unfinished demo is in them, as the owner of the tables; whether there was one."""
    engine: Engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            if not _is_unfinished(connection):
                return False
            tables = ", ".join(f'"{name}"' for name in connection.execute(_TABLES).scalars())
            connection.execute(text(f"TRUNCATE {tables}"))
            return True
    finally:
        engine.dispose()


def _is_unfinished(connection: Connection) -> bool:
    words = {"email": script()["operator"]["email"], "finished": FINISHED}
    return bool(connection.execute(_IS_UNFINISHED, words).scalar_one())
