"""Mail as a kind of connection, told apart by a key of its own; connections that can be edited."""

from alembic import op

revision = "0016"
down_revision = "0015"

EDITED = """name, source_id, vertical, lead_type, country, legal_basis, consent_text_id, addressee_id, max_sales,
  is_draft"""

UP = f"""
ALTER TABLE intake_connection DROP CONSTRAINT kind,
  ADD CONSTRAINT kind CHECK (kind IN ('generic', 'google_ads', 'meta', 'mail'));
ALTER TABLE received_body DROP CONSTRAINT kind, ADD CONSTRAINT kind CHECK (kind IN ('json', 'form', 'mail')),
  ADD own_key text;
CREATE UNIQUE INDEX received_body_once ON received_body (tenant_id, connection_id, own_key) WHERE own_key IS NOT NULL;
GRANT UPDATE ({EDITED}) ON intake_connection TO app;
"""

DOWN = f"""
DELETE FROM received_body b USING intake_connection c
  WHERE c.tenant_id = b.tenant_id AND c.id = b.connection_id AND 'mail' IN (b.kind, c.kind);
DELETE FROM intake_connection WHERE kind = 'mail';
REVOKE UPDATE ({EDITED}) ON intake_connection FROM app;
ALTER TABLE received_body DROP own_key, DROP CONSTRAINT kind,
  ADD CONSTRAINT kind CHECK (kind IN ('json', 'form'));
ALTER TABLE intake_connection DROP CONSTRAINT kind,
  ADD CONSTRAINT kind CHECK (kind IN ('generic', 'google_ads', 'meta'));
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
