"""A form as people meet it: found by its address, without a log-in, in the version that is published.

Invariant: whatever is not published looks the same from outside: closed when it once was, else not there at all.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads.forms.spec import FormSpec, from_json
from tenants.actor import TenantCard
from tenants.db import platform_transaction
from tenants.errors import NotFound, Refused
from tenants.language import N_

_LIVE = text("""
SELECT f.id AS form_id, f.state AS form_state, f.name AS form_name, f.source_id, f.slug AS form_slug, v.version, v.spec,
  t.id, t.kind, t.slug, t.name, t.state, t.language, t.time_zone, t.currency, t.country
FROM form f JOIN tenant t ON t.id = f.tenant_id
JOIN form_version v ON v.tenant_id = f.tenant_id AND v.form_id = f.id
  AND v.version = coalesce((SELECT b.version FROM form_submission b WHERE b.tenant_id = f.tenant_id AND b.form_id = f.id
    AND b.id = CAST(:submission AS uuid)), CAST(:version AS bigint), f.version)
WHERE f.slug = :slug
""")
_BODY = text("SELECT body FROM consent_text WHERE tenant_id = :tenant AND id = :id")


class FormClosed(Refused):
    """The agency has paused this form; nothing is taken."""

    status, code = 410, "form_closed"

    def __init__(self) -> None:
        super().__init__(N_("This form is closed. Nothing was sent."))


@dataclass(frozen=True, slots=True)
class LiveForm:
    """One published version, and whose it is."""

    agency: TenantCard
    id: UUID
    slug: str
    name: str
    source_id: UUID
    version: int
    spec: FormSpec


def find(slug: str, version: int | None = None) -> LiveForm:
    """The form at an address; an older version for somebody who began with it.

    Raises `NotFound`, or `FormClosed` while it is paused or its agency suspended.
    """
    row = _row(slug, version, None)
    if row.form_state != "published" or row.state == "suspended":
        raise FormClosed
    return _live(row)


def of_submission(slug: str, submission_id: UUID) -> LiveForm:
    """The form as it was when this was sent; also when it was paused since. Raises `NotFound`."""
    return _live(_row(slug, None, submission_id))


def _row(slug: str, version: int | None, submission_id: UUID | None) -> Row[Any]:
    words = {"slug": slug, "version": version, "submission": submission_id}
    with platform_transaction("a form is read by people without a log-in") as session:
        row = session.execute(_LIVE, words).one_or_none()
    if row is None:
        raise NotFound(N_("There is no such form."))
    return row


def _live(row: Row[Any]) -> LiveForm:
    card = TenantCard(
        id=row.id,
        kind=row.kind,
        slug=row.slug,
        name=row.name,
        state=row.state,
        language=row.language,
        time_zone=row.time_zone,
        currency=row.currency,
        country=row.country,
    )
    spec = from_json(row.spec)
    return LiveForm(card, row.form_id, row.form_slug, row.form_name, row.source_id, row.version, spec)


def consent_body(session: Session, tenant_id: UUID, consent_text_id: UUID | None) -> str:
    """What the person agrees to, word for word; empty for a form without a consent."""
    if consent_text_id is None:
        return ""
    return str(
        session.execute(_BODY, {"tenant": tenant_id, "id": consent_text_id}).scalar_one_or_none() or ""
    )
