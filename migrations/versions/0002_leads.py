"""Leads: sources, consent texts, addressees, batches, the leads themselves and their secrets."""

from alembic import op

from tenants.rls import protect

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE source (
  tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, channel text NOT NULL, public_label text NOT NULL,
  created_at timestamptz NOT NULL, archived_at timestamptz, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
CREATE TABLE source_spend (
  tenant_id uuid NOT NULL, source_id uuid NOT NULL, month date NOT NULL,
  amount_minor bigint NOT NULL CONSTRAINT amount CHECK (amount_minor >= 0), currency text NOT NULL,
  PRIMARY KEY (tenant_id, source_id, month), FOREIGN KEY (tenant_id, source_id) REFERENCES source);
CREATE TABLE price (
  tenant_id uuid NOT NULL, source_id uuid NOT NULL, vertical text NOT NULL, currency text NOT NULL,
  shared_minor bigint CONSTRAINT shared CHECK (shared_minor > 0),
  exclusive_minor bigint CONSTRAINT exclusive CHECK (exclusive_minor > 0),
  reserved_minor bigint CONSTRAINT reserved CHECK (reserved_minor > 0),
  call_minor bigint CONSTRAINT call CHECK (call_minor > 0),
  consultation_minor bigint CONSTRAINT consultation CHECK (consultation_minor > 0),
  purchase_minor bigint CONSTRAINT purchase CHECK (purchase_minor > 0), updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, source_id, vertical), FOREIGN KEY (tenant_id, source_id) REFERENCES source);
CREATE TABLE ppa_allowance (
  tenant_id uuid NOT NULL, company_id uuid NOT NULL, company_name text NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, company_id));
CREATE TABLE consent_text (
  tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, version bigint NOT NULL, language text NOT NULL,
  body text NOT NULL, recipients text NOT NULL,
  max_recipients bigint NOT NULL CONSTRAINT max_recipients CHECK (max_recipients > 0),
  created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name, version));
CREATE TABLE addressee (
  tenant_id uuid NOT NULL, id uuid NOT NULL, legal_name text NOT NULL, country text NOT NULL, domain text NOT NULL,
  contact_email text NOT NULL, company_id uuid, invite_hash bytea UNIQUE, invited_at timestamptz,
  accepted_at timestamptz, linked_at timestamptz, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, domain, legal_name));
CREATE INDEX addressee_company ON addressee (company_id);
CREATE TABLE batch (
  tenant_id uuid NOT NULL, id uuid NOT NULL, file_name text NOT NULL, file_hash bytea NOT NULL,
  file_bytes bigint NOT NULL, vertical text NOT NULL, vertical_version bigint NOT NULL,
  lead_type text NOT NULL CONSTRAINT lead_type CHECK (lead_type IN ('consumer', 'targeted')),
  source_id uuid NOT NULL, country text NOT NULL, legal_basis text NOT NULL, consent_text_id uuid, addressee_id uuid,
  max_sales bigint NOT NULL, dialect jsonb NOT NULL, headers jsonb NOT NULL, samples_sealed bytea NOT NULL,
  mapping jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL CONSTRAINT state CHECK (state IN ('received', 'mapped', 'checking', 'checked', 'publishing',
    'published', 'undone', 'failed', 'cancelled')),
  rows_read bigint NOT NULL DEFAULT 0, accepted bigint NOT NULL DEFAULT 0, rejected bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0, bytes_read bigint NOT NULL DEFAULT 0, failure text,
  created_by uuid, created_at timestamptz NOT NULL, due_at timestamptz, lease_until timestamptz,
  checking_at timestamptz, checked_at timestamptz, published_at timestamptz, undone_at timestamptz,
  PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, source_id) REFERENCES source,
  FOREIGN KEY (tenant_id, consent_text_id) REFERENCES consent_text,
  FOREIGN KEY (tenant_id, addressee_id) REFERENCES addressee);
CREATE INDEX batch_due ON batch (due_at) WHERE state IN ('checking', 'publishing');
CREATE TABLE batch_chunk (
  tenant_id uuid NOT NULL, batch_id uuid NOT NULL, number bigint NOT NULL, sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, batch_id, number), FOREIGN KEY (tenant_id, batch_id) REFERENCES batch);
