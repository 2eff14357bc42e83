"""Consent texts: what a person agreed to, word by word, who may receive their data, and how many may.

Invariant: a version never changes and is never deleted (the database grants neither); changed words are a new version,
and every lead names the version its person read.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.countries import LANGUAGES
from tenants import audit, clock
from tenants.actor import Actor
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

LONGEST_NAME, LONGEST_BODY, LONGEST_RECIPIENTS = 100, 20_000, 2_000
MOST_RECIPIENTS = 50
"""A lead is never sold more often than this, whatever the text says."""


class ConsentNameTaken(Refused):
    """A consent text of this name exists, or just got another new version."""

    status, code = 409, "consent_name_taken"

    def __init__(self) -> None:
        super().__init__(N_("There is such a consent text already. Open it and make a new version."))


@dataclass(frozen=True, slots=True)
class Wording:
    """One version's words: the text shown, in which language, who may receive the data and how many of them."""

    language: str
    body: str
    recipients: str
    max_recipients: int


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version of a consent text; `is_newest` when no later one exists."""

    id: UUID
    name: str
    version: int
    language: str
    body: str
    recipients: str
    max_recipients: int
    created_at: datetime
    is_newest: bool


_CREATE = text("""
INSERT INTO consent_text (tenant_id, id, name, version, language, body, recipients, max_recipients, created_at)
VALUES (:tenant, :id, :name, :version, :language, :body, :recipients, :most, :now)
ON CONFLICT (tenant_id, name, version) DO NOTHING RETURNING id
""")
_NEWEST = text("""
SELECT c.name, max(n.version) AS version FROM consent_text c
JOIN consent_text n ON n.tenant_id = c.tenant_id AND n.name = c.name
WHERE c.tenant_id = :tenant AND c.id = :id GROUP BY c.name
""")
_SEEN = """
SELECT c.id, c.name, c.version, c.language, c.body, c.recipients, c.max_recipients, c.created_at,
  NOT EXISTS (SELECT FROM consent_text n WHERE n.tenant_id = c.tenant_id AND n.name = c.name AND n.version > c.version)
FROM consent_text c WHERE c.tenant_id = :tenant
"""
_LISTED = text(_SEEN + " ORDER BY c.name, c.version DESC")
_ONE = text(_SEEN + " AND c.id = :id")


def create(session: Session, actor: Actor, name: str, wording: Wording) -> UUID:
    """Keep a new consent text as version 1; gives its id. Raises `Invalid` or `ConsentNameTaken`."""
    named = name.strip()
    if not 0 < len(named) <= LONGEST_NAME:
        sentence = N_("Give the consent text a name of at most 100 characters.")
        raise Invalid(sentence, fields={"name": sentence})
    return _keep(session, actor, named, 1, wording)


def new_version(session: Session, actor: Actor, consent_text_id: UUID, wording: Wording) -> UUID:
    """Keep changed words as the next version of the same text; leads of older versions keep theirs.

    Raises `Invalid`, `NotFound`, or `ConsentNameTaken` when somebody made that version a moment ago.
    """
    newest = session.execute(_NEWEST, {"tenant": actor.card().id, "id": consent_text_id}).one_or_none()
    if newest is None:
        raise NotFound
    return _keep(session, actor, newest.name, newest.version + 1, wording)


def listed(session: Session, tenant_id: UUID) -> list[ConsentText]:
    """Every version of every text, by name, newest version first."""
    return [ConsentText(*row) for row in session.execute(_LISTED, {"tenant": tenant_id})]


def get(session: Session, tenant_id: UUID, consent_text_id: UUID) -> ConsentText:
    """One version. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": consent_text_id}).one_or_none()
    if row is None:
        raise NotFound
    return ConsentText(*row)


def _keep(session: Session, actor: Actor, name: str, version: int, wording: Wording) -> UUID:
    _demand_sound(wording)
    consent_text_id = new_id()
    words = {
        "tenant": actor.card().id,
        "id": consent_text_id,
        "name": name,
        "version": version,
        "language": wording.language,
        "body": wording.body.strip(),
        "recipients": wording.recipients.strip(),
        "most": wording.max_recipients,
        "now": clock.now(),
    }
    if session.execute(_CREATE, words).one_or_none() is None:
        raise ConsentNameTaken
    detail = {"name": name, "version": version}
    audit.record(session, actor, "consent_text.created", "consent_text", consent_text_id, detail=detail)
    return consent_text_id


def _demand_sound(wording: Wording) -> None:
    fields: dict[str, str] = {}
    if wording.language not in LANGUAGES:
        fields["language"] = N_("Choose the language of the text.")
    if not 0 < len(wording.body.strip()) <= LONGEST_BODY:
        fields["body"] = N_("Paste the text as the person saw it, at most 20,000 characters.")
    if not 0 < len(wording.recipients.strip()) <= LONGEST_RECIPIENTS:
        fields["recipients"] = N_("Say who may receive the data, in at most 2,000 characters.")
    if not 1 <= wording.max_recipients <= MOST_RECIPIENTS:
        fields["max_recipients"] = N_("The number of recipients lies between 1 and 50.")
    if fields:
        raise Invalid(next(iter(fields.values())), fields=fields)
