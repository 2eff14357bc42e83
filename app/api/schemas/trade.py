"""Purchases and sales: the two sides of a trade, each as its owner may see it."""

from marshmallow import fields, validate

from app.api.schemas.deeds import Action, OutcomeAnswer, Return
from app.api.schemas.fields import (
    Answer,
    Id,
    Moment,
    PageQuery,
    Text,
    choice,
    currency,
    minor,
    page_of,
    values,
    words,
)
from app.api.schemas.intake import LEAD_TYPES
from app.api.schemas.leads import STAGES, TEMPERATURES, ContactSet
from app.leads.channels import CHANNELS
from app.market.queries import NO_OUTCOME
from app.market.terms import Mode, Terms
from app.outcomes.report import TYPES

SALE_STATES = ("active", "returned", "held", "part_captured", "closed")


class PurchaseRow(Answer):
    """A bought lead, without its people."""

    id = Id()
    order_id = Id()
    lead_id = Id()
    lead_type = choice(LEAD_TYPES)
    agency_id = Id()
    agency_name = Text()
    vertical = Text()
    vertical_version = fields.Integer()
    channel = choice(CHANNELS)
    source_label = Text()
    country = Text()
    region = Text()
    language = Text()
    temperature = choice(TEMPERATURES)
    stage = choice(STAGES)
    facts = values()
    enquired_at = Moment()
    terms = choice([one.value for one in Terms])
    mode = choice([one.value for one in Mode])
    state = choice(SALE_STATES)
    net_minor = minor()
    vat_minor = minor()
    vat_bp = fields.Integer(metadata={"description": "Basis points."})
    vat_reason = Text()
    currency = currency()
    prices = fields.Dict(keys=fields.String(), values=fields.Integer())
    bought_at = Moment()
    return_until = Moment()
    bills_until = Moment()
    report_until = Moment()
    consent_withdrawn_at = Moment(allow_none=True)
    accepted_at = Moment(allow_none=True)
    last_outcome = Text(allow_none=True)
    last_outcome_at = Moment(allow_none=True)


class PurchaseQuery(PageQuery):
    """Which purchases; what is not named does not matter."""

    vertical = words()
    agency_id = fields.List(Id(), load_default=[], validate=validate.Length(max=50))
    state = words(SALE_STATES)
    terms = words([one.value for one in Terms])
    outcome = words([*TYPES, NO_OUTCOME])
    order_id = Id(load_default=None)
    since = Moment(load_default=None)
    until = Moment(load_default=None)


class SaleRow(Answer):
    """A sold lead as its agency sees it. `buyer_label` is a stable pseudonym unless the buyer shows its name."""

    id = Id()
    lead_id = Id()
    lead_type = choice(LEAD_TYPES)
    vertical = Text()
    source_id = Id()
    source_label = Text()
    channel = choice(CHANNELS)
    buyer_label = Text()
    terms = choice([one.value for one in Terms])
    mode = choice([one.value for one in Mode])
    state = choice(SALE_STATES)
    net_minor = minor()
    commission_minor = minor()
    earned_minor = minor()
    currency = currency()
    prices = fields.Dict(keys=fields.String(), values=fields.Integer())
    temperature = choice(TEMPERATURES)
    stage = choice(STAGES)
    sold_at = Moment()
    return_until = Moment()
    bills_until = Moment()
    report_until = Moment()
    released_at = Moment(allow_none=True)
    last_outcome = Text(allow_none=True)
    last_outcome_at = Moment(allow_none=True)


class SaleOutcome(Answer):
    """What became of a sold lead, as far as its agency may know."""

    id = Id()
    type = choice(TYPES)
    at = Moment()
    reported_at = Moment()
    corrects_id = Id(allow_none=True)


class SaleQuery(PageQuery):
    """Which sales; what is not named does not matter."""

    vertical = words()
    buyer_label = words()
    state = words(SALE_STATES)
    terms = words([one.value for one in Terms])
    outcome = words([*TYPES, NO_OUTCOME])
    since = Moment(load_default=None)
    until = Moment(load_default=None)


class ToldOutcome(OutcomeAnswer):
    """An outcome with its note, which is null for a key without `contacts:read`."""

    note = Text(allow_none=True)


class Purchase(PurchaseRow):
    """A bought lead and its story. `contact_set` is null for a key without `contacts:read`, and once it was erased."""

    contact_set = fields.Nested(ContactSet, allow_none=True)
    outcomes = fields.List(fields.Nested(ToldOutcome))
    actions = fields.List(fields.Nested(Action))
    return_claim = fields.Nested(Return, allow_none=True)


class Sale(SaleRow):
    """A sold lead and its story."""

    outcomes = fields.List(fields.Nested(SaleOutcome))
    actions = fields.List(fields.Nested(Action))
    return_claim = fields.Nested(Return, allow_none=True)


PurchasePage = page_of(PurchaseRow, "PurchasePage")
SalePage = page_of(SaleRow, "SalePage")
