"""Leads by API: limits of a key and its source; instructions by secret link; connections that other systems send to."""

from alembic import op

from tenants.rls import protect

revision = "0010"
down_revision = "0009"

KEYS = """
ALTER TABLE api_key ADD allowed_networks text[] NOT NULL DEFAULT '{}',
  ADD calls_a_minute bigint CONSTRAINT calls_a_minute CHECK (calls_a_minute > 0), ADD source_id uuid,
  ADD FOREIGN KEY (tenant_id, source_id) REFERENCES source;
GRANT SELECT (allowed_networks, calls_a_minute, source_id), UPDATE (allowed_networks, calls_a_minute)
  ON api_key TO app;
DROP FUNCTION actor_for_key(bytea, timestamptz);
"""

FACTS = """source_id uuid NOT NULL, vertical text NOT NULL,
  lead_type text NOT NULL CONSTRAINT lead_type CHECK (lead_type IN ('consumer', 'targeted')), country text NOT NULL,
  legal_basis text NOT NULL, consent_text_id uuid, addressee_id uuid, max_sales bigint"""
FACT_KEYS = """FOREIGN KEY (tenant_id, source_id) REFERENCES source,
  FOREIGN KEY (tenant_id, consent_text_id) REFERENCES consent_text,
  FOREIGN KEY (tenant_id, addressee_id) REFERENCES addressee"""

TABLES = f"""
CREATE TABLE instruction_link (
  tenant_id uuid NOT NULL, id uuid NOT NULL, {FACTS}, token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL, revoked_at timestamptz, PRIMARY KEY (tenant_id, id), {FACT_KEYS});
CREATE INDEX instruction_link_source ON instruction_link (tenant_id, source_id);
CREATE TABLE intake_connection (
  tenant_id uuid NOT NULL, id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT kind CHECK (kind IN ('generic', 'google_ads', 'meta')), name text NOT NULL, {FACTS},
  token_hash bytea NOT NULL UNIQUE, salt bytea NOT NULL, secrets_sealed bytea, paths jsonb NOT NULL DEFAULT '{{}}',
  constants jsonb NOT NULL DEFAULT '{{}}', is_draft boolean NOT NULL, created_at timestamptz NOT NULL,
  paused_at timestamptz, deleted_at timestamptz, PRIMARY KEY (tenant_id, id), {FACT_KEYS});
CREATE TABLE received_body (
  tenant_id uuid NOT NULL, id uuid NOT NULL, connection_id uuid NOT NULL, received_at timestamptz NOT NULL,
  kind text NOT NULL CONSTRAINT kind CHECK (kind IN ('json', 'form')), salt bytea, body_sealed bytea,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('pending', 'done', 'dead')), due_at timestamptz NOT NULL,
  attempts bigint NOT NULL DEFAULT 0, result text, lead_id uuid, problems jsonb NOT NULL DEFAULT '[]',
  last_error text, processed_at timestamptz, PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, connection_id) REFERENCES intake_connection);
CREATE INDEX received_body_log ON received_body (tenant_id, connection_id, received_at, id);
CREATE INDEX received_body_due ON received_body (due_at) WHERE state = 'pending';
CREATE INDEX received_body_purge ON received_body (received_at) WHERE body_sealed IS NOT NULL;
"""
CONNECTION_READS = """tenant_id, id, kind, name, source_id, vertical, lead_type, country, legal_basis,
  consent_text_id, addressee_id, max_sales, salt, secrets_sealed, paths, constants, is_draft, created_at, paused_at,
  deleted_at"""
CONNECTION_WRITES = "token_hash, secrets_sealed, paths, constants, paused_at, deleted_at"
LINK_READS = """tenant_id, id, source_id, vertical, lead_type, country, legal_basis, consent_text_id, addressee_id,
  max_sales, created_at, revoked_at"""

LOOK_UP = """
CREATE FUNCTION actor_for_key(hash bytea, at timestamptz) RETURNS TABLE ({columns})
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE api_key k SET last_used_at = at WHERE k.key_hash = hash AND k.revoked_at IS NULL
    AND (k.last_used_at IS NULL OR k.last_used_at < at - interval '1 minute');
  SELECT {values} FROM api_key k
  WHERE k.key_hash = hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > at) $$;
REVOKE ALL ON FUNCTION actor_for_key(bytea, timestamptz) FROM public;
GRANT EXECUTE ON FUNCTION actor_for_key(bytea, timestamptz) TO app;
GRANT CREATE ON SCHEMA public TO platform;
ALTER FUNCTION actor_for_key(bytea, timestamptz) OWNER TO platform;
REVOKE CREATE ON SCHEMA public FROM platform;
"""
COLUMNS = "key_id uuid, key_name text, tenant_id uuid, scopes text[]"
VALUES = "k.id, k.name, k.tenant_id, k.scopes"
LIMITS = ", allowed_networks text[], calls_a_minute bigint, source_id uuid"
LIMIT_VALUES = ", k.allowed_networks, k.calls_a_minute, k.source_id"


def upgrade() -> None:
    op.execute(KEYS)
    op.execute(TABLES)
    for rule in protect("instruction_link", app=f"SELECT ({LINK_READS}), INSERT, UPDATE (revoked_at)"):
        op.execute(rule)
    connection = f"SELECT ({CONNECTION_READS}), INSERT, UPDATE ({CONNECTION_WRITES})"
    for rule in protect("intake_connection", app=connection, platform="SELECT"):
        op.execute(rule)
    for rule in protect("received_body", app="SELECT, INSERT, UPDATE", platform="SELECT, UPDATE"):
        op.execute(rule)
    op.execute(LOOK_UP.format(columns=COLUMNS + LIMITS, values=VALUES + LIMIT_VALUES))


def downgrade() -> None:
    op.execute("DROP TABLE received_body, intake_connection, instruction_link")
    op.execute("DROP FUNCTION actor_for_key(bytea, timestamptz)")
    op.execute(LOOK_UP.format(columns=COLUMNS, values=VALUES))
    op.execute("ALTER TABLE api_key DROP allowed_networks, DROP calls_a_minute, DROP source_id")
