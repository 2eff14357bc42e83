"""A long suppression list is deleted by a worker: since when."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("ALTER TABLE suppression_list ADD deleting_since timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE suppression_list DROP deleting_since")
