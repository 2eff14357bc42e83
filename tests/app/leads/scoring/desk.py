"""An agency that sends leads and watches their scores, for the tests with a database."""

from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.leads.intake import Result, take
from app.leads.intake_facts import IntakeFacts
from app.leads.scoring import thresholds
from app.leads.scoring.thresholds import NewThreshold
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.world import Party


class ScoringDesk:
    """Sends one lead at a time without a file."""

    def __init__(self, agency: Party) -> None:
        self.agency = agency
        self._sent = 0

    @cached_property
    def facts(self) -> IntakeFacts:
        """What all its leads share."""
        desk = Desk(self.agency)
        return IntakeFacts("home_solar", "consumer", desk.source_id, "UA", "consent", desk.consent_text_id)

    def send(self, **values: Any) -> UUID:
        """A new person's enquiry; gives the stored lead."""
        self._sent += 1
        now = clock.now().isoformat()
        person = {
            "name": "Olena",
            "phones": [f"+38067{self._sent:07d}"],
            "emails": [f"o{self._sent}@firm.example.com"],
        }
        lead = {"property_type": "detached", "is_owner": True, "enquired_at": now, "consent_at": now,
                "contacts": [person], **values}  # fmt: skip
        with transaction(self.agency.id) as session:
            [taken] = take(session, self.agency.card, [lead], self.facts)
        assert taken.result is Result.ACCEPTED, taken.problems
        assert taken.lead_id is not None
        return taken.lead_id

    def watch(self, at_least: int, **more: Any) -> UUID:
        """A threshold; by default it mails the agency's owner."""
        wanted = NewThreshold(at_least, **{"members": (self.agency.owner.id,), **more})
        with transaction(self.agency.id) as session:
            return thresholds.add(session, self.agency.owner, wanted)

    def rows(self, query: str, **words: Any) -> list[Any]:
        """What the agency's own transaction reads."""
        with transaction(self.agency.id) as session:
            return list(session.execute(text(query), words))
