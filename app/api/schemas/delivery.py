"""Destinations, and what was delivered to them."""

from marshmallow import fields, validate

from app.api.schemas.fields import Answer, Asked, Id, Moment, PageQuery, Text, choice, page_of, text, words
from app.delivery.models import (
    DEAD,
    DELIVERED,
    DOWNLOAD,
    EMAIL,
    ERROR,
    FAILURE,
    PENDING,
    REFUSED,
    SENDING,
    SKIP,
    SUCCESS,
    WEBHOOK,
)
from tenants.language import LANGUAGES

KINDS = (DOWNLOAD, EMAIL, WEBHOOK)
STATES = (PENDING, SENDING, DELIVERED, REFUSED, DEAD)
RESULTS = (SUCCESS, FAILURE, ERROR, SKIP)
EVENTS = (
    "sale.created",
    "sale.returned",
    "action.reported",
    "action.captured",
    "action.withdrawn",
    "action.disputed",
    "action.decided",
    "return.claimed",
    "return.refused",
    "lead.reserved",
    "lead.declined",
    "lead.consent_withdrawn",
    "lead.score_reached",
)
"""Everything that is ever told; docs/api.md says what each holds."""


class NewDestination(Asked):
    """Where to be told. A webhook's address is https, an e-mail's a mailbox; a download has none."""

    kind = choice(KINDS, required=True)
    name = text(100, shortest=1, required=True)
    address = text(2_000, load_default=None, allow_none=True)
    language = choice(LANGUAGES, load_default="en")
    event_types = fields.List(
        choice(EVENTS),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 50),
        metadata={"description": "Null: every event."},
    )


class Rename(Asked):
    """Another name."""

    name = text(100, shortest=1, required=True)


class Destination(Answer):
    """Where you are told what happens. `secret` is shown once, when it is made."""

    id = Id()
    kind = choice(KINDS)
    name = Text()
    address = Text(allow_none=True)
    includes_contacts = fields.Boolean()
    language = Text()
    event_types = fields.List(Text(), allow_none=True)
    created_at = Moment()
    enabled = fields.Boolean()
    disabled_at = Moment(allow_none=True)
    disabled_reason = Text(allow_none=True)


class NewlyMade(Destination):
    """A new destination with its signing secret, shown this once."""

    secret = Text(allow_none=True)


class Secret(Answer):
    """A new signing secret, shown this once; the old one signs beside it for another 24 hours."""

    secret = Text(allow_none=True)


class DeliveryRow(Answer):
    """One event owed to one destination; `id` is the webhook-id."""

    id = Id()
    destination_id = Id()
    event_type = Text()
    subject_id = Id()
    state = choice(STATES)
    attempts = fields.Integer()
    due_at = Moment()
    created_at = Moment()
    delivered_at = Moment(allow_none=True)
    last_status = fields.Integer(allow_none=True)
    last_error = Text(allow_none=True)


class Attempt(Answer):
    """One try, as it went."""

    number = fields.Integer()
    at = Moment()
    status = fields.Integer(allow_none=True)
    result = choice(RESULTS)
    error = Text(allow_none=True)
    milliseconds = fields.Integer()


class Delivery(DeliveryRow):
    """One delivery with its attempts."""

    tries = fields.List(fields.Nested(Attempt))


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    destination_id = Id(load_default=None)
    state = words(STATES)


DestinationPage = page_of(Destination, "DestinationPage")
DeliveryPage = page_of(DeliveryRow, "DeliveryPage")
