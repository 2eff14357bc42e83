"""Files of leads for the tests of uploads, and the steps of an upload in one call."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from sqlalchemy import text

from app.leads import consents, sources
from app.leads.batch_queries import BatchView, batch_view
from app.leads.batches import Upload, receive, set_mapping
from app.leads.check import check, start_check
from app.leads.intake_facts import IntakeFacts
from tenants import clock
from tenants.db import transaction
from tests.world import Party

HEADERS = (
    "Lead ID", "Name", "Phone", "Email", "Region", "Property", "Owner", "Monthly bill", "Enquired at",
    "Consent time", "Consent URL", "Comment",
)  # fmt: skip
TARGETS = (
    "external_id", "name", "phone", "email", "region", "property_type", "is_owner", "monthly_bill", "enquired_at",
    "consent_at", "consent_origin", "comment",
)  # fmt: skip
TODAY = clock.now()
MAPPING = dict(enumerate(TARGETS))


@dataclass(frozen=True)
class Person:
    """One row of the file; every number is another person."""

    number: int
    phone: str | None = None
    email: str | None = None
    external_id: str | None = None
    days_ago: int = 1
    property_type: str = "Detached house"
    name: str | None = None

    def row(self) -> list[str]:
        at = (TODAY - timedelta(days=self.days_ago)).strftime("%Y-%m-%d %H:%M")
        return [
            f"A-{self.number}" if self.external_id is None else self.external_id,
            self.name or f"Олена {self.number}",
            f"+38067{self.number:07d}" if self.phone is None else self.phone,
            f"o{self.number}@example.com" if self.email is None else self.email,
            "Київська область",
            self.property_type,
            "yes",
            "2 000 грн",
            at,
            at,
            "https://acme.example/form",
            f"call after {self.number % 12} o'clock",
        ]


def people(count: int, start: int = 1) -> list[Person]:
    """Different people in a row."""
    return [Person(number) for number in range(start, start + count)]


def csv_of(rows: Sequence[Person | Sequence[str]], headers: Sequence[str] = HEADERS) -> bytes:
    """A comma-separated file in UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    if headers:
        writer.writerow(headers)
    writer.writerows(row.row() if isinstance(row, Person) else row for row in rows)
    return out.getvalue().encode()


@dataclass
class Desk:
    """An agency's desk: its source and consent text are made when first needed."""

    agency: Party
    recipients: int = 5

    @cached_property
    def source_id(self) -> UUID:
        wanted = sources.NewSource(f"Landing page {self.agency.name}", "paid_search", "Search")
        with transaction(self.agency.id) as session:
            return sources.create(session, self.agency.owner, wanted)

    @cached_property
    def consent_text_id(self) -> UUID:
        wording = consents.Wording("uk", "Погоджуюсь…", "Installers of solar plants", self.recipients)
        with transaction(self.agency.id) as session:
            return consents.create(session, self.agency.owner, "Solar form", wording)

    @property
    def facts(self) -> IntakeFacts:
        return IntakeFacts(
            "home_solar", "consumer", self.source_id, "UA", "consent", consent_text_id=self.consent_text_id
        )

    def receive(self, data: bytes, file_name: str = "leads.csv", **changes: object) -> UUID:
        facts = replace(self.facts, **changes)  # type: ignore[arg-type]
        with transaction(self.agency.id) as session:
            return receive(session, self.agency.owner, Upload(file_name, io.BytesIO(data), facts))

    def start(self, batch_id: UUID, mapping: dict[int, str] | None = None) -> None:
        with transaction(self.agency.id) as session:
            set_mapping(session, self.agency.owner, batch_id, MAPPING if mapping is None else mapping)
            start_check(session, self.agency.owner, batch_id)

    def upload(self, data: bytes, **changes: object) -> BatchView:
        """Receive, map and check a file."""
        batch_id = self.receive(data, **changes)
        self.start(batch_id)
        check(self.agency.id, batch_id)
        return self.view(batch_id)

    def view(self, batch_id: UUID) -> BatchView:
        with transaction(self.agency.id) as session:
            return batch_view(session, self.agency.id, batch_id)

    def count(self, table: str) -> int:
        with transaction(self.agency.id) as session:
            return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def counts(view: BatchView) -> tuple[int, int, int, int]:
    """Rows, accepted, rejected, duplicates."""
    return view.rows_read, view.accepted, view.rejected, view.duplicates


def at(view: BatchView) -> datetime:
    """When the upload's leads came into the stock."""
    assert view.checking_at is not None
    return view.checking_at
