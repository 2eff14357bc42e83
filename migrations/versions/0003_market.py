"""The market: listings, reserved leads, slots, sales, purchases, returns.

A listing can only be of a consumer lead: the composite key carries the type, and the check allows no other.
"""

from alembic import op

from tenants.rls import protect, protect_pair, protect_public

revision = "0003"
down_revision = "0002"

FACTS = """vertical text NOT NULL, vertical_version bigint NOT NULL, channel text NOT NULL,
  source_label text NOT NULL, country text NOT NULL, region text NOT NULL, language text NOT NULL,
  temperature text NOT NULL, stage text NOT NULL, preview jsonb NOT NULL, enquired_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, currency text NOT NULL"""

MONEY = """net_minor bigint NOT NULL CONSTRAINT net CHECK (net_minor >= 0),
  vat_minor bigint NOT NULL CONSTRAINT vat CHECK (vat_minor >= 0), vat_bp bigint NOT NULL, vat_reason text NOT NULL,
  currency text NOT NULL, prices jsonb NOT NULL DEFAULT '{}'"""

TERMS = """terms text NOT NULL CONSTRAINT terms CHECK (terms IN ('ppl', 'ppa')),
  mode text NOT NULL CONSTRAINT mode CHECK (mode IN ('shared', 'exclusive', 'reserved')),
  state text NOT NULL CONSTRAINT state CHECK (state IN ('active', 'returned', 'held', 'part_captured', 'closed')),
  CONSTRAINT ppa_is_never_exclusive CHECK (terms = 'ppl' OR mode <> 'exclusive')"""

