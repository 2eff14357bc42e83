"""Tenants, users and what they may do."""

from alembic import op

from tenants.rls import protect

revision = "0001"
down_revision = None

TABLES = """
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.tenant', true), '')::uuid;

CREATE TABLE tenant (
  id uuid PRIMARY KEY,
  kind text NOT NULL CONSTRAINT kind CHECK (kind IN ('agency', 'company', 'operator')),
  slug text NOT NULL UNIQUE, name text NOT NULL, sort_name text NOT NULL,
  legal_name text NOT NULL DEFAULT '', country text NOT NULL, registration_number text NOT NULL DEFAULT '',
  vat_number text NOT NULL DEFAULT '',
  state text NOT NULL CONSTRAINT state CHECK (state IN ('pending', 'approved', 'suspended')),
  terms_version text, terms_accepted_at timestamptz, approved_at timestamptz,
  time_zone text NOT NULL, language text NOT NULL, currency text NOT NULL,
  shows_name boolean NOT NULL DEFAULT false, created_at timestamptz NOT NULL);
CREATE UNIQUE INDEX one_operator ON tenant (kind) WHERE kind = 'operator';

CREATE TABLE user_account (
  id uuid PRIMARY KEY, email text NOT NULL, email_normal text NOT NULL UNIQUE, name text NOT NULL,
  password_hash text NOT NULL, language text NOT NULL, confirmed_at timestamptz, disabled_at timestamptz,
  created_at timestamptz NOT NULL);
CREATE TABLE membership (
  tenant_id uuid NOT NULL REFERENCES tenant, user_id uuid NOT NULL REFERENCES user_account,
  role text NOT NULL CONSTRAINT role CHECK (role IN ('owner', 'manager', 'agent', 'finance', 'viewer')),
  may_buy boolean NOT NULL DEFAULT false, name text NOT NULL, email text NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id));
CREATE INDEX membership_user ON membership (user_id);
CREATE TABLE invitation (
  tenant_id uuid NOT NULL REFERENCES tenant, id uuid NOT NULL, email text NOT NULL,
  role text NOT NULL CONSTRAINT role CHECK (role IN ('owner', 'manager', 'agent', 'finance', 'viewer')),
  token_hash bytea NOT NULL UNIQUE, invited_by uuid NOT NULL, created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, accepted_at timestamptz, PRIMARY KEY (tenant_id, id));
CREATE TABLE email_token (
  token_hash bytea PRIMARY KEY, user_id uuid NOT NULL REFERENCES user_account,
  purpose text NOT NULL CONSTRAINT purpose CHECK (purpose IN ('confirm', 'reset')),
  expires_at timestamptz NOT NULL, used_at timestamptz);
CREATE TABLE user_session (
  id uuid PRIMARY KEY, token_hash bytea NOT NULL UNIQUE, user_id uuid NOT NULL REFERENCES user_account,
  tenant_id uuid REFERENCES tenant, created_at timestamptz NOT NULL, seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, ended_at timestamptz, address text NOT NULL, agent text NOT NULL);
CREATE INDEX user_session_user ON user_session (user_id) WHERE ended_at IS NULL;
CREATE TABLE api_key (
  tenant_id uuid NOT NULL REFERENCES tenant, id uuid NOT NULL, name text NOT NULL, prefix text NOT NULL,
  key_hash bytea NOT NULL UNIQUE, scopes text[] NOT NULL, created_by uuid, created_at timestamptz NOT NULL,
  expires_at timestamptz, last_used_at timestamptz, revoked_at timestamptz, PRIMARY KEY (tenant_id, id));
CREATE TABLE login_failure (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email_hash bytea NOT NULL, address text NOT NULL,
  at timestamptz NOT NULL);
CREATE INDEX login_failure_email ON login_failure (email_hash, at);
CREATE INDEX login_failure_address ON login_failure (address, at);
CREATE TABLE audit (
  tenant_id uuid NOT NULL REFERENCES tenant, id uuid NOT NULL, at timestamptz NOT NULL,
  actor_kind text NOT NULL CONSTRAINT actor_kind CHECK (actor_kind IN ('user', 'key', 'system')),
  actor_id uuid, actor_name text NOT NULL, action text NOT NULL, subject_type text NOT NULL, subject_id uuid,
  count bigint NOT NULL DEFAULT 1, detail jsonb NOT NULL DEFAULT '{}', PRIMARY KEY (tenant_id, id));
CREATE TABLE idempotency (
  tenant_id uuid NOT NULL, route text NOT NULL, key text NOT NULL CONSTRAINT key_length CHECK (length(key) <= 255),
  request_hash bytea NOT NULL, response jsonb, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, route, key));
CREATE TABLE tenant_key (
  tenant_id uuid PRIMARY KEY REFERENCES tenant, wrapped bytea NOT NULL, version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL);
CREATE TABLE mail (
  id uuid PRIMARY KEY, tenant_id uuid, to_address text NOT NULL, subject text NOT NULL, body text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CONSTRAINT state CHECK (state IN ('pending', 'sending', 'sent', 'dead')),
  due_at timestamptz NOT NULL, lease_until timestamptz, attempts bigint NOT NULL DEFAULT 0, last_error text,
  created_at timestamptz NOT NULL, sent_at timestamptz);
CREATE INDEX mail_due ON mail (due_at) WHERE state IN ('pending', 'sending');
"""

