"""What came by a form or a connection may rest in quarantine: it says where; whence a form's lead came waits with it.

Unconfirmed submissions rest there too. Those that wait at this moment expire: only their tenant's key could move them.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = """
ALTER TABLE quarantined_lead ADD COLUMN came_sealed bytea,
  ADD CONSTRAINT only_resting_is_kept CHECK (state = 'resting' OR (sealed IS NULL AND came_sealed IS NULL));
ALTER TABLE form_submission DROP CONSTRAINT state,
  ADD CONSTRAINT state CHECK (state IN ('awaiting_confirmation', 'stored', 'duplicate', 'quarantined', 'refused',
    'undeliverable', 'expired')),
  ADD COLUMN quarantined_id uuid, ADD FOREIGN KEY (tenant_id, quarantined_id) REFERENCES quarantined_lead;
UPDATE form_submission SET state = 'expired', mail_due_at = NULL WHERE state = 'awaiting_confirmation';
ALTER TABLE form_submission DROP COLUMN salt, DROP COLUMN sealed, DROP COLUMN expires_at;
CREATE INDEX form_submission_quarantined ON form_submission (tenant_id, quarantined_id)
  WHERE quarantined_id IS NOT NULL;
ALTER TABLE received_body ADD COLUMN quarantined_id uuid,
  ADD FOREIGN KEY (tenant_id, quarantined_id) REFERENCES quarantined_lead;
CREATE INDEX received_body_quarantined ON received_body (tenant_id, quarantined_id) WHERE quarantined_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("""
    UPDATE form_submission SET state = CASE state WHEN 'quarantined' THEN 'duplicate' ELSE 'expired' END,
      mail_due_at = NULL WHERE state IN ('quarantined', 'awaiting_confirmation');
    ALTER TABLE received_body DROP COLUMN quarantined_id;
    ALTER TABLE form_submission DROP COLUMN quarantined_id, DROP CONSTRAINT state,
      ADD COLUMN salt bytea, ADD COLUMN sealed bytea, ADD COLUMN expires_at timestamptz,
      ADD CONSTRAINT state CHECK (state IN ('awaiting_confirmation', 'stored', 'duplicate', 'refused',
        'undeliverable', 'expired')),
      ADD CONSTRAINT only_waiting_is_kept CHECK (state = 'awaiting_confirmation' OR sealed IS NULL);
    CREATE INDEX form_submission_waiting ON form_submission (expires_at) WHERE state = 'awaiting_confirmation';
    ALTER TABLE quarantined_lead DROP CONSTRAINT only_resting_is_kept, DROP COLUMN came_sealed;
    """)
