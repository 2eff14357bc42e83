"""A row released from quarantine is a lead of its upload, which counts them."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("ALTER TABLE batch ADD released bigint NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE batch DROP released")
