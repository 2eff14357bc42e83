"""A score with everything it is made of."""

from marshmallow import fields

from app.api.schemas.fields import Answer, Moment, Text, choice
from app.api.schemas.leads import GRADES
from app.leads.scoring.rules import EXCLUDE, GROUPS, MUST, WEIGHT


class CountedRule(Answer):
    """A rule that is met. `subject` is null where the rule is the agency's own business."""

    subject = Text(allow_none=True)
    op = Text(allow_none=True)
    values = fields.List(fields.Raw())
    currency = Text()
    points = fields.Integer(metadata={"description": "As the rule says."})
    points_now = fields.Float(metadata={"description": "What time has left of them."})
    half_life_days = fields.Integer(allow_none=True)
    age_days = fields.Float()


class ScoreGroup(Answer):
    """A group of rules: what they add up to, and what of it counts between floor and cap."""

    name = choice(GROUPS)
    cap = fields.Integer()
    floor = fields.Integer()
    sum = fields.Float()
    counts = fields.Float()
    rules = fields.List(fields.Nested(CountedRule))


class ScoreTrait(Answer):
    """A trait of the ideal customer, and whether this lead has it."""

    kind = choice((WEIGHT, MUST, EXCLUDE))
    weight = fields.Integer()
    subject = Text(allow_none=True)
    op = Text(allow_none=True)
    values = fields.List(fields.Raw())
    currency = Text()
    is_met = fields.Boolean()


class Score(Answer):
    """Why a lead scores what it scores now."""

    at = Moment()
    version = fields.Integer(metadata={"description": "Of the rules; below zero: as shipped."})
    score = fields.Integer()
    stored = fields.Integer(allow_none=True, metadata={"description": "When it was stored, or sold."})
    fit = fields.Integer(allow_none=True)
    grade = Text(allow_none=True, metadata={"enum": [*GRADES, None]})
    groups = fields.List(fields.Nested(ScoreGroup))
    traits = fields.List(fields.Nested(ScoreTrait))
