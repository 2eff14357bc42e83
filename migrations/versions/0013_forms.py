"""Hosted forms: what an agency asks on a page of its own, every published version, what came in, and how many came by.

A submission that waits for its confirmation is sealed under a salt of its own, wiped with it; where a lead came from is
sealed under the lead's own salt, so that erasing the lead erases it too.
"""

from alembic import op

from tenants.rls import protect

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE TABLE form (
  tenant_id uuid NOT NULL, id uuid NOT NULL, slug text NOT NULL UNIQUE, name text NOT NULL, source_id uuid NOT NULL,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('draft', 'published', 'paused')), version bigint,
  draft jsonb NOT NULL, is_changed boolean NOT NULL, created_at timestamptz NOT NULL, changed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name), FOREIGN KEY (tenant_id, source_id) REFERENCES source,
  CONSTRAINT published_has_version CHECK (state <> 'published' OR version IS NOT NULL));
CREATE TABLE form_version (
  tenant_id uuid NOT NULL, form_id uuid NOT NULL, version bigint NOT NULL, spec jsonb NOT NULL,
  published_at timestamptz NOT NULL, published_by text NOT NULL, PRIMARY KEY (tenant_id, form_id, version),
  FOREIGN KEY (tenant_id, form_id) REFERENCES form);
CREATE TABLE form_submission (
  tenant_id uuid NOT NULL, id uuid NOT NULL, form_id uuid NOT NULL, version bigint NOT NULL, language text NOT NULL,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('awaiting_confirmation', 'stored', 'duplicate', 'refused',
    'undeliverable', 'expired')),
  lead_id uuid, received_at timestamptz NOT NULL, confirmed_at timestamptz, expires_at timestamptz,
  mail_due_at timestamptz, mail_tries bigint NOT NULL DEFAULT 0, salt bytea, sealed bytea,
  PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, form_id, version) REFERENCES form_version,
  CONSTRAINT only_waiting_is_kept CHECK (state = 'awaiting_confirmation' OR sealed IS NULL));
CREATE INDEX form_submission_waiting ON form_submission (expires_at) WHERE state = 'awaiting_confirmation';
CREATE INDEX form_submission_mail ON form_submission (mail_due_at) WHERE mail_due_at IS NOT NULL;
CREATE INDEX form_submission_form ON form_submission (tenant_id, form_id, state);
CREATE TABLE form_count (
  tenant_id uuid NOT NULL, form_id uuid NOT NULL, day date NOT NULL, kind text NOT NULL, times bigint NOT NULL,
  PRIMARY KEY (tenant_id, form_id, day, kind), FOREIGN KEY (tenant_id, form_id) REFERENCES form);
CREATE TABLE lead_origin (
  tenant_id uuid NOT NULL, lead_id uuid NOT NULL, form_id uuid NOT NULL, version bigint NOT NULL,
  campaign jsonb NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (tenant_id, lead_id),
  FOREIGN KEY (tenant_id, lead_id) REFERENCES lead ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, form_id, version) REFERENCES form_version);
"""


def upgrade() -> None:
    op.execute(TABLES)
    rules = [
        *protect("form", app="SELECT, INSERT, UPDATE", platform="SELECT"),
        *protect("form_version", app="SELECT, INSERT", platform="SELECT"),
        *protect("form_submission", app="SELECT, INSERT, UPDATE", platform="SELECT, UPDATE"),
        *protect("form_count", app="SELECT, INSERT, UPDATE", platform=""),
        *protect("lead_origin", app="SELECT, INSERT", platform="SELECT"),
    ]
    for rule in rules:
        op.execute(rule)


def downgrade() -> None:
    op.execute("DROP TABLE lead_origin, form_count, form_submission, form_version, form")
