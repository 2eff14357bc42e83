"""What follows a sale: outcomes, actions, returns."""

from marshmallow import fields

from app.api.schemas.fields import (
    Answer,
    Asked,
    Flag,
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
    whole,
    words,
)
from app.market.returns import REASONS
from app.market.terms import ACTIONS
from app.outcomes.report import REJECT_REASONS, TYPES

ACTION_STATES = ("pending", "confirmed", "withdrawn", "disputed", "decided")
RETURN_STATES = ("open", "accepted", "refused", "appealed", "decided")


class NewOutcome(Asked):
    """What became of a bought lead. The same `external_id` again is recorded once."""

    purchase_id = Id(required=True)
    type = choice(TYPES, required=True)
    at = Moment(required=True)
    external_id = text(255, load_default=None, allow_none=True)
    value_minor = asked_minor(load_default=None, allow_none=True)
    currency = text(3, shortest=3, load_default=None, allow_none=True)
    seconds = whole(0, 86_400, load_default=None, allow_none=True)
    reason = choice(REJECT_REASONS, load_default=None, allow_none=True)
    note = text(4_000, load_default="")
    corrects_id = Id(load_default=None, allow_none=True)
    repeat = Flag(load_default=False)


class OutcomeAnswer(Answer):
    """An outcome as it was recorded."""

    id = Id()
    purchase_id = Id()
    type = choice(TYPES)
    at = Moment()
    reported_at = Moment()
    reporter = Text()
    external_id = Text(allow_none=True)
    value_minor = minor(allow_none=True)
    currency = Text(allow_none=True)
    seconds = fields.Integer(allow_none=True)
    reason = Text(allow_none=True)
    corrects_id = Id(allow_none=True)
    is_late = fields.Boolean()


class NewAction(Asked):
    """An action that the company did not report, with what proves it."""

    sale_id = Id(required=True)
    type = choice(ACTIONS, required=True)
    happened_at = Moment(required=True)
    evidence = text(2_000, shortest=1, required=True)


class Action(Answer):
    """A billable outcome. `sale_id` is also the id of the purchase; silence until `decide_by` confirms."""

    id = Id()
    sale_id = Id()
    type = choice(ACTIONS)
    state = choice(ACTION_STATES)
    is_billed = fields.Boolean()
    claimed_by = choice(["company", "agency"])
    outcome_id = Id(allow_none=True)
    evidence = Text()
    happened_at = Moment()
    reported_at = Moment()
    decide_by = Moment()
    decided_at = Moment(allow_none=True)
    reason = Text(allow_none=True)
    net_minor = minor()
    vat_minor = minor()
    currency = currency()
    captured_at = Moment(allow_none=True)


class ActionQuery(PageQuery):
    """Which actions."""

    state = words(ACTION_STATES)


class Why(Asked):
    """Why."""

    reason = text(2_000, shortest=1, required=True)


class NewReturn(Asked):
    """Why a lead goes back."""

    purchase_id = Id(required=True)
    reason = choice(REASONS, required=True)
    note = text(2_000, shortest=1, required=True)


class Return(Answer):
    """A claim to return a lead. `sale_id` is also the id of the purchase; silence until `decide_by` accepts."""

    id = Id()
    sale_id = Id()
    reason = choice(REASONS)
    note = Text()
    state = choice(RETURN_STATES)
    is_upheld = fields.Boolean(allow_none=True)
    net_minor = minor()
    gross_minor = minor()
    currency = currency()
    opened_at = Moment()
    decide_by = Moment()
    answered_at = Moment(allow_none=True)
    answer = Text(allow_none=True)
    appealed_at = Moment(allow_none=True)
    appeal = Text(allow_none=True)
    appeal_until = Moment(allow_none=True)
    settled_at = Moment(allow_none=True)


class ReturnQuery(PageQuery):
    """Which returns."""

    state = words(RETURN_STATES)


class Decision(Asked):
    """The agency's answer; a refusal says why."""

    decision = choice(["accept", "refuse"], required=True)
    answer = text(2_000, load_default="")


class Appeal(Asked):
    """Why the operator should look at it."""

    appeal = text(2_000, shortest=1, required=True)


ActionPage = page_of(Action, "ActionPage")
ReturnPage = page_of(Return, "ReturnPage")
