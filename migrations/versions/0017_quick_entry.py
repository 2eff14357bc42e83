"""Quick entry: what each person chose to type in, and what became of every entry, so that none is stored twice.

An entry holds nothing that was typed: only a keyed fingerprint of it, which tells a repetition from another entry.
"""

from alembic import op

from tenants.rls import protect

revision = "0017"
down_revision = "0016"

TABLES = """
CREATE TABLE quick_choice (
  tenant_id uuid NOT NULL, person_id uuid NOT NULL, vertical text NOT NULL, lead_type text NOT NULL,
  source_id uuid NOT NULL, country text NOT NULL, legal_basis text NOT NULL, consent_text_id uuid, addressee_id uuid,
  max_sales bigint, is_offered boolean NOT NULL, asks_bant boolean NOT NULL, consent_origin text NOT NULL,
  sub_id text NOT NULL, changed_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, person_id),
  FOREIGN KEY (tenant_id, source_id) REFERENCES source,
  FOREIGN KEY (tenant_id, consent_text_id) REFERENCES consent_text,
  FOREIGN KEY (tenant_id, addressee_id) REFERENCES addressee);
CREATE TABLE quick_entry (
  tenant_id uuid NOT NULL, id uuid NOT NULL, person_id uuid NOT NULL, fingerprint bytea NOT NULL,
  result text NOT NULL CONSTRAINT result CHECK (result IN ('accepted', 'duplicate', 'quarantined')),
  lead_id uuid, quarantined_id uuid, received_at timestamptz NOT NULL, undone_at timestamptz,
  PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, lead_id) REFERENCES lead,
  FOREIGN KEY (tenant_id, quarantined_id) REFERENCES quarantined_lead);
CREATE INDEX quick_entry_person ON quick_entry (tenant_id, person_id, received_at);
"""


def upgrade() -> None:
    op.execute(TABLES)
    rules = [
        *protect("quick_choice", app="SELECT, INSERT, UPDATE", platform=""),
        *protect("quick_entry", app="SELECT, INSERT, UPDATE", platform=""),
    ]
    for rule in rules:
        op.execute(rule)


def downgrade() -> None:
    op.execute("DROP TABLE quick_entry, quick_choice")
