"""Files of suppression lists as whoever sent them sees them."""

from typing import Any

from marshmallow import fields

from app.api.schemas.fields import Answer, Id, Moment, Text, choice, page_of
from app.leads.list_rows import REASONS

LIST_UPLOAD_STATES = ("reading", "done", "refused", "stopped", "failed")


class RefusedEntry(Answer):
    """Where something stood that is no entry, and why it is none."""

    line = fields.Function(lambda one: one[0], metadata={"type": "integer"})
    column = fields.Function(lambda one: one[1], metadata={"type": "integer"})
    code = fields.Function(lambda one: one[2], metadata={"type": "string", "enum": list(REASONS)})


class ListUpload(Answer):
    """A file for a list. `added`, `known` and `refused` count its entries so far; the list grows with each block."""

    id = Id()
    list_id = Id()
    file_name = Text()
    size = fields.Integer()
    state = choice(LIST_UPLOAD_STATES)
    rows_total = fields.Integer(
        allow_none=True, metadata={"description": "Null until the whole file was looked through."}
    )
    rows_read = fields.Integer()
    added = fields.Integer()
    known = fields.Integer(metadata={"description": "On the list already, or twice in the file."})
    refused = fields.Integer()
    closed_listings = fields.Integer(
        attribute="closed", metadata={"description": "Open listings of the agency's that this closed."}
    )
    reasons = fields.Dict(keys=fields.String(), values=fields.Integer())
    first_refused = fields.List(
        fields.Nested(RefusedEntry), metadata={"description": "The first 50; never what stood there."}
    )
    passed_over = fields.Method(
        "columns", metadata={"type": "array", "items": {"type": "integer"}, "description": "Columns without entries, from 1."}
    )  # fmt: skip
    failure = Text(allow_none=True)
    created_at = Moment()
    ended_at = Moment(allow_none=True)

    def columns(self, upload: Any) -> list[int]:
        """As people count them."""
        return [column + 1 for column in upload.passed_over]


ListUploadPage = page_of(ListUpload, "ListUploadPage")