LOOK_UPS = """
CREATE FUNCTION actor_for_session(hash bytea, at timestamptz) RETURNS TABLE (
  session_id uuid, user_id uuid, user_name text, email text, language text, tenant_id uuid, role text, may_buy boolean)
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE user_session s SET seen_at = at WHERE s.token_hash = hash AND s.seen_at < at - interval '1 minute'
    AND s.ended_at IS NULL AND s.expires_at > at AND s.seen_at > at - interval '30 minutes';
  SELECT s.id, u.id, u.name, u.email, u.language, m.tenant_id, m.role, m.may_buy
  FROM user_session s JOIN user_account u ON u.id = s.user_id
  LEFT JOIN membership m ON m.user_id = u.id AND m.tenant_id = s.tenant_id
  WHERE s.token_hash = hash AND s.ended_at IS NULL AND s.expires_at > at
    AND s.seen_at > at - interval '30 minutes' AND u.disabled_at IS NULL $$;
CREATE FUNCTION actor_for_key(hash bytea, at timestamptz) RETURNS TABLE (
  key_id uuid, key_name text, tenant_id uuid, scopes text[])
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE api_key k SET last_used_at = at WHERE k.key_hash = hash AND k.revoked_at IS NULL
    AND (k.last_used_at IS NULL OR k.last_used_at < at - interval '1 minute');
  SELECT k.id, k.name, k.tenant_id, k.scopes FROM api_key k
  WHERE k.key_hash = hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > at) $$;
REVOKE ALL ON FUNCTION actor_for_session(bytea, timestamptz), actor_for_key(bytea, timestamptz) FROM public;
GRANT EXECUTE ON FUNCTION actor_for_session(bytea, timestamptz), actor_for_key(bytea, timestamptz) TO app;
GRANT CREATE ON SCHEMA public TO platform;
ALTER FUNCTION actor_for_session(bytea, timestamptz) OWNER TO platform;
ALTER FUNCTION actor_for_key(bytea, timestamptz) OWNER TO platform;
REVOKE CREATE ON SCHEMA public FROM platform;
"""

OWN_WORDS = """name, sort_name, legal_name, country, registration_number, vat_number, terms_version,
  terms_accepted_at, time_zone, language, shows_name"""
OWNED = ("membership", "invitation", "api_key", "audit", "idempotency", "tenant_key", "mail")
PRIVATE = ("user_account", "email_token", "user_session", "login_failure")


def upgrade() -> None:
    op.execute(TABLES)
    rules = [
        *protect("tenant", owned_by="id", app=f"SELECT, UPDATE ({OWN_WORDS})"),
        *protect("membership"),
        *protect(
            "invitation",
            app="SELECT (tenant_id, id, email, role, invited_by, created_at, expires_at, accepted_at)",
        ),
        *protect(
            "api_key",
            app="SELECT (tenant_id, id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at), UPDATE (revoked_at)",
        ),
        *protect("audit", app="SELECT, INSERT", platform="SELECT, INSERT"),
        *protect("idempotency"),
        *protect("tenant_key", app="SELECT"),
        *protect("mail", app="INSERT"),
    ]
    for table in PRIVATE:
        rules += protect(table, app="")
    for rule in rules:
        op.execute(rule)
    op.execute(
        "GRANT USAGE ON SCHEMA public TO app, platform; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO platform"
    )
    op.execute(LOOK_UPS)


def downgrade() -> None:
    op.execute("DROP FUNCTION actor_for_session, actor_for_key")
    for table in (*PRIVATE[1:], *OWNED):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP TABLE user_account, tenant; DROP FUNCTION current_tenant")
