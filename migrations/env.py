"""Runs migrations as the `owner` role (DATABASE_OWNER_URL); the runtime role owns nothing and cannot run them."""

import os

import sqlalchemy as sa
from alembic import context

from app.models import Base

url = os.environ.get("DATABASE_OWNER_URL")
if not url:
    raise SystemExit(
        "Set DATABASE_OWNER_URL to the database's address for the role `owner`, then migrate again."
    )

engine = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args={"options": "-c lock_timeout=5000"})
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
