"""A refusal as the API says it (RFC 9457): one shape for all; what is special to one stands beside the common keys."""

from marshmallow import INCLUDE, Schema, fields


class Problem(Schema):
    """A refusal. `code` is stable, `detail` is for reading; nothing was written."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"format": "uri-reference"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(
        required=True, metadata={"description": "A stable word for programs.", "example": "insufficient_funds"}
    )  # fmt: skip
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        data_key="fields",
        metadata={"description": "Which part of the request is wrong, and why (dotted path to sentence)."},
    )
    problems = fields.List(
        fields.Dict(),
        metadata={"description": "Everything wrong with a lead or a mapping: code, target, column, message."},
    )
