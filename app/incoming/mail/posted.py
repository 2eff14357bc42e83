"""The raw mail in what a mail provider posts: the body itself, or a field of a form or of JSON. Pure.

Invariant: the mail's bytes come out as the provider sent them, not re-encoded, wherever the shape allows it.
"""

import json
from urllib.parse import parse_qsl

from app.incoming.documents import UnreadableBody
from app.incoming.mail.parts import form_fields
from tenants.language import N_

FIELDS = ("email", "body-mime", "message", "RawEmail", "raw", "mime")
"""Where SendGrid, Mailgun, CloudMailin, Postmark and others put the raw mail; the first that is there counts."""
RAW = ("message/rfc822", "application/octet-stream", "text/plain")
_MOST_FIELDS = 300


def raw_mail(content_type: str, body: bytes) -> bytes:
    """The mail as it was received. Raises `UnreadableBody` when there is none in what was posted."""
    mimetype = content_type.partition(";")[0].strip().lower()
    if mimetype in RAW:
        return body
    found = _fields(mimetype, content_type, body)
    raw = next((found[name] for name in FIELDS if found.get(name)), None)
    if raw is None:
        raise UnreadableBody(
            N_("Send the raw mail as message/rfc822, or in the field email, body-mime, message or RawEmail.")
        )
    return raw


def _fields(mimetype: str, content_type: str, body: bytes) -> dict[str, bytes]:
    try:
        if mimetype == "multipart/form-data":
            return form_fields(content_type, body)
        if mimetype == "application/x-www-form-urlencoded":
            # a byte is a letter here, so that no byte is changed on the way
            written = parse_qsl(body.decode("latin-1"), max_num_fields=_MOST_FIELDS, encoding="latin-1")
            return {name: value.encode("latin-1") for name, value in written}
        if mimetype == "application/json":
            value = json.loads(body)
            named = value.items() if isinstance(value, dict) else ()
            return {name: text.encode("utf-8", "replace") for name, text in named if isinstance(text, str)}
    except (ValueError, RecursionError) as broken:
        raise UnreadableBody(N_("The body cannot be read.")) from broken
    return {}
