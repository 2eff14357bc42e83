"""A mail that holds several leads: what became of each of its rows."""

from alembic import op

from tenants.rls import protect

revision = "0021"
down_revision = "0020"

TABLE = """
CREATE TABLE received_row (
  tenant_id uuid NOT NULL, body_id uuid NOT NULL, number bigint NOT NULL, result text NOT NULL, lead_id uuid,
  quarantined_id uuid, problems jsonb NOT NULL DEFAULT '[]', PRIMARY KEY (tenant_id, body_id, number),
  FOREIGN KEY (tenant_id, body_id) REFERENCES received_body,
  FOREIGN KEY (tenant_id, quarantined_id) REFERENCES quarantined_lead);
CREATE INDEX received_row_quarantined ON received_row (tenant_id, quarantined_id) WHERE quarantined_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLE)
    for rule in protect("received_row", app="SELECT, INSERT, DELETE", platform=""):
        op.execute(rule)


def downgrade() -> None:
    op.execute("UPDATE received_body SET result = 'refused' WHERE result = 'several'")
    op.execute("DROP TABLE received_row")
