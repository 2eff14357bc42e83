"""A batch can be held back from the market as a whole: while it is prepared, paused, or being taken back."""

from alembic import op

from tenants.rls import protect_public

revision = "0008"
down_revision = "0007"

STATES = ("received", "mapped", "checking", "checked", "staging", "staged", "publishing", "published", "paused", "undone",
          "failed", "cancelled")  # fmt: skip
BEFORE = (
    "received",
    "mapped",
    "checking",
    "checked",
    "publishing",
    "published",
    "undone",
    "failed",
    "cancelled",
)


def upgrade() -> None:
    op.execute("""
    CREATE TABLE held_batch (
      batch_id uuid PRIMARY KEY, agency_id uuid NOT NULL, held_at timestamptz NOT NULL,
      reason text NOT NULL CONSTRAINT reason CHECK (reason IN ('staged', 'paused', 'undone')),
      FOREIGN KEY (agency_id, batch_id) REFERENCES batch)
    """)
    for rule in protect_public("held_batch", owned_by="agency_id"):
        op.execute(rule)
    for table, batch in (("listing", "(agency_id, batch_id)"), ("reserved_lead", "(agency_id, batch_id)")):
        op.execute(f"ALTER TABLE {table} ADD batch_id uuid, ADD FOREIGN KEY {batch} REFERENCES batch")
    # what is prepared for a batch goes with its leads
    op.execute("""
    ALTER TABLE listing DROP CONSTRAINT listing_agency_id_lead_id_lead_type_max_sales_fkey,
      ADD FOREIGN KEY (agency_id, lead_id, lead_type, max_sales) REFERENCES lead (tenant_id, id, type, max_sales)
      ON DELETE CASCADE;
    ALTER TABLE reserved_lead ADD FOREIGN KEY (agency_id, lead_id) REFERENCES lead ON DELETE CASCADE
    """)
    # nobody but its agency sees what is held, whoever forgets to ask
    op.execute("""
    CREATE POLICY listing_not_held ON listing AS RESTRICTIVE FOR SELECT TO app USING (
      batch_id IS NULL OR agency_id = current_tenant()
      OR NOT EXISTS (SELECT FROM held_batch h WHERE h.batch_id = listing.batch_id));
    CREATE POLICY reserved_lead_not_held ON reserved_lead AS RESTRICTIVE FOR SELECT TO app USING (
      batch_id IS NULL OR NOT EXISTS (SELECT FROM held_batch h WHERE h.batch_id = reserved_lead.batch_id))
    """)
    _states(STATES)
    op.execute("ALTER TABLE batch ADD staged bigint NOT NULL DEFAULT 0, ADD staged_to uuid")
    op.execute("DROP INDEX batch_due, lead_batch")
    op.execute("CREATE INDEX batch_due ON batch (due_at) WHERE due_at IS NOT NULL")
    op.execute("CREATE INDEX lead_batch ON lead (tenant_id, batch_id, id) WHERE batch_id IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX batch_due, lead_batch")
    op.execute("CREATE INDEX batch_due ON batch (due_at) WHERE state IN ('checking', 'publishing')")
    op.execute("CREATE INDEX lead_batch ON lead (tenant_id, batch_id) WHERE batch_id IS NOT NULL")
    op.execute("ALTER TABLE batch DROP staged, DROP staged_to")
    _states(BEFORE)
    op.execute("DROP POLICY listing_not_held ON listing")
    op.execute("DROP POLICY reserved_lead_not_held ON reserved_lead")
    op.execute(
        "ALTER TABLE reserved_lead DROP CONSTRAINT reserved_lead_agency_id_lead_id_fkey, DROP batch_id"
    )
    op.execute("""
    ALTER TABLE listing DROP CONSTRAINT listing_agency_id_lead_id_lead_type_max_sales_fkey, DROP batch_id,
      ADD FOREIGN KEY (agency_id, lead_id, lead_type, max_sales) REFERENCES lead (tenant_id, id, type, max_sales)
    """)
    op.execute("DROP TABLE held_batch")


def _states(allowed: tuple[str, ...]) -> None:
    named = ", ".join(f"'{one}'" for one in allowed)
    op.execute(f"ALTER TABLE batch DROP CONSTRAINT state, ADD CONSTRAINT state CHECK (state IN ({named}))")
