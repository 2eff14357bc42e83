"""Scoring: an agency's rules by version, scores with leads and what was sold, thresholds and who is told.

Versions of rules are only ever added: a lead that was sold stays explained by the rules it was sold under.
"""

from alembic import op

from tenants.rls import protect

revision = "0012"
down_revision = "0011"

GRADE = "CONSTRAINT grade CHECK (grade IN ('A', 'B', 'C', 'D'))"
SCORED = f"""ADD score bigint CONSTRAINT score CHECK (score BETWEEN 0 AND 100),
  ADD fit bigint CONSTRAINT fit CHECK (fit BETWEEN 0 AND 100), ADD grade text {GRADE}, ADD score_version bigint"""
FROZEN = ("lead", "sale", "purchase")

TABLES = f"""
ALTER TABLE lead {SCORED}, ADD signals jsonb NOT NULL DEFAULT '{{}}';
ALTER TABLE sale {SCORED};
ALTER TABLE purchase {SCORED};
CREATE TABLE scoring_rules (
  tenant_id uuid NOT NULL, vertical text NOT NULL, version bigint NOT NULL CONSTRAINT version CHECK (version > 0),
  rules jsonb NOT NULL, created_by text NOT NULL, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, vertical, version));
CREATE TABLE scoring_draft (
  tenant_id uuid NOT NULL, vertical text NOT NULL, base bigint NOT NULL, rules jsonb NOT NULL,
  changed_by text NOT NULL, changed_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, vertical));
CREATE TABLE score_run (
  tenant_id uuid NOT NULL, vertical text NOT NULL, version bigint NOT NULL, after_id uuid NOT NULL,
  seen bigint NOT NULL DEFAULT 0, changed bigint NOT NULL DEFAULT 0, started_at timestamptz NOT NULL,
  due_at timestamptz, finished_at timestamptz, PRIMARY KEY (tenant_id, vertical));
CREATE INDEX score_run_due ON score_run (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE score_threshold (
  tenant_id uuid NOT NULL, id uuid NOT NULL, vertical text NOT NULL,
  at_least bigint NOT NULL CONSTRAINT at_least CHECK (at_least BETWEEN 1 AND 100),
  members text[] NOT NULL, has_webhook boolean NOT NULL, phones_sealed bytea, enabled boolean NOT NULL,
  created_at timestamptz NOT NULL, deleted_at timestamptz, told_at timestamptz, PRIMARY KEY (tenant_id, id));
CREATE TABLE score_passing (
  tenant_id uuid NOT NULL, threshold_id uuid NOT NULL, subject_id uuid NOT NULL, is_above boolean NOT NULL,
  rises bigint NOT NULL, score bigint NOT NULL, passed_at timestamptz NOT NULL, is_told boolean NOT NULL,
  PRIMARY KEY (tenant_id, threshold_id, subject_id),
  FOREIGN KEY (tenant_id, threshold_id) REFERENCES score_threshold) WITH (fillfactor = 80);
CREATE INDEX score_passing_waiting ON score_passing (tenant_id, threshold_id, passed_at) WHERE NOT is_told;
CREATE INDEX score_passing_subject ON score_passing (tenant_id, subject_id);
CREATE TABLE sms_gateway (
  tenant_id uuid NOT NULL, host text NOT NULL, settings_sealed bytea NOT NULL, enabled boolean NOT NULL,
  changed_at timestamptz NOT NULL, PRIMARY KEY (tenant_id));
CREATE TABLE sms (
  tenant_id uuid NOT NULL, id uuid NOT NULL, message_sealed bytea,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('pending', 'sending', 'sent', 'dead')),
  due_at timestamptz NOT NULL, lease_until timestamptz, attempts bigint NOT NULL DEFAULT 0, last_status bigint,
  last_error text, created_at timestamptz NOT NULL, sent_at timestamptz, PRIMARY KEY (tenant_id, id));
CREATE INDEX sms_due ON sms (due_at) WHERE state IN ('pending', 'sending');
"""

OWN = {"scoring_rules": "SELECT, INSERT", "scoring_draft": "SELECT, INSERT, UPDATE, DELETE",
       "score_run": "SELECT, INSERT, UPDATE", "score_threshold": "SELECT, INSERT, UPDATE",
       "score_passing": "SELECT, INSERT, UPDATE", "sms_gateway": "SELECT, INSERT, UPDATE, DELETE",
       "sms": "SELECT, INSERT, UPDATE"}  # fmt: skip


def upgrade() -> None:
    op.execute(TABLES)
    for table, grants in OWN.items():
        for rule in protect(table, app=grants, platform=grants):
            op.execute(rule)
    op.execute("GRANT UPDATE (score, fit, grade, score_version) ON lead TO app")


def downgrade() -> None:
    for table in (
        "sms",
        "sms_gateway",
        "score_passing",
        "score_threshold",
        "score_run",
        "scoring_draft",
        "scoring_rules",
    ):
        op.execute(f"DROP TABLE {table}")
    op.execute("REVOKE UPDATE (score, fit, grade, score_version) ON lead FROM app")
    op.execute("ALTER TABLE lead DROP COLUMN signals")
    for table in FROZEN:
        op.execute(f"ALTER TABLE {table} DROP score, DROP fit, DROP grade, DROP score_version")
