"""A form of the tests: an agency, its source and consent text, a published form, and a person who fills it in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.leads.forms import forms, published
from app.leads.forms.forms import NewForm
from app.leads.forms.origin import Visitor
from app.leads.forms.published import LiveForm
from app.market import form_leads
from app.market.form_leads import Page, Thanked
from tenants import clock
from tenants.db import platform_transaction, transaction
from tests.app.leads.uploads import Desk
from tests.world import Party

OLENA = {
    "property_type": "detached", "is_owner": "yes", "name": "Олена Коваль", "phone": "067 123 45 67",
    "email": "olena@example.com", "agreed": "1",
}  # fmt: skip
PHONE = Visitor("203.0.113.7", "Mozilla/5.0 (Android)")


def make_form(agency: Party, name: str = "Solar", **changes: Any) -> UUID:
    """A published form of two steps, in Ukrainian and English."""
    desk = Desk(agency)
    with transaction(agency.id) as session:
        sources = session.execute(text("SELECT id FROM source LIMIT 1")).scalar_one_or_none()
        consents = session.execute(text("SELECT id FROM consent_text LIMIT 1")).scalar_one_or_none()
    source_id, consent = sources or desk.source_id, consents or desk.consent_text_id
    with transaction(agency.id) as session:
        form_id = forms.create(session, agency.owner, NewForm(name, source_id, "home_solar", "UA", "uk"))
        chosen = {
            "languages": ("uk", "en"),
            "consents": {"uk": consent},
            "texts": {"uk": {"title": "Сонячна станція"}, "en": {"title": "A solar plant"}},
            "is_offered": False,
        }
        spec = replace(forms.get(session, agency.id, form_id).spec, **{**chosen, **changes})
        forms.save(session, agency.owner, form_id, name, source_id, spec)
        forms.publish(session, agency.owner, form_id)
    return form_id


def live(agency: Party, form_id: UUID) -> LiveForm:
    with transaction(agency.id) as session:
        slug = forms.get(session, agency.id, form_id).slug
    return published.find(slug)


@dataclass
class Person:
    """Somebody with the form open; each page they see is kept."""

    form: LiveForm
    query: Mapping[str, str] = field(default_factory=dict)
    language: str = "uk"
    visitor: Visitor = PHONE

    def opens(self, at: datetime | None = None) -> Page:
        with clock.at(at or clock.now()):
            self.page: Page | Thanked = form_leads.visit(self.form, self.language, self.query, self.visitor)
        assert isinstance(self.page, Page)
        return self.page

    def sends(
        self, answers: Mapping[str, str], do: str = "next", after: timedelta = timedelta(seconds=30)
    ) -> Page | Thanked:
        assert isinstance(self.page, Page)
        return self.sends_page(self.page, answers, do, after)

    def sends_page(self, page: Page, answers: Mapping[str, str], do: str, after: timedelta) -> Page | Thanked:
        posted = {**answers, "carried": page.carried, "do": do}
        with clock.at(page.shown.progress.started_at + after):
            self.page = form_leads.answer(self.form, self.language, posted, self.visitor)
        return self.page

    def fills(self, answers: Mapping[str, str] = OLENA, **opening: Any) -> Page | Thanked:
        """The whole form, step by step."""
        self.opens(**opening)
        for _ in self.form.spec.steps:
            self.sends(answers)
        return self.page


def leads(agency: Party) -> list[Any]:
    with transaction(agency.id) as session:
        return list(session.execute(text("SELECT * FROM lead ORDER BY created_at, id")).all())


def counts(agency: Party) -> dict[str, int]:
    with transaction(agency.id) as session:
        return {
            row.kind: row.times
            for row in session.execute(
                text("SELECT kind, sum(times)::bigint AS times FROM form_count GROUP BY 1")
            )
        }


def submissions() -> list[Any]:
    with platform_transaction("a test looks") as session:
        return list(session.execute(text("SELECT * FROM form_submission")).all())


def link_in(mail: str) -> str:
    """The path of the confirmation."""
    found = re.search(r"https?://[^/]+(/f/\S+)", mail)
    assert found
    return found[1]
