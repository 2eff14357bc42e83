"""Addressees: the companies an agency's targeted leads answered, as the agency knows them, and invitations to them.

Invariants: an addressee is the agency's own record, never a look-up among tenants: nobody learns here who is a
customer of Floe; an invitation says how many enquiries wait and nothing about any of them.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.countries import country_code
from app.leads.problems import Unreadable
from tenants import audit, clock, letters, mail
from tenants.actor import Actor
from tenants.email_address import read_email
from tenants.email_tokens import hash_token
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_, say

ACCEPT_PATH = "/addressee/"
LONGEST_NAME = 200
INVITE_PAUSE = timedelta(hours=24)
"""Nobody is invited more often, whatever the agency wishes."""

PUBLIC_MAILBOXES = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "gmx.com",
        "gmx.net",
        "gmx.de",
        "web.de",
        "zoho.com",
        "mail.com",
        "ukr.net",
        "i.ua",
        "meta.ua",
        "bigmir.net",
        "wp.pl",
        "o2.pl",
        "onet.pl",
        "op.pl",
        "interia.pl",
        "gazeta.pl",
        "mail.ru",
        "bk.ru",
        "list.ru",
        "inbox.ru",
        "yandex.ru",
        "yandex.com",
        "rambler.ru",
    ]
)
"""Domains at which anybody can have a mailbox: they prove nothing about a company."""

_LANGUAGE_OF = {"UA": "uk", "PL": "pl"}
_INVITED_SUBJECT = N_("%(agency)s has enquiries for %(company)s")
_INVITED = N_(
    "Hello,\n\n%(agency)s gathers enquiries of people who want to hear from %(company)s.\n"
    "Enquiries waiting for you now: %(count)s\n\n"
    "They are reserved for your company: nobody else can see or buy them. See here what is offered:\n\n%(link)s\n\n"
    "You need an approved account of your company at Floe. If you do not know %(agency)s, ignore this mail."
)


class AddresseeKnown(Refused):
    """The agency has an addressee of this domain and legal name."""

    status, code = 409, "addressee_known"

    def __init__(self) -> None:
        super().__init__(N_("You have an addressee with this name and domain already."))


class NotInvited(Refused):
    """No invitation was sent: the addressee is linked, or was invited a moment ago."""

    status, code = 409, "not_invited"


@dataclass(frozen=True, slots=True)
class NewAddressee:
    """A company as the agency knows it."""

    legal_name: str
    country: str
    domain: str
    contact_email: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """An addressee, whether it is linked to a company here, and how many of its leads are not sold yet."""

    id: UUID
    legal_name: str
    country: str
    domain: str
    contact_email: str
    company_id: UUID | None
    invited_at: datetime | None
    accepted_at: datetime | None
    linked_at: datetime | None
    created_at: datetime
    waiting_count: int

    @property
    def state(self) -> str:
        """known → invited → accepted (the domain is still to be confirmed) → linked."""
        if self.linked_at:
            return "linked"
        if self.accepted_at:
            return "accepted"
        return "invited" if self.invited_at else "known"


_CREATE = text("""
INSERT INTO addressee (tenant_id, id, legal_name, country, domain, contact_email, created_at)
VALUES (:tenant, :id, :legal_name, :country, :domain, :contact_email, :now)
ON CONFLICT (tenant_id, domain, legal_name) DO NOTHING RETURNING id
""")
_LISTED = text("""
SELECT a.id, a.legal_name, a.country, a.domain, a.contact_email, a.company_id, a.invited_at, a.accepted_at, a.linked_at,
  a.created_at, coalesce(w.waiting, 0)
FROM addressee a LEFT JOIN (
  SELECT addressee_id, count(*) AS waiting FROM lead
  WHERE tenant_id = :tenant AND addressee_id IS NOT NULL AND state IN ('draft', 'offered', 'paused')
    AND (CAST(:id AS uuid) IS NULL OR addressee_id = :id)
  GROUP BY addressee_id) w ON w.addressee_id = a.id
WHERE a.tenant_id = :tenant AND (CAST(:id AS uuid) IS NULL OR a.id = :id) ORDER BY a.legal_name, a.id
""")
_NAMED = text("SELECT id, legal_name, domain FROM addressee WHERE tenant_id = :tenant")
_INVITE = text("""
UPDATE addressee SET invite_hash = :hash, invited_at = :now
WHERE tenant_id = :tenant AND id = :id AND accepted_at IS NULL AND linked_at IS NULL
  AND (invited_at IS NULL OR invited_at <= :recent) RETURNING id
