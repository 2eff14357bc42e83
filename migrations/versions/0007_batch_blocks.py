"""Uploads are read once into blocks of rows, which any number of workers then check."""

from alembic import op

from tenants.rls import protect

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("""
    ALTER TABLE batch DROP COLUMN bytes_read, ADD rows_total bigint, ADD rows_split bigint NOT NULL DEFAULT 0,
      ADD blocks_split bigint NOT NULL DEFAULT 0, ADD reading bigint NOT NULL DEFAULT 0, ADD read_lease_until timestamptz,
      ADD next_block bigint NOT NULL DEFAULT 0, ADD warned bigint NOT NULL DEFAULT 0,
      ADD quarantined bigint NOT NULL DEFAULT 0, ADD warnings jsonb NOT NULL DEFAULT '[]'
    """)
    op.execute("""
    ALTER TABLE batch RENAME COLUMN dialect TO layout;
    ALTER TABLE batch ADD wishes jsonb NOT NULL DEFAULT '{}', ADD detected bytea, ADD failure_told jsonb;
    UPDATE batch SET layout = jsonb_build_object('kind', 'csv', 'packing', '', 'encoding', layout->'encoding',
      'delimiter', layout->'delimiter', 'quotechar', layout->'quotechar', 'sheet', '', 'sheets', '[]'::jsonb,
      'header_row', CASE WHEN (layout->>'has_header')::boolean THEN (layout->>'skip_lines')::bigint + 1 ELSE 0 END,
      'header_rows', CASE WHEN (layout->>'has_header')::boolean THEN 1 ELSE 0 END, 'width', layout->'width',
      'headers', coalesce(layout->'headers', '[]'::jsonb)) WHERE NOT layout ? 'kind'
    """)
    op.execute("UPDATE batch SET rows_total = rows_read WHERE checked_at IS NOT NULL")
    op.execute("""
    CREATE TABLE batch_block (
      tenant_id uuid NOT NULL, batch_id uuid NOT NULL, number bigint NOT NULL, rows bigint NOT NULL, sealed bytea NOT NULL,
      PRIMARY KEY (tenant_id, batch_id, number), FOREIGN KEY (tenant_id, batch_id) REFERENCES batch)
    """)
    for rule in protect("batch_block"):
        op.execute(rule)
    op.execute(
        "CREATE INDEX batch_unread ON batch (created_at) WHERE rows_total IS NULL AND state IN ('received', 'mapped')"
    )


def downgrade() -> None:
    op.execute("DROP INDEX batch_unread")
    op.execute("DROP TABLE batch_block")
    op.execute("ALTER TABLE batch RENAME COLUMN layout TO dialect")
    op.execute("""
    ALTER TABLE batch DROP wishes, DROP detected, DROP failure_told, ADD bytes_read bigint NOT NULL DEFAULT 0, DROP rows_total, DROP rows_split, DROP blocks_split,
      DROP reading, DROP read_lease_until, DROP next_block, DROP warned, DROP quarantined, DROP warnings
    """)
