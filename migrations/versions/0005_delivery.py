"""Delivery: destinations, what is to be told to them, and every attempt."""

from alembic import op

from tenants.rls import protect

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE destination (
  tenant_id uuid NOT NULL, id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT kind CHECK (kind IN ('download', 'email', 'webhook')), name text NOT NULL,
  address text, secret_sealed bytea, includes_contacts boolean NOT NULL DEFAULT false, language text NOT NULL,
  event_types text[], created_at timestamptz NOT NULL, enabled boolean NOT NULL DEFAULT true, deleted_at timestamptz,
  disabled_at timestamptz, disabled_reason text, failing_since timestamptz, notified_at timestamptz,
  consecutive_failures bigint NOT NULL DEFAULT 0, open_until timestamptz, last_served_at timestamptz,
  window_from timestamptz, window_requests bigint NOT NULL DEFAULT 0, window_failures bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, id), CONSTRAINT address CHECK ((kind = 'download') = (address IS NULL)));
CREATE TABLE delivery (
  tenant_id uuid NOT NULL, id uuid NOT NULL, destination_id uuid NOT NULL, event_type text NOT NULL,
  subject_id uuid NOT NULL, body_sealed bytea,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('pending', 'sending', 'delivered', 'refused', 'dead')),
  shard bigint NOT NULL, due_at timestamptz NOT NULL, lease_until timestamptz,
  attempts bigint NOT NULL DEFAULT 0, schedule_from bigint NOT NULL DEFAULT 0, last_status bigint, last_error text,
  receiver_note text, created_at timestamptz NOT NULL, delivered_at timestamptz, PRIMARY KEY (tenant_id, id),
  CONSTRAINT told_once UNIQUE (tenant_id, destination_id, event_type, subject_id),
  FOREIGN KEY (tenant_id, destination_id) REFERENCES destination) WITH (fillfactor = 70);
CREATE INDEX delivery_claim ON delivery (shard, tenant_id, destination_id, due_at) WHERE state = 'pending';
CREATE INDEX delivery_due ON delivery (shard, due_at) WHERE state = 'pending';
CREATE INDEX delivery_lease ON delivery (shard, tenant_id, destination_id, lease_until) WHERE state = 'sending';
CREATE INDEX delivery_log ON delivery (tenant_id, destination_id, created_at);
CREATE INDEX delivery_subject ON delivery (tenant_id, subject_id);
CREATE INDEX delivery_purge ON delivery (created_at) WHERE body_sealed IS NOT NULL;
CREATE TABLE delivery_attempt (
  tenant_id uuid NOT NULL, delivery_id uuid NOT NULL, number bigint NOT NULL, at timestamptz NOT NULL, status bigint,
  result text NOT NULL CONSTRAINT result CHECK (result IN ('success', 'failure', 'error', 'skip')),
  error text, milliseconds bigint NOT NULL, PRIMARY KEY (tenant_id, delivery_id, number),
  FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery);
"""

OWN = ("destination", "delivery", "delivery_attempt")


def upgrade() -> None:
    op.execute(TABLES)
    for table in OWN:
        for rule in protect(table, app="SELECT, INSERT, UPDATE", platform="SELECT, INSERT, UPDATE"):
            op.execute(rule)
    op.execute("REVOKE UPDATE ON delivery_attempt FROM app, platform")


def downgrade() -> None:
    for table in reversed(OWN):
        op.execute(f"DROP TABLE {table}")
