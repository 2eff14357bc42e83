"""How a file is read, which column holds what, and what its values mean, as programs say and see it."""

from marshmallow import fields, validate

from app.api.schemas.fields import Answer, Asked, Text, choice, number_word, text, whole
from app.leads import value_meanings
from app.leads.date_orders import ORDERS as DATE_ORDERS
from app.leads.files.encoding import ENCODINGS
from app.leads.files.layout import DELIMITERS, QUOTES
from app.leads.full_names import ORDERS

DEEDS = ("use", "leave_empty", "leave_out", "as_it_is")
"""What becomes of a value: another stands for it, the field is empty, its rows stay out, nothing."""
SETTLED_BY = (value_meanings.READ, value_meanings.YOURS, value_meanings.GUESS, value_meanings.UNKNOWN)


class LayoutWish(Asked):
    """How a file is read; null: as it is detected."""

    encoding = choice(ENCODINGS, load_default=None, allow_none=True)
    delimiter = choice(DELIMITERS, load_default=None, allow_none=True)
    quotechar = choice(
        QUOTES,
        load_default=None,
        allow_none=True,
        metadata={"description": "Empty: quotation marks mean nothing."},
    )
    sheet = text(200, load_default=None, allow_none=True)
    header_row = whole(
        0,
        1_000_000,
        load_default=None,
        allow_none=True,
        metadata={"description": "Its line; 0: there is no heading."},
    )
    header_rows = whole(1, 2, load_default=None, allow_none=True)


class LayoutAnswer(Answer):
    """How a file is read; what does not apply to its kind is empty."""

    kind = Text()
    packing = Text()
    encoding = Text()
    delimiter = Text()
    quotechar = Text()
    sheet = Text()
    sheets = fields.List(Text())
    header_row = fields.Integer()
    header_rows = fields.Integer()
    width = fields.Integer(metadata={"description": "How many columns it has."})
    unsaved_formulas = fields.Integer(
        metadata={"description": "Cells with a formula and no saved value; they are read as empty."}
    )


class Constant(Asked):
    """One value for all rows that have none of their own."""

    target = text(100, required=True)
    value = text(2_000, shortest=1, required=True)


class ColumnTarget(Asked):
    """One column, counted from 0, and its target; null leaves it out."""

    column = whole(0, 1_000, required=True)
    target = text(100, required=True, allow_none=True)
    name_order = choice(
        ORDERS,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Of a full name: the order it is written in, so that its parts stand beside it."
        },
    )
    date_order = choice(
        DATE_ORDERS,
        load_default=None,
        allow_none=True,
        metadata={"description": "Of a date: what stands first; null: as the file tells, else the day."},
    )


class Mapping(Asked):
    """Which column holds what; a column that is not named is left out. Without `constants` they stay as they are."""

    columns = fields.List(fields.Nested(ColumnTarget), required=True, validate=validate.Length(1, 200))
    constants = fields.List(fields.Nested(Constant), load_default=None, validate=validate.Length(max=100))


class DateProof(Answer):
    """How many values of a column can only have the day first, only the month first, or may have either."""

    day_first = fields.Integer(attribute="day")
    month_first = fields.Integer(attribute="month")
    either = fields.Integer()
    is_whole = fields.Boolean(metadata={"description": "Of the whole file, not only of its first rows."})


class SuggestedColumn(Answer):
    """A column, where it goes, and where it probably should; `confidence` from 0 to 100, `guess` below what is sure."""

    column = fields.Integer()
    heading = Text()
    target = Text(allow_none=True)
    name_order = Text(allow_none=True)
    date_order = Text(allow_none=True, metadata={"description": "As it was chosen; null: as the file tells."})
    dates_read = Text(allow_none=True, metadata={"description": "The order a column of dates is read in."})
    date_proof = fields.Nested(
        DateProof, allow_none=True, metadata={"description": "Null: no dates in numbers."}
    )
    suggested = Text(allow_none=True)
    suggested_order = Text(allow_none=True)
    guess = Text(allow_none=True)
    confidence = fields.Integer()
    reason = Text()


class ConstantAnswer(Answer):
    """One value for all rows that have none of their own."""

    target = Text()
    value = Text()


class MappingAnswer(Answer):
    """Where the columns go, and where they probably should."""

    columns = fields.List(fields.Nested(SuggestedColumn))
    constants = fields.List(fields.Nested(ConstantAnswer))


class PreviewProblem(Answer):
    """What is wrong with a row; `column` is null when it is with none of them."""

    column = fields.Integer(allow_none=True)
    sentence = Text()


class PreviewRow(Answer):
    """One row of the file."""

    line = fields.Integer()
    cells = fields.List(Text())
    problems = fields.List(fields.Nested(PreviewProblem))


class PreviewReason(Answer):
    """How often one thing is wrong."""

    sentence = Text()
    count = fields.Integer()


class Preview(Answer):
    """The first rows read by the mapping as it stands; duplicates are looked for by the check."""

    total = fields.Integer()
    ready = fields.Integer()
    reasons = fields.List(fields.Nested(PreviewReason))
    rows = fields.List(fields.Nested(PreviewRow))


class ValuesQuery(Asked):
    """Which values of the column; without a target, of the one it goes to."""

    target = text(100, load_default="")
    search = text(100, load_default="")
    limit = number_word(1, 200, load_default=value_meanings.SHOWN)


class Option(Answer):
    """An allowed value."""

    value = Text()
    label = Text()


class ValueMeaning(Answer):
    """One value of the column. What was guessed counts once it was sent back."""

    written = Text()
    count = fields.Integer()
    deed = choice(DEEDS)
    value = Text(allow_none=True, metadata={"description": "What stands for it, with `use`."})
    settled_by = choice(SETTLED_BY)


class ColumnValues(Answer):
    """The values of a column, those nobody understands first, then the commonest."""

    column = fields.Integer()
    target = Text()
    options = fields.List(fields.Nested(Option))
    values = fields.List(fields.Nested(ValueMeaning))
    different = fields.Integer()
    not_understood = fields.Integer()
    found = fields.Integer()
    is_whole = fields.Boolean(
        metadata={"description": "Counted in the whole file, not only in its first rows."}
    )


class SaidValue(Asked):
    """What one value means."""

    written = text(200, shortest=1, required=True)
    deed = choice(DEEDS, required=True)
    value = text(200, load_default=None, allow_none=True, metadata={"description": "With `use`."})


class SaidValues(Asked):
    """What values of a field mean; what was said of others stays."""

    target = text(100, required=True)
    values = fields.List(fields.Nested(SaidValue), required=True, validate=validate.Length(1, 1_000))
