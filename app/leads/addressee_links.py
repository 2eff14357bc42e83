"""Linking an addressee to a company of Floe: its owner accepts, and the domain is shown to be theirs.

Invariants: a link needs both halves; only then may the company see the leads reserved for it. The domain is shown by
an address at it (the invited mailbox, the accepting owner's own confirmed one, or one that answers a mail of ours) or
by the operator. A token is kept as its hash only and each works for one step.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from tenants import audit, clock, letters, mail
from tenants.actor import SYSTEM, Actor, TenantCard
from tenants.approval import require_approved
from tenants.db import as_platform, platform_transaction
from tenants.email_address import read_email
from tenants.email_tokens import DeadLink, hash_token
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.language import N_, say
from tenants.permissions import Permission

CONFIRM_PATH = "/addressee/confirm/"
INVITATION_LIFE = timedelta(days=30)
CONFIRMATION_LIFE = timedelta(days=7)

_CONFIRM_SUBJECT = N_("Is %(company)s at Floe your company?")
_CONFIRM = N_(
    "Hello,\n\n%(company)s accepted enquiries that %(agency)s gathered for %(domain)s. Please confirm that this company"
    " works under your domain:\n\n%(link)s\n\n"
    "The link works for seven days. If you do not know %(company)s, ignore this mail and nothing will be shared."
)


class Linked(StrEnum):
    """What accepting led to."""

    LINKED = "linked"
    CONFIRM_BY_MAIL = "confirm_by_mail"
    CONFIRM_BY_OPERATOR = "confirm_by_operator"


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """What an invited company, or the reader of a confirmation mail, sees before saying yes."""

    agency_id: UUID
    agency_name: str
    addressee_id: UUID
    legal_name: str
    country: str
    domain: str
    contact_email: str
    company_name: str | None
    waiting_count: int


@dataclass(frozen=True, slots=True)
class WaitingLink:
    """A link that the operator has to look at."""

    agency_id: UUID
    agency_name: str
    addressee_id: UUID
    legal_name: str
    domain: str
    company_id: UUID
    company_name: str
    company_legal_name: str
    accepted_at: datetime


_OFFER = """
SELECT a.tenant_id, g.name, a.id, a.legal_name, a.country, a.domain, a.contact_email, c.name,
  (SELECT count(*) FROM lead l WHERE l.tenant_id = a.tenant_id AND l.addressee_id = a.id
    AND l.state IN ('draft', 'offered', 'paused'))
