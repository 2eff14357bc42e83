"""Files of suppression lists: kept sealed until a worker has read them, with how far it is and what it refused."""

from alembic import op

from tenants.rls import protect

revision = "0020"
down_revision = "0019"

TABLES = """
CREATE TABLE list_upload (
  tenant_id uuid NOT NULL, id uuid NOT NULL, list_id uuid NOT NULL, file_name text NOT NULL, size bigint NOT NULL,
  mark bytea NOT NULL,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('reading', 'done', 'refused', 'stopped', 'failed')),
  layout jsonb, passed_over jsonb NOT NULL DEFAULT '[]', rows_total bigint, rows_read bigint NOT NULL DEFAULT 0,
  added bigint NOT NULL DEFAULT 0, known bigint NOT NULL DEFAULT 0, refused bigint NOT NULL DEFAULT 0,
  closed bigint NOT NULL DEFAULT 0, reasons jsonb NOT NULL DEFAULT '{}', first_refused jsonb NOT NULL DEFAULT '[]',
  failure text, failure_told jsonb, pace_rows bigint NOT NULL DEFAULT 0, pace_ms bigint NOT NULL DEFAULT 0,
  paced_at timestamptz, created_by text NOT NULL, created_at timestamptz NOT NULL, due_at timestamptz,
  ended_at timestamptz, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, list_id) REFERENCES suppression_list);
CREATE INDEX list_upload_list ON list_upload (tenant_id, list_id, id);
CREATE UNIQUE INDEX list_upload_reading ON list_upload (tenant_id, list_id, mark) WHERE state = 'reading';
CREATE INDEX list_upload_due ON list_upload (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE list_piece (
  tenant_id uuid NOT NULL, upload_id uuid NOT NULL, number bigint NOT NULL, sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, upload_id, number), FOREIGN KEY (tenant_id, upload_id) REFERENCES list_upload);
"""

OWN = {"list_upload": "SELECT", "list_piece": ""}


def upgrade() -> None:
    op.execute(TABLES)
    for table, platform in OWN.items():
        for rule in protect(table, platform=platform):
            op.execute(rule)


def downgrade() -> None:
    op.execute("DROP TABLE list_piece, list_upload")
