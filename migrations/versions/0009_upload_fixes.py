"""What a person decided about an upload: how it is read, values for all rows, fixes of many rows, rows corrected."""

from alembic import op

from tenants.rls import protect

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("""
    ALTER TABLE batch ADD constants_sealed bytea, ADD fixes_sealed bytea, ADD noticed_sealed bytea,
      ADD corrected bigint NOT NULL DEFAULT 0
    """)
    op.execute("""
    CREATE TABLE batch_correction (
      tenant_id uuid NOT NULL, batch_id uuid NOT NULL, line bigint NOT NULL, row_sealed bytea NOT NULL,
      PRIMARY KEY (tenant_id, batch_id, line), FOREIGN KEY (tenant_id, batch_id) REFERENCES batch)
    """)
    for rule in protect("batch_correction"):
        op.execute(rule)


def downgrade() -> None:
    op.execute("DROP TABLE batch_correction")
    op.execute(
        "ALTER TABLE batch DROP constants_sealed, DROP fixes_sealed, DROP noticed_sealed, DROP corrected"
    )