""")


def create(session: Session, actor: Actor, wanted: NewAddressee) -> UUID:
    """Keep a company that leads answered; nobody is told. Raises `Invalid` or `AddresseeKnown`."""
    words = _read(wanted)
    addressee_id = new_id()
    row = {"tenant": actor.card().id, "id": addressee_id, "now": clock.now(), **words}
    if session.execute(_CREATE, row).one_or_none() is None:
        raise AddresseeKnown
    audit.record(session, actor, "addressee.created", "addressee", addressee_id, detail=words)
    return addressee_id


def listed(session: Session, tenant_id: UUID) -> list[Addressee]:
    """The agency's addressees by name."""
    return [Addressee(*row) for row in session.execute(_LISTED, {"tenant": tenant_id, "id": None})]


def get(session: Session, tenant_id: UUID, addressee_id: UUID) -> Addressee:
    """One addressee. Raises `NotFound`."""
    row = session.execute(_LISTED, {"tenant": tenant_id, "id": addressee_id}).one_or_none()
    if row is None:
        raise NotFound
    return Addressee(*row)


def by_words(session: Session, tenant_id: UUID) -> dict[str, UUID]:
    """What a file may write in its addressee column (id, domain, legal name; lower case) → which one is meant.

    A domain or name that two addressees share names neither.
    """
    found: dict[str, set[UUID]] = {}
    for row in session.execute(_NAMED, {"tenant": tenant_id}):
        for word in (str(row.id), row.domain, row.legal_name):
            found.setdefault(word.casefold(), set()).add(row.id)
    return {word: next(iter(ids)) for word, ids in found.items() if len(ids) == 1}


def invite(session: Session, actor: Actor, addressee_id: UUID) -> None:
    """Mail the addressee a link and the number of enquiries that wait, no more; an earlier link stops working.

    Raises `NotFound`, or `NotInvited` when it has accepted or was invited within the last 24 hours.
    """
    card = actor.card()
    addressee = get(session, card.id, addressee_id)
    if addressee.state in {"accepted", "linked"}:
        raise NotInvited(N_("This company has accepted already."))
    now, token = clock.now(), secrets.token_urlsafe(32)
    words = {"tenant": card.id, "id": addressee_id, "hash": hash_token(token), "now": now}
    if session.execute(_INVITE, {**words, "recent": now - INVITE_PAUSE}).one_or_none() is None:
        raise NotInvited(N_("This company was invited within the last 24 hours."))
    _post_invitation(session, card.id, card.name, addressee, token)
    audit.record(
        session, actor, "addressee.invited", "addressee", addressee_id, count=addressee.waiting_count
    )


def _post_invitation(session: Session, agency_id: UUID, agency: str, to: Addressee, token: str) -> None:
    language = _LANGUAGE_OF.get(to.country, "en")
    words = {"agency": agency, "company": to.legal_name}
    body = say(
        language, _INVITED, count=str(to.waiting_count), link=letters.link(ACCEPT_PATH + token), **words
    )
    mail.post(session, to.contact_email, say(language, _INVITED_SUBJECT, **words), body + "\n", agency_id)


def _read(wanted: NewAddressee) -> dict[str, str]:
    name = " ".join(wanted.legal_name.split())
    fields: dict[str, str] = {}
    if not 0 < len(name) <= LONGEST_NAME:
        fields["legal_name"] = N_("Give the company's legal name, at most 200 characters.")
    read = {"legal_name": name}
    for field, reader in (("country", _country), ("domain", read_domain), ("contact_email", _contact_email)):
        try:
            read[field] = reader(getattr(wanted, field))
        except Invalid as refused:
            fields[field] = refused.message
    if fields:
        raise Invalid(next(iter(fields.values())), fields=fields)
    return read


def _country(written: str) -> str:
    try:
        return country_code(written)
    except Unreadable as unknown:
        raise Invalid(N_("Choose the company's country.")) from unknown


def _contact_email(written: str) -> str:
    return read_email(written)[0]


def read_domain(written: str) -> str:
    """The company's own internet domain in ASCII, from a domain or a web address. Raises `Invalid`."""
    bare = written.strip().lower().partition("://")[2] or written.strip().lower()
    host = bare.split("/")[0].split(":")[0].removeprefix("www.").strip(".")
    sentence = N_("Give the company's own domain, such as example.com.")
    try:
        domain = read_email(f"info@{host}")[1].rpartition("@")[2]
    except Invalid as refused:
        raise Invalid(sentence) from refused
    if domain in PUBLIC_MAILBOXES:
        raise Invalid(N_("Anybody can have a mailbox at this domain. Give the company's own domain."))
    return domain
