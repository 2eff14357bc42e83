"""What the columns of an upload hold: in which order full names are written, and how often each value stands."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("ALTER TABLE batch ADD name_orders jsonb NOT NULL DEFAULT '{}', ADD tally_sealed bytea")


def downgrade() -> None:
    op.execute("ALTER TABLE batch DROP name_orders, DROP tally_sealed")
