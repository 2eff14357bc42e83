"""Re-checks of unsold leads as their agency asks for and sees them."""

from marshmallow import fields, validate

from app.api.schemas.fields import Answer, Asked, Id, Moment, PageQuery, Text, choice, page_of
from app.leads.rechecks.verdicts import VERDICTS

RECHECK_STATES = ("checking", "checked", "applying", "applied", "cancelled", "failed")


class NewRecheck(Asked):
    """Which unsold leads: those of one upload, or those of a vertical, a source, or both; with neither, all."""

    batch_id = Id(load_default=None, allow_none=True)
    vertical = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"^[a-z0-9_]{1,100}$", error="A vertical's code, such as home_solar."),
    )
    source_id = Id(load_default=None, allow_none=True)


class RecheckFinding(Answer):
    """How many leads have a verdict for a reason; behind a colon: which value it is about."""

    verdict = choice(VERDICTS)
    code = Text()
    count = fields.Integer()


class RecheckRow(Answer):
    """One re-check. Once checked: `seen` is the sum of the verdicts."""

    id = Id()
    state = choice(RECHECK_STATES)
    batch_id = Id(allow_none=True)
    vertical = Text(allow_none=True)
    source_id = Id(allow_none=True)
    total = fields.Integer(allow_none=True, metadata={"description": "Null until a worker has begun."})
    seen = fields.Integer()
    done = fields.Integer(metadata={"description": "Leads that applying has come past."})
    refused = fields.Integer(metadata={"description": "Leads that would not come in today."})
    failure = Text(allow_none=True)
    created_at = Moment()
    checked_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


class RecheckReport(RecheckRow):
    """One re-check with what it found and, once applied, what became of it."""

    verdicts = fields.Dict(keys=fields.String(), values=fields.Integer())
    changed = fields.Integer(
        metadata={"description": "Leads that stay whose flags or score would be others."}
    )
    findings = fields.List(fields.Nested(RecheckFinding))
    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer())


class RecheckQuery(PageQuery):
    """Which re-checks."""


RecheckPage = page_of(RecheckRow, "RecheckPage")
