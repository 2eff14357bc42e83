"""What many rows of a file need, and what was decided about it, as programs say and see it."""

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import fields, validate

from app.api.schemas.batch_columns import DEEDS, SaidValue
from app.api.schemas.fields import Answer, Asked, Id, Text, choice, text, whole
from app.leads.legal_basis import BASES, MOST_SALES

KINDS = ("phone", "email")


class FoundValue(Answer):
    """A value that nobody understands, in how many rows, and what it most probably means."""

    target = Text()
    written = Text()
    count = fields.Integer()
    guess = Text(allow_none=True)


class RepairSample(Answer):
    """A channel as it is written, and as it would be."""

    written = Text()
    meant = Text()


class FoundRepair(Answer):
    """Channels of one kind that can be put right, because only one thing can have been meant."""

    kind = choice(KINDS)
    count = fields.Integer()
    samples = fields.List(fields.Nested(RepairSample))


class DecidedValue(Answer):
    """What is done with a value."""

    target = Text()
    written = Text()
    deed = choice(DEEDS)
    value = Text(allow_none=True)


class Fixes(Answer):
    """What the last check found that could be put right for many rows, and what is decided."""

    found_values = fields.List(fields.Nested(FoundValue))
    found_repairs = fields.List(fields.Nested(FoundRepair))
    values = fields.List(fields.Nested(DecidedValue))
    repairs = fields.List(choice(KINDS))
    corrected = fields.Integer(metadata={"description": "Rows that were mended and sent back."})


class DecidedFor(SaidValue):
    """What is to be done with a value of a field."""

    target = text(100, required=True)


class NewFixes(Asked):
    """All that is to be put right; it replaces what was decided before."""

    values = fields.List(fields.Nested(DecidedFor), load_default=[], validate=validate.Length(max=10_000))
    repairs = fields.List(choice(KINDS), load_default=[], validate=validate.Length(max=2))


class Corrections(Asked):
    """The file of rejects, mended."""

    file = Upload(required=True)


class Corrected(Answer):
    """How many rows were mended."""

    corrected = fields.Integer()


class BatchTerms(Asked):
    """On what basis the leads may be sold, and to how many."""

    legal_basis = choice(BASES, required=True)
    consent_text_id = Id(load_default=None, allow_none=True)
    max_sales = whole(1, MOST_SALES, load_default=None, allow_none=True)
