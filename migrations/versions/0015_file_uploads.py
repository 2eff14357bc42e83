"""Files that arrive slice by slice.

A slice is sealed under its upload's own id, as the pieces of a received file are: an upload is deleted, not shredded.
"""

from alembic import op

from tenants.rls import protect

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE TABLE file_upload (
  tenant_id uuid NOT NULL, id uuid NOT NULL,
  purpose text NOT NULL CONSTRAINT purpose CHECK (purpose IN ('leads')), by_id uuid NOT NULL,
  file_name text NOT NULL, mark text NOT NULL, size bigint NOT NULL, received bigint NOT NULL DEFAULT 0,
  slices bigint NOT NULL DEFAULT 0, created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, made_id uuid,
  PRIMARY KEY (tenant_id, id), CONSTRAINT received_fits CHECK (received BETWEEN 0 AND size));
CREATE INDEX file_upload_due ON file_upload (expires_at);
CREATE TABLE file_slice (
  tenant_id uuid NOT NULL, upload_id uuid NOT NULL, number bigint NOT NULL, sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, upload_id, number), FOREIGN KEY (tenant_id, upload_id) REFERENCES file_upload);
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("file_upload", "file_slice"):
        for rule in protect(table):
            op.execute(rule)


def downgrade() -> None:
    op.execute("DROP TABLE file_slice, file_upload")
