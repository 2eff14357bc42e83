"""Files of leads as their agency sends and sees them."""

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import Schema, fields

from app.api.schemas.batch_columns import LayoutAnswer
from app.api.schemas.fields import (
    Answer,
    Asked,
    Id,
    Moment,
    PageQuery,
    Text,
    choice,
    number_word,
    page_of,
    text,
    vertical_code,
    words,
)
from app.api.schemas.intake import LEAD_TYPES
from app.leads.legal_basis import BASES, MOST_SALES

BATCH_STATES = ("received", "mapped", "checking", "checked", "staging", "staged", "publishing", "published", "paused", "undone", "failed", "cancelled")  # fmt: skip


class NewBatch(Asked):
    """A CSV file and what holds for every lead in it."""

    file = Upload(required=True)
    vertical = vertical_code()
    type = choice(LEAD_TYPES, required=True)
    source_id = Id(required=True)
    country = text(100, shortest=2, required=True)
    legal_basis = choice(BASES, required=True)
    consent_text_id = Id(load_default=None)
    addressee_id = Id(load_default=None)
    max_sales = number_word(1, MOST_SALES, load_default=None)


class BatchRow(Answer):
    """One uploaded file. Once checked: rows_read = accepted + rejected + duplicates + quarantined."""

    id = Id()
    file_name = Text()
    file_bytes = fields.Integer()
    vertical = Text()
    vertical_version = fields.Integer()
    lead_type = choice(LEAD_TYPES)
    source_id = Id()
    source_name = Text()
    country = Text()
    legal_basis = choice(BASES)
    consent_text_id = Id(allow_none=True)
    addressee_id = Id(allow_none=True)
    max_sales = fields.Integer()
    state = choice(BATCH_STATES)
    rows_read = fields.Integer()
    accepted = fields.Integer()
    rejected = fields.Integer()
    duplicates = fields.Integer()
    quarantined = fields.Integer()
    released = fields.Integer(
        metadata={"description": "How many of the quarantined are leads of this upload since."}
    )
    warned = fields.Integer(metadata={"description": "Accepted leads of which something was left out."})
    rows_total = fields.Integer(
        allow_none=True, metadata={"description": "Null until the file is read to its end."}
    )
    failure = Text(allow_none=True)
    created_at = Moment()
    checking_at = Moment(allow_none=True)
    checked_at = Moment(allow_none=True)
    published_at = Moment(allow_none=True)
    undone_at = Moment(allow_none=True)
    same_as = Id(allow_none=True, metadata={"description": "An earlier upload of the very same file."})


class MappedColumn(Answer):
    """A column of the file and where it goes; null: nowhere."""

    column = fields.Integer()
    heading = Text()
    target = Text(allow_none=True)
    name_order = Text(
        allow_none=True, metadata={"description": "Of a full name whose parts stand beside it."}
    )
    date_order = Text(
        allow_none=True, metadata={"description": "Of a date, as it was chosen; null: as the file tells."}
    )
    dates_read = Text(
        allow_none=True, metadata={"description": "The order a column of dates in numbers is read in."}
    )


class MetUpload(Answer):
    """An upload that holds the leads which rows met; until it is published it can be cancelled, and the rows checked again."""

    id = Id()
    file_name = Text()
    state = choice(BATCH_STATES)
    count = fields.Integer(metadata={"description": "Rows that met its leads."})


class BatchReason(Answer):
    """How often rows became no lead for one reason."""

    kind = Text()
    code = Text()
    column = Text(allow_none=True)
    count = fields.Integer()
    uploads = fields.List(
        fields.Nested(MetUpload),
        metadata={
            "description": "Of duplicates: uploads not published yet, or given up since, whose leads they met."
        },
    )


class Batch(BatchRow):
    """One uploaded file with its columns and what was wrong with its rows."""

    layout = fields.Nested(LayoutAnswer)
    columns = fields.List(fields.Nested(MappedColumn))
    corrected = fields.Integer(metadata={"description": "Rows that were mended and sent back."})
    reasons = fields.List(fields.Nested(BatchReason))


class BatchQuery(PageQuery):
    """Which uploads."""

    state = words(BATCH_STATES)


class Samples(Answer):
    """The first rows of a file, as they stand in it."""

    rows = fields.List(fields.List(Text()))


class Published(Answer):
    """How many leads were offered."""

    published = fields.Integer()


class Undone(Answer):
    """How many leads were withdrawn, and how many sold ones stand."""

    withdrawn = fields.Integer()
    sold = fields.Integer()


BatchPage: type[Schema] = page_of(BatchRow, "BatchPage")
