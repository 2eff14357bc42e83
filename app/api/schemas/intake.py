"""Verticals, sources, prices, consent texts, addressees: what an agency keeps before it has leads."""

from marshmallow import fields, validate

from app.api.schemas.fields import (
    Answer,
    Asked,
    Day,
    FlagWord,
    Id,
    Moment,
    PageQuery,
    Text,
    asked_minor,
    choice,
    currency,
    minor,
    page_of,
    text,
    vertical_code,
    whole,
)
from app.leads.channels import CHANNELS
from app.leads.countries import LANGUAGES
from app.leads.fields import TYPES
from app.leads.targets import CONSUMER, TARGETED

LEAD_TYPES = (CONSUMER, TARGETED)


class VerticalField(Answer):
    """One question a vertical asks of a lead."""

    name = Text()
    label = Text()
    type = choice(sorted(TYPES))
    is_required = fields.Boolean()
    is_personal = fields.Boolean()
    is_searchable = fields.Boolean()
    is_previewed = fields.Boolean()
    choices = fields.List(Text(), metadata={"description": "The allowed values of a choice."})


class Vertical(Answer):
    """A kind of leads."""

    code = Text()
    version = fields.Integer()
    name = Text()
    is_b2b = fields.Boolean()
    demands_consent = fields.Boolean()
    lead_days = fields.Integer(metadata={"description": "Days after the enquiry until a lead expires."})
    fields_ = fields.List(fields.Nested(VerticalField), data_key="fields", attribute="fields")


class Target(Answer):
    """A place a column of a file can go."""

    name = Text()
    label = Text()
    is_required = fields.Boolean()
    kind = Text()


class TargetQuery(PageQuery):
    """Which targets."""

    type = choice(LEAD_TYPES, load_default=CONSUMER)


class NewSource(Asked):
    """A source as its agency describes it."""

    name = text(100, shortest=1, required=True)
    channel = choice(CHANNELS, required=True)
    public_label = text(100, load_default="")


class Source(Answer):
    """A channel of an agency, under its own name."""

    id = Id()
    name = Text()
    channel = choice(CHANNELS)
    public_label = Text()
    created_at = Moment()
    archived_at = Moment(allow_none=True)


class SourceQuery(PageQuery):
    """Which sources."""

    has_archived = FlagWord(load_default=False)


class Spend(Asked):
    """What a source cost in one month."""

    month_on = Day(required=True, metadata={"description": "The first day of the month."})
    amount_minor = asked_minor(required=True)
    currency = text(3, shortest=3, required=True)


class SpendAnswer(Answer):
    """What a source cost in one month."""

    month_on = Day()
    amount_minor = minor()
    currency = currency()


class SourceWhole(Source):
    """A source with what it cost."""

    spends = fields.List(fields.Nested(SpendAnswer))


def _price() -> fields.Integer:
    return asked_minor(1, load_default=None, allow_none=True)


class NewPrice(Asked):
    """Net prices of one source in one vertical; null means not offered that way."""

    source_id = Id(required=True)
    vertical = vertical_code()
    shared_minor = _price()
    exclusive_minor = _price()
    reserved_minor = _price()
    call_minor = _price()
    consultation_minor = _price()
    purchase_minor = _price()


class Price(Answer):
    """Net prices of one source in one vertical."""

    source_id = Id()
    source_name = Text()
    vertical = Text()
    currency = currency()
    shared_minor = minor(allow_none=True)
    exclusive_minor = minor(allow_none=True)
    reserved_minor = minor(allow_none=True)
    call_minor = minor(allow_none=True)
    consultation_minor = minor(allow_none=True)
    purchase_minor = minor(allow_none=True)
    updated_at = Moment()


class NewPpaCompany(Asked):
    """A company, by the short name it told the agency."""

    slug = text(100, shortest=1, required=True)


class PpaCompany(Answer):
    """A company that may buy this agency's leads per action."""

    company_id = Id()
    company_name = Text()
    created_at = Moment()


class Wording(Asked):
    """The words of one version of a consent text."""

    language = choice(LANGUAGES, required=True)
    body = text(20_000, shortest=1, required=True)
    recipients = text(2_000, shortest=1, required=True)
    max_recipients = whole(1, 50, required=True)


class NewConsentText(Wording):
    """A new consent text."""

    name = text(100, shortest=1, required=True)


class ConsentText(Answer):
    """One version of a consent text; it never changes."""

    id = Id()
    name = Text()
    version = fields.Integer()
    language = choice(LANGUAGES)
    body = Text()
    recipients = Text()
    max_recipients = fields.Integer()
    created_at = Moment()
    is_newest = fields.Boolean()


class NewAddressee(Asked):
    """A company that leads answered, as the agency knows it."""

    legal_name = text(200, shortest=1, required=True)
    country = text(100, shortest=2, required=True)
    domain = text(253, shortest=1, required=True)
    contact_email = text(254, shortest=3, required=True)


class Addressee(Answer):
    """An addressee; only once it is linked its company sees the leads reserved for it."""

    id = Id()
    legal_name = Text()
    country = Text()
    domain = Text()
    contact_email = Text()
    state = choice(["known", "invited", "accepted", "linked"])
    invited_at = Moment(allow_none=True)
    accepted_at = Moment(allow_none=True)
    linked_at = Moment(allow_none=True)
    created_at = Moment()
    waiting_count = fields.Integer()


class Tenant(Answer):
    """An organisation."""

    id = Id()
    kind = choice(["agency", "company", "operator"])
    slug = Text()
    name = Text()
    state = Text()
    language = Text()
    time_zone = Text()
    currency = currency()
    country = Text()


class Me(Answer):
    """Whose key this is and what it may do."""

    name = Text()
    tenant = fields.Nested(Tenant)
    scopes = fields.List(Text(), validate=validate.Length(max=100))


VerticalPage = page_of(Vertical, "VerticalPage")
TargetPage = page_of(Target, "TargetPage")
SourcePage = page_of(Source, "SourcePage")
PricePage = page_of(Price, "PricePage")
PpaCompanyPage = page_of(PpaCompany, "PpaCompanyPage")
ConsentTextPage = page_of(ConsentText, "ConsentTextPage")
AddresseePage = page_of(Addressee, "AddresseePage")
