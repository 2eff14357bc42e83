"""Leads as their agency sends and sees them."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from app.api.schemas.consent_proof import ConsentProof
from app.api.schemas.fields import (
    Answer,
    Asked,
    Flag,
    Id,
    Moment,
    PageQuery,
    Text,
    choice,
    page_of,
    text,
    values,
    vertical_code,
    whole,
    words,
)
from app.api.schemas.intake import LEAD_TYPES
from app.leads.flag_words import FLAGS
from app.leads.legal_basis import BASES, MOST_SALES
from app.leads.problems import LEFT_OUT
from app.leads.qualification import LETTERS
from app.leads.queries import STATES
from app.market.withdraw import REASONS

TEMPERATURES = ("cold", "warm", "hot")
GRADES = ("A", "B", "C", "D")
STAGES = ("RQL", "MQL", "SAL", "SQL")
ANSWERS = ("confirmed", "denied", "unknown")
LARGEST_WHOLE = 2**53
FLAGGED = (*FLAGS, *LEFT_OUT)
"""Every flag a stored lead can have."""


class Plain(fields.Field[Any]):
    """A text, a whole number or yes/no."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and abs(value) <= LARGEST_WHOLE:
            return value
        if isinstance(value, str):
            return text(2_000).deserialize(value)
        raise ValidationError("A text of at most 2,000 characters, a whole number, true or false.")


def _channels() -> fields.List[Any]:
    return fields.List(text(500, shortest=1), load_default=[], validate=validate.Length(max=10))


class Person(Asked):
    """One person of a lead, and how to reach them."""

    name = text(
        200, load_default="", metadata={"description": "In full; empty: first and last name make it."}
    )
    first_name = text(200, load_default="")
    last_name = text(200, load_default="")
    role = text(200, load_default="")
    phones = _channels()
    emails = _channels()
    messengers = _channels()


Bant = Asked.from_dict({letter: choice(ANSWERS, load_default="unknown") for letter in LETTERS}, name="Bant")


class NewLead(ConsentProof):
    """One enquiry. Without `draft` it is offered at once."""

    vertical = vertical_code()
    type = choice(LEAD_TYPES, required=True)
    source_id = Id(required=True)
    country = text(100, shortest=2, required=True)
    legal_basis = choice(BASES, required=True)
    consent_text_id = Id(load_default=None, allow_none=True)
    consent_at = Moment(load_default=None, allow_none=True)
    consent_origin = text(500, load_default="")
    addressee_id = Id(load_default=None, allow_none=True)
    max_sales = whole(1, MOST_SALES, load_default=None, allow_none=True)
    external_id = text(
        500, load_default="", metadata={"description": "Your own id: the same one is stored once."}
    )
    enquired_at = Moment(required=True)
    region = text(200, load_default="")
    postcode = text(50, load_default="")
    language = text(50, load_default="")
    sub_id = text(500, load_default="")
    temperature = choice(TEMPERATURES, load_default=None, allow_none=True)
    bant = fields.Nested(Bant, load_default=None, allow_none=True)
    answers = fields.Dict(
        keys=text(100, shortest=1),
        values=Plain(metadata={"type": ["string", "integer", "boolean"]}),
        load_default={},
        metadata={"description": "The vertical's fields by name: see GET /verticals/{code}."},
    )
    contacts = fields.List(fields.Nested(Person), required=True, validate=validate.Length(1, 10))
    draft = Flag(load_default=False)
    test = Flag(load_default=False, metadata={"description": "Say what would happen; nothing is stored."})


class LeadRow(Answer):
    """A lead as its agency sees it, without its people."""

    id = Id()
    type = choice(LEAD_TYPES)
    vertical = Text()
    state = choice(STATES)
    external_id = Text(allow_none=True)
    source_id = Id()
    source_name = Text()
    addressee_name = Text(allow_none=True)
    batch_id = Id(allow_none=True)
    country = Text()
    region = Text()
    temperature = choice(TEMPERATURES)
    stage = choice(STAGES)
    score = fields.Integer(allow_none=True, metadata={"description": "0 to 100, as when it was stored."})
    fit = fields.Integer(allow_none=True)
    grade = Text(allow_none=True, validate=validate.OneOf([*GRADES, None]))
    enquired_at = Moment()
    expires_at = Moment()
    created_at = Moment()
    max_sales = fields.Integer()
    sold_count = fields.Integer()


class Lead(LeadRow):
    """A lead with all its facts."""

    vertical_version = fields.Integer()
    addressee_id = Id(allow_none=True)
    language = Text()
    sub_id = Text()
    flags = fields.List(Text(), metadata={"description": "What was noticed about it when it came in."})
    legal_basis = choice(BASES)
    consent_text_id = Id(allow_none=True)
    consent_at = Moment(allow_none=True)
    claimed_temperature = Text(allow_none=True)
    bant = Text(metadata={"description": "Budget, authority, need, timeline: c, d or u each."})
    facts = values()
    contact_count = fields.Integer()
    withdrawn_at = Moment(allow_none=True)
    withdrawn_for = Text(allow_none=True)


class LeadQuery(PageQuery):
    """Which leads; what is not named does not matter."""

    state = words(STATES)
    vertical = words()
    type = choice(LEAD_TYPES, load_default=None)
    source_id = fields.List(Id(), load_default=[], validate=validate.Length(max=50))
    batch_id = Id(load_default=None)
    addressee_id = Id(load_default=None)
    temperature = words(TEMPERATURES)
    grade = words(GRADES)
    min_score = fields.Integer(load_default=None, validate=validate.Range(0, 100))
    since = Moment(load_default=None)
    until = Moment(load_default=None)
    external_id = text(500, load_default=None)
    flag = choice(
        FLAGGED, load_default=None, metadata={"description": "What was noticed about it, or left out of it."}
    )


class Withdrawal(Asked):
    """Why a lead is withdrawn; `consent` also tells every buyer."""

    reason = choice(REASONS, required=True)


class Contact(Answer):
    """One person, with phones in E.164 and e-mails in their normal form; the parts of the name are empty where not known."""

    name = Text()
    first_name = Text()
    last_name = Text()
    role = Text()
    phones = fields.List(Text())
    emails = fields.List(Text())
    messengers = fields.List(Text())


class ContactSet(Answer):
    """The people of a lead, their personal answers, and the proof of their consent."""

    contacts = fields.List(fields.Nested(Contact))
    personal = values()
    postcode = Text()
    consent = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), allow_none=True)


LeadPage = page_of(LeadRow, "LeadPage")
