"""Leads on sale for the tests of the market: sealed, priced and published through the doors, without a file."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import bundle, sources
from app.market.prices import Price, allow_ppa, set_price
from app.market.publish import publish_leads
from tenants import crypto
from tenants.db import platform_transaction, transaction
from tenants.ids import new_id
from tests.world import Party

VERTICAL = "home_solar"

_LEAD = text("""
INSERT INTO lead (tenant_id, id, type, max_sales, vertical, vertical_version, source_id, state, enquired_at, expires_at,
  created_at, country, region, language, legal_basis, temperature, stage, bant, facts, preview, sealed, contact_count,
  addressee_id)
VALUES (:tenant, :id, :type, :max_sales, :vertical, 1, :source, 'draft', :at, :expires, :at, 'UA', 'UA-30', 'uk',
  :basis, 'warm', 'MQL', 'ccuu', '{}', '{"roof": "tiled"}', :sealed, 1, :addressee)
""")
_SALT = text("INSERT INTO lead_salt (tenant_id, lead_id, salt) VALUES (:tenant, :id, :salt)")


@dataclass(frozen=True)
class Wanted:
    """What to put on sale."""

    count: int = 1
    max_sales: int = 3
    price: Price = field(default=Price(shared_minor=2000, exclusive_minor=5000, reserved_minor=4000))
    addressee_id: UUID | None = None
    phone_from: int = 0


def put_on_sale(agency: Party, at: datetime, wanted: Wanted | None = None) -> list[UUID]:
    """Publish leads of different people and give their ids."""
    wanted = wanted or Wanted()
    with transaction(agency.id) as session:
        source_id = sources.create(
            session,
            agency.owner,
            sources.NewSource(name=f"Source {new_id()}", channel="organic_search", public_label="Search"),
        )
        set_price(session, agency.owner, source_id, VERTICAL, wanted.price, at)
        leads = _drafts(session, agency, source_id, at, wanted)
        publish_leads(session, agency.owner, leads, at)
    return leads


def _drafts(session: Session, agency: Party, source_id: UUID, at: datetime, wanted: Wanted) -> list[UUID]:
    vault = crypto.vault(session, agency.id)
    leads, salts = [], []
    for number in range(wanted.count):
        lead_id, salt = new_id(), crypto.new_salt()
        phone = f"+38067{wanted.phone_from + number:07d}"
        person = {"name": f"Person {number}", "role": "", "phones": [phone], "emails": [], "messengers": []}
        packed = bundle.pack(bundle.Bundle([person], {}))
        salts.append({"tenant": agency.id, "id": lead_id, "salt": salt})
        leads.append(
            {
                "tenant": agency.id,
                "id": lead_id,
                "type": "targeted" if wanted.addressee_id else "consumer",
                "max_sales": 1 if wanted.addressee_id else wanted.max_sales,
                "vertical": VERTICAL,
                "source": source_id,
                "at": at,
                "expires": at + timedelta(days=30),
                "basis": "requested_contact",
                "sealed": vault.seal(salt, lead_id, bundle.FIELD, packed),
                "addressee": wanted.addressee_id,
            }
        )
    session.execute(_LEAD, leads)
    session.execute(_SALT, salts)
    return [lead["id"] for lead in leads]


def link_addressee(agency: Party, company: Party, at: datetime) -> UUID:
    """An addressee of the agency that is already linked to the company."""
    addressee_id = new_id()
    with transaction(agency.id) as session:
        session.execute(
            text("""INSERT INTO addressee (tenant_id, id, legal_name, country, domain, contact_email, company_id,
            linked_at, created_at) VALUES (:tenant, :id, :name, 'PL', :domain, :mail, :company, :at, :at)"""),
            {
                "tenant": agency.id,
                "id": addressee_id,
                "name": f"{company.name} LLC",
                "domain": f"{company.card.slug}.test",
                "mail": f"office@{company.card.slug}.test",
                "company": company.id,
                "at": at,
            },
        )
    return addressee_id


def fill_wallet(company: Party, minor: int, at: datetime) -> None:
    """Money in the wallet as a paid top-up would put it there."""
    from billing.accounts import Account, operator_id
    from billing.ledger import Journal, Line, post

    with platform_transaction("a top-up for a test") as session:
        top_up_id = new_id()
        session.execute(
            text("""INSERT INTO top_up (tenant_id, id, amount_minor, currency, state, created_at, paid_at)
            VALUES (:tenant, :id, :minor, 'EUR', 'paid', :at, :at)"""),
            {"tenant": company.id, "id": top_up_id, "minor": minor, "at": at},
        )
        lines = (
            Line(operator_id(session), Account.STRIPE_BALANCE, minor, "EUR"),
            Line(company.id, Account.WALLET, -minor, "EUR"),
        )
        post(session, [Journal("top_up", str(top_up_id), top_up_id, at, "test", lines)])


def allow_actions(agency: Party, company: Party, at: datetime) -> None:
    """The agency lets the company buy per action."""
    with transaction(agency.id) as session:
        allow_ppa(session, agency.owner, company.card.slug, at)
