"""Money: journals and entries, wallets, holds, top-ups, payouts, Stripe's events.

A journal says how many lines it has; the key (journal, line), the check line <= lines and the trigger
(all lines there, sum zero per currency) together leave no room for an unbalanced, empty or later extended journal.
"""

from alembic import op

from tenants.rls import protect

revision = "0004"
down_revision = "0003"

ACCOUNTS = """('wallet', 'wallet_held', 'agency_held', 'agency_due', 'agency_receivable', 'stripe_balance', 'bank',
    'commission', 'vat', 'stripe_fees')"""

TABLES = f"""
CREATE TABLE journal (
  id uuid PRIMARY KEY, kind text NOT NULL, key text NOT NULL, source_id uuid NOT NULL,
  lines bigint NOT NULL CONSTRAINT lines CHECK (lines BETWEEN 2 AND 1000), event_at timestamptz NOT NULL,
  reverses_id uuid REFERENCES journal, actor text NOT NULL, memo text NOT NULL DEFAULT '',
  posted_at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (kind, key), UNIQUE (id, lines));
CREATE INDEX journal_recent ON journal (event_at, id);
CREATE INDEX journal_source ON journal (source_id);
CREATE TABLE entry (
  journal_id uuid NOT NULL, line bigint NOT NULL, lines bigint NOT NULL, tenant_id uuid NOT NULL,
  account text NOT NULL CONSTRAINT account CHECK (account IN {ACCOUNTS}),
  amount_minor bigint NOT NULL CONSTRAINT amount CHECK (amount_minor <> 0), currency text NOT NULL,
  kind text NOT NULL, source_id uuid NOT NULL, event_at timestamptz NOT NULL,
  PRIMARY KEY (journal_id, line), CONSTRAINT line CHECK (line BETWEEN 1 AND lines),
  FOREIGN KEY (journal_id, lines) REFERENCES journal (id, lines));
CREATE INDEX entry_account ON entry (tenant_id, account, event_at, journal_id);
CREATE INDEX entry_source ON entry (source_id);
CREATE TABLE wallet (
  tenant_id uuid NOT NULL, currency text NOT NULL,
  balance_minor bigint NOT NULL DEFAULT 0 CONSTRAINT balance CHECK (balance_minor >= 0),
  held_minor bigint NOT NULL DEFAULT 0 CONSTRAINT held CHECK (held_minor >= 0),
  PRIMARY KEY (tenant_id, currency)) WITH (fillfactor = 50);
CREATE TABLE hold (
  tenant_id uuid NOT NULL, id uuid NOT NULL, currency text NOT NULL, amount_minor bigint NOT NULL,
  captured_minor bigint NOT NULL DEFAULT 0, released_minor bigint NOT NULL DEFAULT 0, created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id), CONSTRAINT amount CHECK (amount_minor > 0),
  CONSTRAINT within CHECK (captured_minor >= 0 AND released_minor >= 0
    AND captured_minor + released_minor <= amount_minor));
CREATE TABLE top_up (
  tenant_id uuid NOT NULL, id uuid NOT NULL,
  amount_minor bigint NOT NULL CONSTRAINT amount CHECK (amount_minor > 0), currency text NOT NULL,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('created', 'open', 'paid', 'expired', 'failed')),
  checkout_id text UNIQUE, checkout_url text, payment_intent_id text UNIQUE, charge_id text UNIQUE,
  fee_minor bigint, livemode boolean, created_by uuid, created_at timestamptz NOT NULL, paid_at timestamptz,
  PRIMARY KEY (tenant_id, id));
CREATE INDEX top_up_recent ON top_up (tenant_id, created_at, id);
CREATE TABLE payout (
  tenant_id uuid NOT NULL, id uuid NOT NULL,
  amount_minor bigint NOT NULL CONSTRAINT amount CHECK (amount_minor > 0), currency text NOT NULL,
  bank_reference text NOT NULL, paid_on date NOT NULL, recorded_by text NOT NULL, recorded_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (bank_reference));
CREATE TABLE stripe_event (
  id text PRIMARY KEY, type text NOT NULL, api_version text, livemode boolean NOT NULL, object_id text NOT NULL,
  payload jsonb NOT NULL, event_at timestamptz NOT NULL, received_at timestamptz NOT NULL,
  handled_at timestamptz, due_at timestamptz NOT NULL, attempts bigint NOT NULL DEFAULT 0, last_error text);
CREATE INDEX stripe_event_due ON stripe_event (due_at) WHERE handled_at IS NULL;
"""

BALANCE = """
CREATE FUNCTION journals_balance() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE wrong uuid;
BEGIN
  SELECT m.id INTO wrong FROM made m LEFT JOIN entry e ON e.journal_id = m.id
    GROUP BY m.id, m.lines HAVING count(e.line) <> m.lines LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'journal % does not have the lines it says', wrong
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_is_complete';
  END IF;
  SELECT m.id INTO wrong FROM made m JOIN entry e ON e.journal_id = m.id
    GROUP BY m.id, e.currency HAVING sum(e.amount_minor) <> 0 LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'journal % does not sum to zero', wrong
      USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_is_balanced';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION journals_balance() FROM public;
CREATE TRIGGER journals_balance AFTER INSERT ON journal REFERENCING NEW TABLE AS made
  FOR EACH STATEMENT EXECUTE FUNCTION journals_balance();
GRANT CREATE ON SCHEMA public TO platform;
ALTER FUNCTION journals_balance() OWNER TO platform;
REVOKE CREATE ON SCHEMA public FROM platform;
"""

OWN = {"entry": ("SELECT", "SELECT, INSERT"), "wallet": ("SELECT", "SELECT, INSERT, UPDATE"),
       "hold": ("SELECT", "SELECT, INSERT, UPDATE"), "top_up": ("SELECT, INSERT", "SELECT, INSERT, UPDATE"),
       "payout": ("SELECT", "SELECT, INSERT"), "stripe_event": ("", "SELECT, INSERT, UPDATE"),
       "journal": ("", "SELECT, INSERT")}  # fmt: skip
"""Table: (grants of app, grants of platform). Nobody may change or delete a journal or an entry."""


def upgrade() -> None:
    op.execute(TABLES)
    for table, (app, platform) in OWN.items():
        for rule in protect(table, app=app, platform=platform):
            op.execute(rule)
    op.execute(BALANCE)


def downgrade() -> None:
    for table in OWN:
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION journals_balance")
