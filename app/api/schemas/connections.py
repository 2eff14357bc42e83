"""Connections as their agency makes and sees them, and what they received."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.api.schemas.bulk import LeadProblem
from app.api.schemas.fields import Answer, Asked, Flag, Id, Moment, Text, choice, page_of, text
from app.api.schemas.intake import LEAD_TYPES
from app.api.schemas.uploads import UploadFacts
from app.incoming.connections import OPTIONAL, SECRETS
from app.incoming.documents import KINDS
from app.incoming.mail.places import LONGEST_PLACE
from app.incoming.paths import LONGEST_CONSTANT, MOST_CONSTANTS
from app.incoming.sender_secrets import LONGEST
from app.leads.legal_basis import BASES

BODY_STATES = ("pending", "done", "dead")
BODY_RESULTS = (
    "accepted",
    "known",
    "duplicate",
    "rejected",
    "quarantined",
    "refused",
    "unmapped",
    "test",
    "no_lead",
)
SEVERAL = "several"
"""A mail of several leads: each of its rows has one of the results."""
MOST_PLACES = 300
_NAMES = (*dict.fromkeys(name for names in SECRETS.values() for name in names), *OPTIONAL.values())

Secrets = Asked.from_dict({name: text(LONGEST, load_default="") for name in _NAMES}, name="Secrets")
"""What a sender proves itself with; which of them, its kind says."""


class EditedConnection(UploadFacts):
    """What holds for every lead that comes from now on. With `draft` they are kept, not offered."""

    name = text(100, shortest=1, required=True)
    draft = Flag(load_default=False)


class NewConnection(EditedConnection):
    """A connection. Google Ads needs a `google_key`, Meta its three secrets; a generic one may sign with `signing_secret`."""

    kind = choice(KINDS, required=True)
    secrets = fields.Nested(Secrets, load_default={})

    @validates_schema
    def _names_only_its_own(self, data: dict[str, Any], **_more: Any) -> None:
        own = {*SECRETS.get(data["kind"], ()), OPTIONAL.get(data["kind"])}
        if wrong := [name for name, one in data["secrets"].items() if one and name not in own]:
            sentence = "This kind of connection has no such secret."
            raise ValidationError({"secrets": {name: [sentence] for name in wrong}})


class Count(Answer):
    """How often something became of what was received."""

    result = choice((*BODY_RESULTS, "pending", "dead"))
    count = fields.Integer()


class Connection(Answer):
    """Another system that sends leads to an address of its own. Paused, it keeps what arrives and waits."""

    id = Id()
    kind = choice(KINDS)
    name = Text()
    vertical = Text()
    type = choice(LEAD_TYPES)
    source_id = Id()
    country = Text()
    legal_basis = choice(BASES)
    consent_text_id = Id(allow_none=True)
    addressee_id = Id(allow_none=True)
    max_sales = fields.Integer(allow_none=True)
    draft = Flag()
    is_mapped = fields.Boolean(
        metadata={"description": "False: an advertiser's form is read by guessing, others wait."}
    )
    created_at = Moment()
    paused_at = Moment(allow_none=True)
    last_at = Moment(allow_none=True, metadata={"description": "When something last arrived."})
    counts = fields.List(fields.Nested(Count))


class MadeConnection(Connection):
    """A connection with its secret address, shown this once."""

    address = Text(allow_none=True)


class Address(Answer):
    """The secret address of a connection, shown this once."""

    address = Text(allow_none=True)


class PlaceTarget(Asked):
    """A place of a body (`answers.phone`, `items[0].name`; of a mail `label.Phone`, `column.Name`, `sentence.…`) and its target."""

    place = text(LONGEST_PLACE, shortest=1, required=True)
    target = text(100, shortest=1, required=True)


class Fixed(Asked):
    """A target that always has the same value."""

    target = text(100, shortest=1, required=True)
    value = text(LONGEST_CONSTANT, shortest=1, required=True)


class PlaceMapping(Asked):
    """What of a body goes where; what is not named is left out. It replaces the mapping before."""

    places = fields.List(fields.Nested(PlaceTarget), required=True, validate=validate.Length(max=MOST_PLACES))
    constants = fields.List(
        fields.Nested(Fixed), load_default=[], validate=validate.Length(max=MOST_CONSTANTS)
    )

    @validates_schema
    def _says_each_once(self, data: dict[str, Any], **_more: Any) -> None:
        for part, key in (("places", "place"), ("constants", "target")):
            named = [one[key] for one in data[part]]
            if len(set(named)) < len(named):
                raise ValidationError({part: [f"A {key} stands here twice."]})


class Place(Answer):
    """A place, what stands there in the newest body, where it goes, and where it probably should."""

    place = Text()
    value = Text(allow_none=True)
    target = Text(allow_none=True)
    suggested = Text(allow_none=True)


class FixedAnswer(Answer):
    """A target that always has the same value."""

    target = Text()
    value = Text()


class PlaceMappingAnswer(Answer):
    """What goes where, beside the newest body that is still kept."""

    received_at = Moment(allow_none=True, metadata={"description": "Of that body; null: there is none."})
    places = fields.List(fields.Nested(Place))
    constants = fields.List(fields.Nested(FixedAnswer))


class ReceivedBody(Answer):
    """Something a connection received, and what became of it. After 30 days it is not kept, its result is."""

    id = Id()
    received_at = Moment()
    state = choice(BODY_STATES)
    result = Text(allow_none=True, validate=validate.OneOf([*BODY_RESULTS, SEVERAL, None]))
    counts = fields.List(
        fields.Nested(Count), metadata={"description": "Of the rows of a mail that held several leads."}
    )
    lead_id = Id(allow_none=True)
    quarantined_id = Id(allow_none=True)
    problems = fields.List(fields.Nested(LeadProblem))
    attempts = fields.Integer()
    last_error = Text(allow_none=True)
    is_kept = fields.Boolean()


class Stands(Answer):
    """A place of a body and what stands there."""

    place = Text()
    value = Text()


class RowResult(Answer):
    """What became of one row of a mail that held several leads."""

    number = fields.Integer()
    result = choice(BODY_RESULTS)
    lead_id = Id(allow_none=True)
    quarantined_id = Id(allow_none=True)
    problems = fields.List(fields.Nested(LeadProblem))


class OpenedBody(ReceivedBody):
    """The same with what stands in it, which is personal data; null once it is not kept, or cannot be read."""

    rows = fields.List(fields.Nested(RowResult))
    places = fields.List(fields.Nested(Stands), allow_none=True)


class SentAgain(Answer):
    """How many bodies go through again."""

    count = fields.Integer()


ConnectionPage = page_of(Connection, "ConnectionPage")
BodyPage = page_of(ReceivedBody, "BodyPage")
