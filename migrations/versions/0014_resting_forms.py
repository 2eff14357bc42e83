"""A form's lead may rest in quarantine: its submission says where, and whence it came waits sealed beside its values."""

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
CREATE INDEX form_submission_quarantined ON form_submission (tenant_id, quarantined_id)
  WHERE quarantined_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("UPDATE form_submission SET state = 'duplicate' WHERE state = 'quarantined'")
    op.execute("""
    ALTER TABLE form_submission DROP COLUMN quarantined_id, DROP CONSTRAINT state,
      ADD CONSTRAINT state CHECK (state IN ('awaiting_confirmation', 'stored', 'duplicate', 'refused',
        'undeliverable', 'expired'));
    ALTER TABLE quarantined_lead DROP CONSTRAINT only_resting_is_kept, DROP COLUMN came_sealed;
    """)
