"""An agency's forms: made, worked on, published, paused.

Invariants: a published version never changes (the database grants no update): changes wait in the draft until they are
published as the next version. The address of a form is random, so that it names nobody.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import intake_facts, verticals
from app.leads.forms.questions import usual
from app.leads.forms.spec import FormSpec, demand_complete, demand_sound, from_json, to_json
from app.leads.intake_facts import IntakeFacts
from app.leads.targets import TARGETED
from tenants import audit, clock
from tenants.actor import Actor
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tenants.language import N_

LONGEST_NAME = 100
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is mixed up when read aloud."""


class FormNameTaken(Refused):
    """Another form of this agency has this name."""

    status, code = 409, "form_name_taken"

    def __init__(self) -> None:
        super().__init__(N_("You have a form with this name already."))


class NotPausable(Refused):
    """The form was never published, so there is nothing to pause or to resume."""

    status, code = 409, "form_not_published"

    def __init__(self) -> None:
        super().__init__(N_("Publish the form first."))


@dataclass(frozen=True, slots=True)
class NewForm:
    """A form before its questions are chosen."""

    name: str
    source_id: UUID
    vertical: str
    country: str
    language: str

    @property
    def spec(self) -> FormSpec:
        """Where it begins: with the questions its vertical requires. Raises `verticals.UnknownVertical`."""
        vertical = verticals.get(self.vertical)
        return FormSpec(
            vertical=vertical.key,
            country=self.country,
            steps=usual(vertical),
            languages=(self.language,),
            required=frozenset({"name", "phone"}),
            texts={self.language: {"title": vertical.name(self.language)}},
        )


@dataclass(frozen=True, slots=True)
class FormView:
    """A form as its agency sees it; `spec` is what it works on, `is_changed` when that differs from what people see."""

    id: UUID
    slug: str
    name: str
    source_id: UUID
    source_name: str
    state: str
    version: int | None
    spec: FormSpec
    is_changed: bool
    created_at: datetime
    changed_at: datetime


_SEEN = """
SELECT f.id, f.slug, f.name, f.source_id, s.name AS source_name, f.state, f.version, f.draft, f.is_changed, f.created_at,
  f.changed_at
FROM form f JOIN source s ON s.tenant_id = f.tenant_id AND s.id = f.source_id WHERE f.tenant_id = :tenant
"""
_LISTED = text(_SEEN + " ORDER BY f.state = 'draft', f.name")
_ONE = text(_SEEN + " AND f.id = :id")
_CREATE = text("""
INSERT INTO form (tenant_id, id, slug, name, source_id, state, draft, is_changed, created_at, changed_at)
VALUES (:tenant, :id, :slug, :name, :source, 'draft', CAST(:draft AS jsonb), true, :now, :now)
ON CONFLICT (tenant_id, name) DO NOTHING RETURNING id
""")
_TAKEN = text("SELECT id FROM form WHERE tenant_id = :tenant AND name = :name AND id <> :id")
_SAVE = text("""
UPDATE form SET name = :name, source_id = :source, draft = CAST(:draft AS jsonb), changed_at = :now,
  is_changed = is_changed OR draft <> CAST(:draft AS jsonb) OR source_id <> :source
WHERE tenant_id = :tenant AND id = :id RETURNING id
""")
_LOCK = text(
    "SELECT coalesce(version, 0) AS version FROM form WHERE tenant_id = :tenant AND id = :id FOR UPDATE"
)
_FREEZE = text("""
INSERT INTO form_version (tenant_id, form_id, version, spec, published_at, published_by)
SELECT tenant_id, id, :version, draft, :now, :by FROM form WHERE tenant_id = :tenant AND id = :id
""")
_PUBLISH = text("""
UPDATE form SET state = 'published', version = :version, is_changed = false, changed_at = :now
WHERE tenant_id = :tenant AND id = :id
""")
_SWITCH = text("""
UPDATE form SET state = :state WHERE tenant_id = :tenant AND id = :id AND version IS NOT NULL RETURNING id
""")
_RECORDS = text("""
SELECT EXISTS (SELECT FROM source WHERE tenant_id = :tenant AND id = :source AND archived_at IS NULL) AS has_source,
  (SELECT count(*) FROM consent_text WHERE tenant_id = :tenant AND id = ANY(:consents)) AS consents,
  EXISTS (SELECT FROM addressee WHERE tenant_id = :tenant AND id = :addressee) AS has_addressee
""")
_VERSIONS = text("""
SELECT version, published_at, published_by FROM form_version WHERE tenant_id = :tenant AND form_id = :id
ORDER BY version DESC LIMIT 50
""")


def create(session: Session, actor: Actor, wanted: NewForm) -> UUID:
    """Begin a form with the questions its vertical requires; gives its id.

    Raises `Invalid`, `verticals.UnknownVertical` or `FormNameTaken`.
    """
    return create_defined(session, actor, wanted.name, wanted.source_id, wanted.spec)


