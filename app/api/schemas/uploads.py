"""Files on their way, as their agency's programs send them."""

from marshmallow import fields

from app.api.schemas.fields import Answer, Asked, Id, Moment, Text, choice, text, vertical_code, whole
from app.api.schemas.intake import LEAD_TYPES
from app.leads.file_uploads import LONGEST_MARK
from app.leads.files.layout import LARGEST_FILE
from app.leads.legal_basis import BASES, MOST_SALES


class NewUpload(Asked):
    """A file before it comes; `mark` is anything by which its sender knows the same file again."""

    file_name = text(200, shortest=1, required=True)
    size = whole(1, LARGEST_FILE, required=True)
    mark = text(LONGEST_MARK, load_default="")


class Upload(Answer):
    """A file on its way: the next slice begins at `offset`; `batch_id` is what it became."""

    id = Id()
    file_name = Text()
    size = fields.Integer()
    offset = fields.Integer()
    expires_at = Moment()
    batch_id = Id(allow_none=True)


class UploadFacts(Asked):
    """What holds for every lead in the file."""

    vertical = vertical_code()
    type = choice(LEAD_TYPES, required=True)
    source_id = Id(required=True)
    country = text(100, shortest=2, required=True)
    legal_basis = choice(BASES, required=True)
    consent_text_id = Id(load_default=None, allow_none=True)
    addressee_id = Id(load_default=None, allow_none=True)
    max_sales = whole(1, MOST_SALES, load_default=None, allow_none=True)
