"""The import most Flask applications have: a row is read, loaded through a schema, looked up, and added by the ORM.

It does less than Floe: nothing is encrypted, there are no tenants behind row-level security, no suppression, flags or
scores, no other encodings or dialects, no undo, no report of what was refused beyond a count. It checks the same values.
It runs in a process of its own: Floe's doors let no other session pass. `python -m bench.naive URL < FILE` prints seconds.
"""

import csv
import io
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from sqlalchemy import Engine, ForeignKey, Index, Text, create_engine, func, or_, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from app.leads import regions

AT_ONCE = 1_000
"""Rows in a transaction: a commit costs next to nothing of a row."""
_ZONE, _WINDOW = ZoneInfo("Europe/Kyiv"), timedelta(days=90)
_CHOICES = {"Detached house": "detached", "Terraced house": "terraced", "Flat": "flat"}


class Base(DeclarativeBase):
    """Tables of its own, in a database of its own."""


class Lead(Base):
    """One enquiry."""

    __tablename__ = "lead"
    __table_args__ = (Index("lead_recent", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, unique=True)
    region: Mapped[str]
    property_type: Mapped[str]
    is_owner: Mapped[bool]
    monthly_bill: Mapped[int]
    enquired_at: Mapped[datetime]
    consent_at: Mapped[datetime]
    consent_origin: Mapped[str]
    comment: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    contacts: Mapped[list["Contact"]] = relationship(back_populates="lead")


class Contact(Base):
    """A person of a lead."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(Text, index=True)
    email: Mapped[str] = mapped_column(Text, index=True)
    lead: Mapped[Lead] = relationship(back_populates="contacts")


class Phone(fields.String):
    """E.164 of a valid number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        try:
            number = phonenumbers.parse(super()._deserialize(value, attr, data, **more), "UA")
        except phonenumbers.NumberParseException as answer:
            raise ValidationError("not a phone") from answer
        if not phonenumbers.is_valid_number(number):
            raise ValidationError("not a valid phone")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Email(fields.String):
    """A valid address, in lower case; the network is not asked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        try:
            read = validate_email(super()._deserialize(value, attr, data, **more), check_deliverability=False)
        except EmailNotValidError as answer:
            raise ValidationError(str(answer)) from answer
        return read.normalized.lower()


class Region(fields.String):
    """A region's code; Floe's own table, which remembers what it was asked."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        return regions.find(super()._deserialize(value, attr, data, **more), "UA")


class Row(Schema):
    """One row of the file."""

    class Meta:
        """What the file has beyond it is ignored."""

        unknown = EXCLUDE

    external_id = fields.String(data_key="Lead ID", required=True, validate=validate.Length(1, 500))
    name = fields.String(data_key="Name", required=True, validate=validate.Length(1, 200))
    phone = Phone(data_key="Phone", required=True)
    email = Email(data_key="Email", required=True)
    region = Region(data_key="Region")
    property_type = fields.String(
        data_key="Property", required=True, validate=validate.OneOf(_CHOICES.values())
    )
    is_owner = fields.Boolean(data_key="Owner", required=True)
    monthly_bill = fields.Integer(data_key="Monthly bill", validate=validate.Range(0))
    enquired_at = fields.NaiveDateTime("%Y-%m-%d %H:%M", data_key="Enquired at", required=True)
    consent_at = fields.NaiveDateTime("%Y-%m-%d %H:%M", data_key="Consent time", required=True)
    consent_origin = fields.URL(data_key="Consent URL")
    comment = fields.String(data_key="Comment", validate=validate.Length(max=2_000))

    @pre_load
    def tidy(self, row: dict[str, str], **_more: Any) -> dict[str, str]:
        """Spellings of people."""
        tidied = {name: value.strip() for name, value in row.items()}
        tidied["Property"] = _CHOICES.get(tidied["Property"], tidied["Property"])
        tidied["Monthly bill"] = re.sub(r"\D", "", tidied["Monthly bill"])
        return tidied


def seconds(engine: Engine, data: bytes) -> float:
    """Seconds to import a clean file whose people nobody has met."""
    started = time.perf_counter()
    schema, stored, rows = Row(), 0, 0
    with Session(engine) as session:
        for row in csv.DictReader(io.StringIO(data.decode())):
            rows += 1
            stored += _take(session, schema, row)
            if rows % AT_ONCE == 0:
                session.commit()
        session.commit()
    assert stored == rows, (stored, rows)
    return time.perf_counter() - started


def _take(session: Session, schema: Row, row: dict[str, str]) -> bool:
    """Whether the row became a lead."""
    try:
        facts: dict[str, Any] = schema.load(row)
    except ValidationError:
        return False
    for name in ("enquired_at", "consent_at"):
        facts[name] = facts[name].replace(tzinfo=_ZONE).astimezone(UTC).replace(tzinfo=None)
    if facts["enquired_at"] > datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=10):
        return False
    person = {name: facts.pop(name) for name in ("name", "phone", "email")}
    met = (
        select(Lead.id)
        .join(Contact)
        .where(or_(Contact.phone == person["phone"], Contact.email == person["email"]))
        .where(Lead.enquired_at >= facts["enquired_at"] - _WINDOW)
    )
    if session.scalars(met.limit(1)).first() is not None:
        return False
    session.add(Lead(**facts, contacts=[Contact(**person)]))
    return True


_LEADS = """
INSERT INTO lead (external_id, region, property_type, is_owner, monthly_bill, enquired_at, consent_at, consent_origin,
  comment) SELECT 'S-' || n, 'UA-32', 'detached', true, 2000, now(), now(), 'https://acme.example/form', 'call after noon'
FROM generate_series(1, :count) n
"""
_CONTACTS = """
INSERT INTO contact (lead_id, name, phone, email)
SELECT id, 'Olena ' || id, '+38096' || lpad(id::text, 7, '0'), 's' || id || '@example.com' FROM lead
"""


def stocked(engine: Engine, count: int) -> None:
    """Tables with some leads that are there already."""
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(text(_LEADS), {"count": count})
        connection.execute(text(_CONTACTS))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


if __name__ == "__main__":
    print(seconds(create_engine(sys.argv[1]), sys.stdin.buffer.read()))