FROM addressee a JOIN tenant g ON g.id = a.tenant_id LEFT JOIN tenant c ON c.id = a.company_id
WHERE a.invite_hash = :hash AND a.linked_at IS NULL
"""
_INVITATION = text(_OFFER + " AND a.accepted_at IS NULL AND a.invited_at > :since")
_CONFIRMATION = text(_OFFER + " AND a.accepted_at > :since")
_ACCEPT = text("""
UPDATE addressee SET company_id = :company, accepted_at = :now, invite_hash = :next, linked_at = :linked
WHERE tenant_id = :agency AND id = :id AND invite_hash = :hash AND accepted_at IS NULL RETURNING id
""")
_LINK = text("""
UPDATE addressee SET linked_at = :now, invite_hash = NULL
WHERE tenant_id = :agency AND id = :id AND accepted_at IS NOT NULL AND linked_at IS NULL RETURNING company_id
""")
_REFUSE = text("""
UPDATE addressee SET company_id = NULL, accepted_at = NULL, invite_hash = NULL, invited_at = NULL
WHERE tenant_id = :agency AND id = :id AND accepted_at IS NOT NULL AND linked_at IS NULL RETURNING id
""")
_WAITING = text("""
SELECT a.tenant_id, g.name, a.id, a.legal_name, a.domain, c.id, c.name, c.legal_name, a.accepted_at
FROM addressee a JOIN tenant g ON g.id = a.tenant_id JOIN tenant c ON c.id = a.company_id
WHERE a.accepted_at IS NOT NULL AND a.linked_at IS NULL ORDER BY a.accepted_at
""")


def read_invitation(session: Session, token: str) -> LinkOffer:
    """What an invitation offers, without using it up. Raises `DeadLink`."""
    with as_platform(session, "addressee: an invited company reads its invitation"):
        return _offer(session, _INVITATION, token, clock.now() - INVITATION_LIFE)


def accept_link(session: Session, actor: Actor, token: str, mailbox: str = "") -> Linked:
    """An approved company takes on an addressee's role; what it led to says who still has to confirm the domain.

    `mailbox` is an address at the domain to write to when no known address is at it. Raises `Forbidden`,
    `tenants.approval.NotApproved`, `Invalid` for a mailbox elsewhere, or `DeadLink`; then nothing is linked.
    """
    card = _demand_company(actor)
    offer = read_invitation(session, token)
    if mailbox and not is_at(mailbox, offer.domain):
        sentence = N_("Give a mailbox at %(domain)s.")
        raise Invalid(sentence, fields={"mailbox": sentence}, domain=offer.domain)
    is_proven = is_at(actor.email, offer.domain) or is_at(offer.contact_email, offer.domain)
    next_token = secrets.token_urlsafe(32) if mailbox and not is_proven else None
    with as_platform(session, "addressee: a company accepts the agency's link"):
        _accept(session, card, offer, (token, next_token), is_proven)
    audit.record(
        session, actor, "addressee.accepted", "addressee", None, detail={"agency": offer.agency_name}
    )
    if next_token is None:
        return Linked.LINKED if is_proven else Linked.CONFIRM_BY_OPERATOR
    _post_confirmation(session, card, offer, mailbox, next_token)
    return Linked.CONFIRM_BY_MAIL


def read_confirmation(token: str) -> LinkOffer:
    """What the reader of a confirmation mail is asked, without using the link up. Raises `DeadLink`."""
    with platform_transaction("addressee: the owner of a domain, who has no account, is asked") as session:
        return _offer(session, _CONFIRMATION, token, clock.now() - CONFIRMATION_LIFE)


def confirm_link(token: str) -> LinkOffer:
    """Somebody reached at the domain says that the company is theirs: it is linked. Raises `DeadLink`.

    Has its own transaction, because whoever reads the mail need not have an account.
    """
    with platform_transaction("addressee: the owner of a domain, who has no account, confirms") as session:
        offer = _offer(session, _CONFIRMATION, token, clock.now() - CONFIRMATION_LIFE)
        _link(session, SYSTEM, offer.agency_id, offer.addressee_id)
        return offer


def waiting(session: Session, actor: Actor) -> list[WaitingLink]:
    """Accepted links whose domain nobody has confirmed yet, oldest first: work for the operator."""
    actor.demand(Permission.PLATFORM_APPROVE)
    with as_platform(session, "addressee: the operator's list of links to confirm"):
        return [WaitingLink(*row) for row in session.execute(_WAITING)]


def confirm_by_operator(session: Session, actor: Actor, agency_id: UUID, addressee_id: UUID) -> None:
    """The operator has checked the domain itself. Raises `NotFound` when there is no such link waiting."""
    actor.demand(Permission.PLATFORM_APPROVE)
    with as_platform(session, "addressee: the operator confirms a link"):
        _link(session, actor, agency_id, addressee_id)


def refuse_by_operator(session: Session, actor: Actor, agency_id: UUID, addressee_id: UUID) -> None:
    """The domain is not that company's: its acceptance is undone, and the agency may invite again.

    Raises `NotFound` when there is no such link waiting.
    """
    actor.demand(Permission.PLATFORM_APPROVE)
    with as_platform(session, "addressee: the operator refuses a link"):
        if session.execute(_REFUSE, {"agency": agency_id, "id": addressee_id}).one_or_none() is None:
            raise NotFound
        audit.record(session, actor, "addressee.link_refused", "addressee", addressee_id, tenant_id=agency_id)


def is_at(address: str, domain: str) -> bool:
    """Whether a mailbox is at the domain or below it."""
    try:
        host = read_email(address)[1].rpartition("@")[2]
    except Invalid:
        return False
    return host == domain or host.endswith(f".{domain}")


def _demand_company(actor: Actor) -> TenantCard:
    card = actor.card()
    if card.kind != "company" or actor.kind != "user" or actor.role not in {"owner", "manager"}:
        raise Forbidden(N_("Only an owner or manager of a company can accept this."))
    require_approved(card)
    return card


def _offer(session: Session, statement: TextClause, token: str, since: datetime) -> LinkOffer:
    row = session.execute(statement, {"hash": hash_token(token), "since": since}).one_or_none()
    if row is None:
        raise DeadLink
    return LinkOffer(*row)


def _accept(
    session: Session, card: TenantCard, offer: LinkOffer, tokens: tuple[str, str | None], is_proven: bool
) -> None:
    old, new = tokens
    now = clock.now()
    words = {
        "agency": offer.agency_id,
        "id": offer.addressee_id,
        "hash": hash_token(old),
        "next": hash_token(new) if new else None,
        "company": card.id,
        "now": now,
        "linked": now if is_proven else None,
    }
    if session.execute(_ACCEPT, words).one_or_none() is None:
        raise DeadLink
    deed = "addressee.linked" if is_proven else "addressee.accepted"
    audit.record(
        session,
        SYSTEM,
        deed,
        "addressee",
        offer.addressee_id,
        tenant_id=offer.agency_id,
        detail={"company": card.name},
    )


def _link(session: Session, actor: Actor, agency_id: UUID, addressee_id: UUID) -> None:
    words = {"agency": agency_id, "id": addressee_id, "now": clock.now()}
    if session.execute(_LINK, words).one_or_none() is None:
        raise NotFound
    audit.record(session, actor, "addressee.linked", "addressee", addressee_id, tenant_id=agency_id)


def _post_confirmation(
    session: Session, card: TenantCard, offer: LinkOffer, mailbox: str, token: str
) -> None:
    language = card.language
    words = {"company": card.name, "agency": offer.agency_name, "domain": offer.domain}
    body = say(language, _CONFIRM, link=letters.link(CONFIRM_PATH + token), **words)
    mail.post(session, mailbox, say(language, _CONFIRM_SUBJECT, company=card.name), body + "\n", card.id)
