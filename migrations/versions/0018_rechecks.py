"""Unsold stock checked again: each re-check with what it found, the pace of a check, and who waits for its end."""

from alembic import op

from tenants.rls import protect

revision = "0018"
down_revision = "0017"

TABLES = """
CREATE TABLE recheck (
  tenant_id uuid NOT NULL, id uuid NOT NULL, scope text NOT NULL, batch_id uuid, vertical text, source_id uuid,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('checking', 'checked', 'applying', 'applied', 'cancelled',
    'failed')),
  after_id uuid NOT NULL, total bigint, seen bigint NOT NULL DEFAULT 0, done bigint NOT NULL DEFAULT 0,
  verdicts jsonb NOT NULL DEFAULT '{}', findings jsonb NOT NULL DEFAULT '[]', outcomes jsonb NOT NULL DEFAULT '{}',
  pace_rows bigint NOT NULL DEFAULT 0, pace_ms bigint NOT NULL DEFAULT 0, paced_at timestamptz, failure text,
  judged_at timestamptz NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL, due_at timestamptz,
  checked_at timestamptz, ended_at timestamptz, PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, batch_id) REFERENCES batch, FOREIGN KEY (tenant_id, source_id) REFERENCES source);
CREATE UNIQUE INDEX recheck_running ON recheck (tenant_id, scope) WHERE state IN ('checking', 'applying');
CREATE INDEX recheck_due ON recheck (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE recheck_lead (
  tenant_id uuid NOT NULL, recheck_id uuid NOT NULL, lead_id uuid NOT NULL,
  verdict text NOT NULL CONSTRAINT verdict CHECK (verdict IN ('rejected', 'duplicate', 'suppressed', 'expired',
    'waiting', 'warned')),
  codes text[] NOT NULL,
  outcome text CONSTRAINT outcome CHECK (outcome IN ('withdrawn', 'expired', 'sold', 'passed', 'gone')),
  PRIMARY KEY (tenant_id, recheck_id, lead_id), FOREIGN KEY (tenant_id, recheck_id) REFERENCES recheck);
CREATE TABLE finish_news (
  tenant_id uuid NOT NULL, subject_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT kind CHECK (kind IN ('batch', 'recheck')),
  user_id uuid NOT NULL, language text NOT NULL, asked_at timestamptz NOT NULL, seen_at timestamptz,
  PRIMARY KEY (tenant_id, subject_id));
ALTER TABLE batch ADD pace_rows bigint NOT NULL DEFAULT 0, ADD pace_ms bigint NOT NULL DEFAULT 0,
  ADD paced_at timestamptz;
"""

OWN = {
    "recheck": ("SELECT, INSERT, UPDATE", "SELECT"),
    "recheck_lead": ("SELECT, INSERT, UPDATE", "SELECT, DELETE"),
    "finish_news": ("SELECT, INSERT, UPDATE, DELETE", "SELECT, DELETE"),
}


def upgrade() -> None:
    op.execute(TABLES)
    for table, (app, platform) in OWN.items():
        for rule in protect(table, app=app, platform=platform):
            op.execute(rule)
    op.execute("GRANT UPDATE (flags) ON lead TO app")


def downgrade() -> None:
    op.execute("REVOKE UPDATE (flags) ON lead FROM app")
    op.execute("ALTER TABLE batch DROP pace_rows, DROP pace_ms, DROP paced_at")
    op.execute("DROP TABLE finish_news, recheck_lead, recheck")
