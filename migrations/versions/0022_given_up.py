"""The ID of a lead whose upload was given up may be used again; an upload remembers which unpublished ones it met."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("ALTER TABLE lead ADD former_external_id text")
    op.execute("GRANT UPDATE (external_id, former_external_id) ON lead TO app")
    op.execute("ALTER TABLE batch ADD met jsonb NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    op.execute("ALTER TABLE batch DROP met")
    op.execute("REVOKE UPDATE (external_id) ON lead FROM app")
    op.execute("ALTER TABLE lead DROP former_external_id")
