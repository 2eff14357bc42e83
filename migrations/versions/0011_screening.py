"""Screening: flags of leads, leads that rest in quarantine, lists of people who are not to be sold."""

from alembic import op

from tenants.rls import protect

revision = "0011"
down_revision = "0010"

TABLES = """
ALTER TABLE lead ADD COLUMN flags text[] NOT NULL DEFAULT '{}';
CREATE TABLE quarantined_lead (
  tenant_id uuid NOT NULL, id uuid NOT NULL, vertical text NOT NULL,
  lead_type text NOT NULL CONSTRAINT lead_type CHECK (lead_type IN ('consumer', 'targeted')), source_id uuid NOT NULL,
  country text NOT NULL, legal_basis text NOT NULL, consent_text_id uuid, addressee_id uuid, max_sales bigint,
  external_id text,
  origin text NOT NULL CONSTRAINT origin CHECK (origin IN ('file', 'api', 'form', 'mail', 'webhook')), origin_id uuid,
  line bigint, reasons text[] NOT NULL, sealed bytea,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('resting', 'released', 'discarded', 'expired')),
  owner_id uuid, owner_name text, lead_id uuid, rested_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
  settled_at timestamptz, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, source_id) REFERENCES source,
  FOREIGN KEY (tenant_id, consent_text_id) REFERENCES consent_text,
  FOREIGN KEY (tenant_id, addressee_id) REFERENCES addressee, FOREIGN KEY (tenant_id, lead_id) REFERENCES lead);
CREATE UNIQUE INDEX quarantined_lead_external_id ON quarantined_lead (tenant_id, external_id)
  WHERE state = 'resting' AND external_id IS NOT NULL;
CREATE INDEX quarantined_lead_resting ON quarantined_lead (tenant_id, id) WHERE state = 'resting';
CREATE INDEX quarantined_lead_due ON quarantined_lead (expires_at) WHERE state = 'resting';
CREATE INDEX quarantined_lead_origin ON quarantined_lead (tenant_id, origin_id) WHERE origin_id IS NOT NULL;
CREATE TABLE quarantine_salt (
  tenant_id uuid NOT NULL, quarantined_id uuid NOT NULL, salt bytea NOT NULL, PRIMARY KEY (tenant_id, quarantined_id));
CREATE TABLE suppression_list (
  tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, ways bigint NOT NULL DEFAULT 0,
  entries bigint NOT NULL DEFAULT 0 CONSTRAINT entries CHECK (entries >= 0), hits bigint NOT NULL DEFAULT 0,
  last_hit_at timestamptz, created_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
CREATE TABLE suppression_entry (
  tenant_id uuid NOT NULL, blind bytea NOT NULL, list_id uuid NOT NULL, PRIMARY KEY (tenant_id, blind, list_id),
  FOREIGN KEY (tenant_id, list_id) REFERENCES suppression_list);
CREATE INDEX suppression_entry_list ON suppression_entry (tenant_id, list_id);
CREATE TABLE platform_person (
  tenant_id uuid NOT NULL, blind bytea NOT NULL, lead_id uuid NOT NULL, kind text NOT NULL, vertical text NOT NULL,
  enquired_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, blind, lead_id));
CREATE INDEX platform_person_blind ON platform_person (blind);
CREATE INDEX platform_person_lead ON platform_person (tenant_id, lead_id);
"""

OWN = ("quarantined_lead", "quarantine_salt", "suppression_list", "suppression_entry",
       "platform_person")  # fmt: skip


def upgrade() -> None:
    op.execute(TABLES)
    for table in OWN:
        for rule in protect(table):
            op.execute(rule)


def downgrade() -> None:
    for table in reversed(OWN):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE lead DROP COLUMN flags")