TABLES = f"""
CREATE TABLE listing (
  lead_id uuid PRIMARY KEY, agency_id uuid NOT NULL, agency_name text NOT NULL,
  lead_type text NOT NULL CONSTRAINT only_consumer CHECK (lead_type = 'consumer'), max_sales bigint NOT NULL,
  {FACTS}, source_id uuid NOT NULL, listed_at timestamptz NOT NULL,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('open', 'paused', 'closed')),
  slots_left bigint NOT NULL CONSTRAINT slots_left CHECK (slots_left BETWEEN 0 AND max_sales),
  shared_minor bigint, exclusive_minor bigint, call_minor bigint, consultation_minor bigint, purchase_minor bigint,
  FOREIGN KEY (agency_id, lead_id, lead_type, max_sales) REFERENCES lead (tenant_id, id, type, max_sales))
  WITH (fillfactor = 80);
CREATE INDEX listing_newest ON listing (vertical, enquired_at DESC, lead_id DESC) WHERE state = 'open';
CREATE INDEX listing_all_newest ON listing (enquired_at DESC, lead_id DESC) WHERE state = 'open';
CREATE INDEX listing_place ON listing (vertical, country, region, enquired_at DESC, lead_id DESC)
  WHERE state = 'open';
CREATE INDEX listing_cheapest ON listing (vertical, shared_minor, lead_id) WHERE state = 'open';
CREATE INDEX listing_agency ON listing (agency_id, source_id, vertical) WHERE state <> 'closed';
CREATE TABLE reserved_lead (
  tenant_id uuid NOT NULL, lead_id uuid NOT NULL, agency_id uuid NOT NULL, agency_name text NOT NULL, {FACTS},
  addressee_name text NOT NULL, price_minor bigint, call_minor bigint, consultation_minor bigint,
  purchase_minor bigint, offered_at timestamptz NOT NULL, answered_at timestamptz, decline_reason text,
  state text NOT NULL
    CONSTRAINT state CHECK (state IN ('offered', 'declined', 'bought', 'expired', 'withdrawn')),
  PRIMARY KEY (tenant_id, lead_id), UNIQUE (lead_id));
CREATE INDEX reserved_lead_expiry ON reserved_lead (expires_at) WHERE state = 'offered';
CREATE TABLE sale (
  tenant_id uuid NOT NULL, id uuid NOT NULL, lead_id uuid NOT NULL, company_id uuid NOT NULL,
  buyer_label text NOT NULL, lead_type text NOT NULL, vertical text NOT NULL, source_id uuid NOT NULL,
  source_label text NOT NULL, channel text NOT NULL, {TERMS}, {MONEY},
  commission_minor bigint NOT NULL, commission_bp bigint NOT NULL,
  temperature text NOT NULL, stage text NOT NULL, bant text NOT NULL, own_trade boolean NOT NULL,
  sold_at timestamptz NOT NULL, return_until timestamptz NOT NULL, bills_until timestamptz NOT NULL,
  report_until timestamptz NOT NULL, released_at timestamptz, PRIMARY KEY (tenant_id, id), UNIQUE (id),
  CONSTRAINT once_per_company UNIQUE (lead_id, company_id));
CREATE INDEX sale_recent ON sale (tenant_id, sold_at, id);
CREATE INDEX sale_to_release ON sale (return_until) WHERE released_at IS NULL AND state = 'active' AND terms = 'ppl';
CREATE INDEX sale_to_close ON sale (report_until) WHERE state IN ('held', 'part_captured');
CREATE TABLE slot (
  tenant_id uuid NOT NULL, lead_id uuid NOT NULL, lead_type text NOT NULL, max_sales bigint NOT NULL,
  number bigint NOT NULL, sale_id uuid NOT NULL, active boolean NOT NULL DEFAULT true,
  PRIMARY KEY (lead_id, number, sale_id), CONSTRAINT within_max_sales CHECK (number BETWEEN 1 AND max_sales),
  FOREIGN KEY (tenant_id, lead_id, lead_type, max_sales) REFERENCES lead (tenant_id, id, type, max_sales));
CREATE UNIQUE INDEX slot_sold_once ON slot (lead_id, number) WHERE active;
CREATE TABLE purchase (
  tenant_id uuid NOT NULL, id uuid NOT NULL, order_id uuid NOT NULL, lead_id uuid NOT NULL, agency_id uuid NOT NULL,
  agency_name text NOT NULL, lead_type text NOT NULL, vertical text NOT NULL, vertical_version bigint NOT NULL,
  channel text NOT NULL, source_label text NOT NULL, country text NOT NULL, region text NOT NULL,
  language text NOT NULL, temperature text NOT NULL, stage text NOT NULL, bant text NOT NULL,
  facts jsonb NOT NULL, enquired_at timestamptz NOT NULL, sealed bytea, {TERMS}, {MONEY},
  bought_at timestamptz NOT NULL, bought_by uuid, return_until timestamptz NOT NULL, bills_until timestamptz NOT NULL,
  report_until timestamptz NOT NULL, consent_withdrawn_at timestamptz, accepted_at timestamptz,
  last_outcome text, last_outcome_at timestamptz, PRIMARY KEY (tenant_id, id));
CREATE INDEX purchase_recent ON purchase (tenant_id, bought_at, id);
CREATE INDEX purchase_lead ON purchase (lead_id);
CREATE TABLE purchase_salt (
  tenant_id uuid NOT NULL, purchase_id uuid NOT NULL, salt bytea NOT NULL, PRIMARY KEY (tenant_id, purchase_id));
CREATE TABLE bought_person (
  tenant_id uuid NOT NULL, vertical text NOT NULL, blind bytea NOT NULL, purchase_id uuid NOT NULL,
  bought_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, vertical, blind, purchase_id));
CREATE TABLE basket_item (
  tenant_id uuid NOT NULL, user_id uuid NOT NULL, lead_id uuid NOT NULL, terms text NOT NULL, mode text NOT NULL,
  max_net_minor bigint NOT NULL, added_at timestamptz NOT NULL, PRIMARY KEY (tenant_id, user_id, lead_id));
CREATE TABLE return_claim (
  id uuid PRIMARY KEY, sale_id uuid NOT NULL UNIQUE, agency_id uuid NOT NULL, company_id uuid NOT NULL,
  reason text NOT NULL, note text NOT NULL,
  state text NOT NULL CONSTRAINT state CHECK (state IN ('open', 'accepted', 'refused', 'appealed', 'decided')),
  is_upheld boolean, gross_minor bigint NOT NULL, net_minor bigint NOT NULL, currency text NOT NULL,
  opened_at timestamptz NOT NULL, decide_by timestamptz NOT NULL, answered_at timestamptz, answer text,
  answered_by text, appealed_at timestamptz, appeal text, appeal_until timestamptz, settled_at timestamptz,
  CONSTRAINT settled CHECK ((state IN ('accepted', 'decided')) = (is_upheld IS NOT NULL)));
CREATE INDEX return_claim_agency ON return_claim (agency_id, opened_at);
CREATE INDEX return_claim_company ON return_claim (company_id, opened_at);
CREATE INDEX return_claim_due ON return_claim (decide_by) WHERE state = 'open';
"""

SIDES = {"sale": "SELECT", "slot": "SELECT", "purchase": "SELECT, UPDATE (accepted_at, last_outcome, last_outcome_at, stage)",
         "purchase_salt": "SELECT", "bought_person": "SELECT", "reserved_lead": "SELECT", "basket_item": "SELECT, INSERT, UPDATE, DELETE"}  # fmt: skip


def upgrade() -> None:
    op.execute(TABLES)
    rules = [*protect_public("listing", owned_by="agency_id"), *protect_pair("return_claim")]
    for table, grants in SIDES.items():
        rules += protect(table, app=grants)
    for rule in rules:
        op.execute(rule)


def downgrade() -> None:
    for table in ("return_claim", *SIDES, "listing"):
        op.execute(f"DROP TABLE {table}")
