"""Outcomes: what became of a sold lead, told by its buyer, and the actions that bill.

The company's outcome keeps value and note; the agency's copy of it is type and time only.
"""

from alembic import op

from tenants.rls import protect, protect_pair

revision = "0006"
down_revision = "0005"

TYPES = "('contacted', 'call', 'consultation', 'qualified', 'purchase', 'rejected')"

TABLES = f"""
CREATE TABLE outcome (
  tenant_id uuid NOT NULL, id uuid NOT NULL, purchase_id uuid NOT NULL,
  type text NOT NULL CONSTRAINT type CHECK (type IN {TYPES}), at timestamptz NOT NULL,
  reported_at timestamptz NOT NULL, reporter text NOT NULL, external_id text, value_minor bigint, currency text,
  seconds bigint, reason text, note_sealed bytea, corrects_id uuid, is_late boolean NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, purchase_id, external_id),
  CONSTRAINT value CHECK (value_minor >= 0 AND (value_minor IS NULL) = (currency IS NULL)),
  FOREIGN KEY (tenant_id, purchase_id) REFERENCES purchase,
  FOREIGN KEY (tenant_id, corrects_id) REFERENCES outcome);
CREATE INDEX outcome_recent ON outcome (tenant_id, reported_at, id);
CREATE TABLE sale_outcome (
  tenant_id uuid NOT NULL, id uuid NOT NULL, sale_id uuid NOT NULL, type text NOT NULL, at timestamptz NOT NULL,
  reported_at timestamptz NOT NULL, corrects_id uuid, PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, sale_id) REFERENCES sale);
CREATE INDEX sale_outcome_sale ON sale_outcome (tenant_id, sale_id);
CREATE TABLE action (
  id uuid PRIMARY KEY, sale_id uuid NOT NULL, agency_id uuid NOT NULL, company_id uuid NOT NULL,
  type text NOT NULL CONSTRAINT type CHECK (type IN ('call', 'consultation', 'purchase')),
  state text NOT NULL
    CONSTRAINT state CHECK (state IN ('pending', 'confirmed', 'withdrawn', 'disputed', 'decided')),
  is_billed boolean NOT NULL DEFAULT false, claimed_by text NOT NULL
    CONSTRAINT claimed_by CHECK (claimed_by IN ('company', 'agency')),
  outcome_id uuid, evidence text NOT NULL DEFAULT '', happened_at timestamptz NOT NULL,
  reported_at timestamptz NOT NULL, decide_by timestamptz NOT NULL, decided_at timestamptz, decided_by text,
  reason text, net_minor bigint NOT NULL, vat_minor bigint NOT NULL, commission_minor bigint NOT NULL,
  currency text NOT NULL, captured_at timestamptz);
CREATE UNIQUE INDEX action_bills_once ON action (sale_id, type) WHERE state <> 'withdrawn';
CREATE INDEX action_due ON action (decide_by) WHERE state = 'pending';
CREATE INDEX action_agency ON action (agency_id, reported_at);
CREATE INDEX action_company ON action (company_id, reported_at);
"""


def upgrade() -> None:
    op.execute(TABLES)
    rules = [
        *protect("outcome", app="SELECT, INSERT", platform="SELECT, INSERT"),
        *protect("sale_outcome", app="SELECT", platform="SELECT, INSERT"),
        *protect_pair("action"),
    ]
    for rule in rules:
        op.execute(rule)


def downgrade() -> None:
    op.execute("DROP TABLE action, sale_outcome, outcome")