CREATE TABLE batch_problem (
  tenant_id uuid NOT NULL, batch_id uuid NOT NULL, line bigint NOT NULL,
  kind text NOT NULL CONSTRAINT kind CHECK (kind IN ('rejected', 'duplicate')), code text NOT NULL,
  column_name text, params jsonb NOT NULL DEFAULT '{}', row_sealed bytea NOT NULL,
  PRIMARY KEY (tenant_id, batch_id, line), FOREIGN KEY (tenant_id, batch_id) REFERENCES batch);
CREATE TABLE lead (
  tenant_id uuid NOT NULL, id uuid NOT NULL,
  type text NOT NULL CONSTRAINT type CHECK (type IN ('consumer', 'targeted')),
  max_sales bigint NOT NULL CONSTRAINT max_sales CHECK (max_sales BETWEEN 1 AND 50),
  vertical text NOT NULL, vertical_version bigint NOT NULL, source_id uuid NOT NULL, sub_id text NOT NULL DEFAULT '',
  external_id text, batch_id uuid, addressee_id uuid,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('draft', 'offered', 'paused', 'sold_out', 'expired',
    'withdrawn', 'erased')),
  enquired_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, created_at timestamptz NOT NULL,
  country text NOT NULL, region text NOT NULL DEFAULT '', language text NOT NULL DEFAULT '',
  legal_basis text NOT NULL
    CONSTRAINT legal_basis CHECK (legal_basis IN ('consent', 'requested_contact', 'legitimate_interest')),
  consent_text_id uuid, consent_at timestamptz, consent_origin text NOT NULL DEFAULT '',
  claimed_temperature text, temperature text NOT NULL, stage text NOT NULL, bant text NOT NULL,
  facts jsonb NOT NULL, preview jsonb NOT NULL, sealed bytea, contact_count bigint NOT NULL, sold_count bigint NOT NULL DEFAULT 0,
  withdrawn_at timestamptz, withdrawn_for text,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, id, type, max_sales),
  CONSTRAINT targeted_is_sold_once CHECK (type = 'consumer' OR max_sales = 1),
  CONSTRAINT targeted_has_addressee CHECK ((type = 'targeted') = (addressee_id IS NOT NULL)),
  FOREIGN KEY (tenant_id, source_id) REFERENCES source,
  FOREIGN KEY (tenant_id, consent_text_id) REFERENCES consent_text,
  FOREIGN KEY (tenant_id, addressee_id) REFERENCES addressee, FOREIGN KEY (tenant_id, batch_id) REFERENCES batch)
  WITH (fillfactor = 80);
CREATE UNIQUE INDEX lead_external_id ON lead (tenant_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX lead_batch ON lead (tenant_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX lead_recent ON lead (tenant_id, created_at, id);
CREATE INDEX lead_expiry ON lead (expires_at) WHERE state IN ('offered', 'paused');
CREATE TABLE lead_salt (
  tenant_id uuid NOT NULL, lead_id uuid NOT NULL, salt bytea NOT NULL, PRIMARY KEY (tenant_id, lead_id));
CREATE TABLE lead_person (
  tenant_id uuid NOT NULL, blind bytea NOT NULL, lead_id uuid NOT NULL, PRIMARY KEY (tenant_id, blind, lead_id));
CREATE INDEX lead_person_lead ON lead_person (tenant_id, lead_id);
"""

OWN = ("source", "source_spend", "price", "ppa_allowance", "consent_text", "addressee", "batch", "batch_chunk",
       "batch_problem", "lead", "lead_salt", "lead_person")  # fmt: skip


def upgrade() -> None:
    op.execute(TABLES)
    for table in OWN:
        for rule in protect(table):
            op.execute(rule)
    # The type of a lead is immutable, and so is what was agreed about how often it may be sold.
    op.execute("REVOKE UPDATE ON lead FROM app")
    op.execute(
        "GRANT UPDATE (state, expires_at, sold_count, withdrawn_at, withdrawn_for, sealed, sub_id) ON lead TO app"
    )
    op.execute("REVOKE UPDATE, DELETE ON consent_text FROM app, platform")


def downgrade() -> None:
    for table in reversed(OWN):
        op.execute(f"DROP TABLE {table}")
