"""What is on offer, and an order: before anything is sold."""

from marshmallow import fields, validate

from app.api.schemas.fields import (
    MOST_MINOR,
    Answer,
    Asked,
    Flag,
    FlagWord,
    Id,
    Moment,
    PageQuery,
    Text,
    asked_minor,
    choice,
    currency,
    minor,
    number_word,
    page_of,
    text,
    values,
    words,
)
from app.api.schemas.leads import STAGES, TEMPERATURES
from app.leads.channels import CHANNELS
from app.market.search import SORTS
from app.market.terms import MOST_ITEMS, Mode, Terms
from app.market.terms import Answer as Outcome


class Face(Answer):
    """What may be seen of a lead before it is bought: nothing that names a person."""

    lead_id = Id()
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
    preview = values()
    enquired_at = Moment()
    expires_at = Moment()
    currency = currency()
    call_minor = minor(allow_none=True)
    consultation_minor = minor(allow_none=True)
    purchase_minor = minor(allow_none=True)


class Listing(Face):
    """A consumer lead on offer. Prices are net; null: not offered that way."""

    state = choice(["open", "paused", "closed"])
    slots_left = fields.Integer()
    max_sales = fields.Integer()
    listed_at = Moment()
    shared_minor = minor(allow_none=True)
    exclusive_minor = minor(allow_none=True)


class ListingQuery(PageQuery):
    """What a company looks for; what is not named does not matter."""

    vertical = text(100, load_default="")
    country = text(2, load_default="")
    region = words()
    channel = words(CHANNELS)
    temperature = words(TEMPERATURES)
    stage = words(STAGES)
    language = words()
    agency_id = Id(load_default=None)
    enquired_from = Moment(load_default=None)
    max_net_minor = number_word(0, MOST_MINOR, load_default=None)
    exclusive_only = FlagWord(load_default=False)
    preview = text(
        2_000,
        load_default="",
        metadata={
            "description": "Shown facts that must match, as JSON.",
            "example": '{"roof_type": "pitched"}',
        },
    )
    sort = choice(SORTS, load_default="newest")


class ReservedLead(Face):
    """A lead whose person answered your company: only you can see or buy it. Buy it with mode `reserved`."""

    addressee_name = Text()
    price_minor = minor(allow_none=True)
    offered_at = Moment()
    state = choice(["offered", "declined", "bought", "expired", "withdrawn"])


class Declining(Asked):
    """Why a reserved lead is not wanted."""

    reason = text(500, load_default="")


class Item(Asked):
    """One lead to buy, and the highest net price accepted (PPA: the sum of its action prices)."""

    lead_id = Id(required=True)
    terms = choice([one.value for one in Terms], load_default=Terms.PPL.value)
    mode = choice([one.value for one in Mode], load_default=Mode.SHARED.value)
    max_net_minor = asked_minor(required=True)


class Order(Asked):
    """One or many leads to buy at once."""

    items = fields.List(fields.Nested(Item), required=True, validate=validate.Length(1, MOST_ITEMS))
    all_or_nothing = Flag(load_default=False)


class Result(Answer):
    """The answer to one item. `net_minor` is the charged price if sold, the present price if it changed."""

    lead_id = Id()
    answer = choice([one.value for one in Outcome])
    message = Text()
    purchase_id = Id(allow_none=True)
    net_minor = minor(allow_none=True)
    gross_minor = minor(allow_none=True)


class Receipt(Answer):
    """The answer to an order: one result per item, in the order of the items."""

    order_id = Id()
    currency = currency()
    gross_minor = minor()
    items = fields.List(fields.Nested(Result))


ListingPage = page_of(Listing, "ListingPage")
ReservedLeadPage = page_of(ReservedLead, "ReservedLeadPage")
