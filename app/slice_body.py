"""Reading a slice of a file from a request: bytes as they are, and the place in the file where they begin.

Invariant: no transaction is open while the bytes come: a slow line holds no lock and no connection.
"""

from flask import request
from werkzeug.exceptions import ClientDisconnected

from app.guard import settle
from app.leads.file_uploads import SLICE_BYTES, SliceTooLarge
from tenants.errors import Invalid, Refused
from tenants.language import N_

OFFSET = "Upload-Offset"
CONTENT_TYPE = "application/octet-stream"


class NotASlice(Refused):
    """The body is not sent as bytes (application/octet-stream); nothing was stored."""

    status, code = 415, "not_a_slice"


class SliceCutOff(Refused):
    """The connection ended before the slice; nothing was stored."""

    status, code = 400, "slice_cut_off"


def read_slice() -> tuple[int, bytes]:
    """The slice's offset and bytes; ends the request's transaction first.

    Raises `Invalid`, `NotASlice`, `SliceTooLarge` or `SliceCutOff`.
    """
    written = request.headers.get(OFFSET, "")
    if not (written.isascii() and written.isdigit() and len(written) < 16):
        sentence = N_("Say in the header Upload-Offset at which byte of the file the slice begins.")
        raise Invalid(sentence, fields={OFFSET: sentence})
    if request.mimetype != CONTENT_TYPE:
        raise NotASlice(N_("Send the slice as application/octet-stream."), expected=CONTENT_TYPE)
    if (request.content_length or 0) > SLICE_BYTES:
        raise SliceTooLarge(N_("A slice holds at most %(limit)s bytes."), limit=SLICE_BYTES)
    request.max_content_length = SLICE_BYTES
    settle()
    try:
        return int(written), request.get_data(cache=False)
    except ClientDisconnected as gone:
        raise SliceCutOff(N_("The connection ended before the slice did.")) from gone