def create_defined(session: Session, actor: Actor, name: str, source_id: UUID, spec: FormSpec) -> UUID:
    """Begin a form that is defined already, as a draft; gives its id. Raises `Invalid` or `FormNameTaken`."""
    demand_sound(spec)
    form_id = new_id()
    words = _words(session, actor, form_id, name, source_id, spec)
    slug = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    if session.execute(_CREATE, {**words, "slug": slug}).one_or_none() is None:
        raise FormNameTaken
    audit.record(session, actor, "form.created", "form", form_id, detail={"name": words["name"]})
    return form_id


def save(session: Session, actor: Actor, form_id: UUID, name: str, source_id: UUID, spec: FormSpec) -> None:
    """Keep what was worked on; people still see the published version. Safe to repeat.

    Raises `Invalid`, `FormNameTaken` or `NotFound`.
    """
    demand_sound(spec)
    words = _words(session, actor, form_id, name, source_id, spec)
    if session.execute(_TAKEN, words).one_or_none():
        raise FormNameTaken
    if session.execute(_SAVE, words).one_or_none() is None:
        raise NotFound


def publish(session: Session, actor: Actor, form_id: UUID) -> int:
    """Freeze the draft as the next version and show it to people; gives its number.

    Raises `NotFound`, and `Invalid` or a refusal of `intake_facts` for a form whose leads could not be stored.
    """
    tenant_id = actor.card().id
    words: dict[str, object] = {"tenant": tenant_id, "id": form_id, "now": clock.now(), "by": actor.name}
    row = session.execute(_LOCK, words).one_or_none()
    if row is None:
        raise NotFound
    form = get(session, tenant_id, form_id)
    demand_complete(form.spec)
    for language in form.spec.languages:
        intake_facts.demand_sound(session, tenant_id, facts_of(form.spec, form.source_id, language))
    words["version"] = row.version + 1
    session.execute(_FREEZE, words)
    session.execute(_PUBLISH, words)
    audit.record(session, actor, "form.published", "form", form_id, detail={"version": row.version + 1})
    return int(row.version) + 1


def pause(session: Session, actor: Actor, form_id: UUID, *, is_paused: bool = True) -> None:
    """Close a published form, or open it again with the version it had. Safe to repeat.

    Raises `NotFound` or `NotPausable`.
    """
    tenant_id = actor.card().id
    get(session, tenant_id, form_id)
    words = {"tenant": tenant_id, "id": form_id, "state": "paused" if is_paused else "published"}
    if session.execute(_SWITCH, words).one_or_none() is None:
        raise NotPausable
    deed = "form.paused" if is_paused else "form.resumed"
    audit.record(session, actor, deed, "form", form_id)


def listed(session: Session, tenant_id: UUID) -> list[FormView]:
    """The agency's forms by name, drafts last."""
    return [_view(row) for row in session.execute(_LISTED, {"tenant": tenant_id})]


def get(session: Session, tenant_id: UUID, form_id: UUID) -> FormView:
    """One form. Raises `NotFound`."""
    row = session.execute(_ONE, {"tenant": tenant_id, "id": form_id}).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


def versions(session: Session, tenant_id: UUID, form_id: UUID) -> list[Row[Any]]:
    """What was published when and by whom, newest first."""
    return list(session.execute(_VERSIONS, {"tenant": tenant_id, "id": form_id}).all())


def facts_of(spec: FormSpec, source_id: UUID, language: str) -> IntakeFacts:
    """What the form says about every lead that comes from it."""
    return IntakeFacts(
        vertical=spec.vertical,
        lead_type=spec.lead_type,
        source_id=source_id,
        country=spec.country,
        legal_basis=spec.legal_basis,
        consent_text_id=spec.consent(language),
        addressee_id=spec.addressee_id,
    )


def _words(
    session: Session, actor: Actor, form_id: UUID, name: str, source_id: UUID, spec: FormSpec
) -> dict[str, Any]:
    tenant_id, named = actor.card().id, name.strip()
    if not 0 < len(named) <= LONGEST_NAME:
        sentence = N_("Give the form a name of at most 100 characters.")
        raise Invalid(sentence, fields={"name": sentence})
    _demand_own(session, tenant_id, source_id, spec)
    return {
        "tenant": tenant_id,
        "id": form_id,
        "name": named,
        "source": source_id,
        "draft": json.dumps(to_json(spec)),
        "now": clock.now(),
    }


def _demand_own(session: Session, tenant_id: UUID, source_id: UUID, spec: FormSpec) -> None:
    """Every record a form names is its agency's; a foreign one is refused like one that is not there."""
    consents = set(spec.consents.values())
    words = {
        "tenant": tenant_id,
        "source": source_id,
        "consents": list(consents),
        "addressee": spec.addressee_id,
    }
    found = session.execute(_RECORDS, words).one()
    faults: dict[str, str] = {}
    if not found.has_source:
        faults["source_id"] = N_("Choose one of your sources.")
    if found.consents < len(consents):
        faults["consents"] = N_("Choose one of your consent texts.")
    if spec.addressee_id and not (found.has_addressee and spec.lead_type == TARGETED):
        faults["addressee_id"] = N_("Choose one of your addressees, for targeted leads only.")
    if faults:
        raise Invalid(next(iter(faults.values())), fields=faults)


def _view(row: Row[Any]) -> FormView:
    seen = dict(row._mapping)
    return FormView(spec=from_json(seen.pop("draft")), **seen)
