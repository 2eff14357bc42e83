"""Many leads in one request, and what became of each."""

from typing import ClassVar

from marshmallow import fields, validate

from app.api.schemas.fields import Answer, Asked, Flag, Id, Text, choice, text, vertical_code, whole
from app.api.schemas.intake import LEAD_TYPES
from app.leads.intake import Result
from app.leads.legal_basis import BASES, MOST_SALES

MOST_LEADS = 1_000
_ROW = (
    "One lead: external_id, enquired_at, country, region, postcode, language, sub_id, temperature, consent_at, "
    "consent_origin, ip, ip_country, trustedform_url, jornaya_id, bant, answers, contacts, as in POST /leads. What is wrong with one lead refuses that lead only."
)


class NewLeads(Asked):
    """What holds for all leads of the request, and the leads. Without `draft` they are offered at once."""

    largest: ClassVar[int] = 4_000_000

    vertical = vertical_code()
    type = choice(LEAD_TYPES, required=True)
    source_id = Id(required=True)
    country = text(100, shortest=2, required=True)
    legal_basis = choice(BASES, required=True)
    consent_text_id = Id(load_default=None, allow_none=True)
    addressee_id = Id(load_default=None, allow_none=True)
    max_sales = whole(1, MOST_SALES, load_default=None, allow_none=True)
    draft = Flag(load_default=False)
    test = Flag(load_default=False, metadata={"description": "Say what would happen; nothing is stored."})
    leads = fields.List(
        fields.Dict(metadata={"description": _ROW}),
        required=True,
        validate=validate.Length(1, MOST_LEADS),
    )


class LeadProblem(Answer):
    """One thing wrong with a lead, or left out of it."""

    target = Text(allow_none=True)
    code = Text()
    message = Text()


class LeadResult(Answer):
    """What became of one lead of the request."""

    index = fields.Integer(metadata={"description": "Its place in the request, from 0."})
    external_id = Text(allow_none=True)
    result = choice([one.value for one in Result])
    lead_id = Id(allow_none=True)
    quarantined_id = Id(
        allow_none=True, metadata={"description": "Where it rests until somebody has looked at it."}
    )
    problems = fields.List(fields.Nested(LeadProblem))
    warnings = fields.List(fields.Nested(LeadProblem))


class LeadResults(Answer):
    """One result for each lead sent, in order. `counts` holds every result; they sum to the leads sent."""

    test = Flag()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    results = fields.List(fields.Nested(LeadResult))
