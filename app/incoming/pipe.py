"""A mail handed over by a mail server through a pipe: kept, or answered by the exit code that mail servers know.

Invariants: 0 means that the mail is kept; whatever fails for a reason that may pass is 75, so that the mail server tries
again; nothing of the mail is printed.
"""

from typing import BinaryIO

from app.incoming.mail.mail import LARGEST_BYTES
from app.incoming.pace import TooFast
from app.incoming.receive import enter, keep_mail
from tenants.errors import Busy, NotFound, Refused

ACCEPTED, DATA_ERROR, NO_SUCH_ADDRESS, TEMPORARY = 0, 65, 67, 75
"""As sysexits.h names them: EX_OK, EX_DATAERR, EX_NOUSER, EX_TEMPFAIL."""


def deliver(token: str, stream: BinaryIO) -> tuple[int, str]:
    """Keep the mail that the stream holds; gives the exit code, and a word for the mail server's log."""
    try:
        found = enter(token)
        raw = stream.read(LARGEST_BYTES + 1)
        keep_mail(found, "message/rfc822", raw)
    except NotFound:
        return NO_SUCH_ADDRESS, "no such address"
    except (TooFast, Busy) as later:
        return TEMPORARY, later.code
    except Refused as refused:
        return DATA_ERROR, refused.code
    except Exception as failure:  # whatever it is, the mail must not be lost
        return TEMPORARY, type(failure).__name__
    return ACCEPTED, "accepted"
