"""Mail that no person wrote and no form sent: bounces, automatic answers, newsletters. Pure.

Invariant: what answers by itself is never a lead; what is only sent by a program is one as soon as its text names a
phone or an e-mail, because that is how forms send theirs.
"""

import re
from collections.abc import Mapping

from app.incoming.mail.mail import Mail
from app.incoming.mail.places import BLOCK, COLUMN, LABEL, SENTENCE
from tenants.language import N_

BOUNCE = N_("A mail that could not be delivered came back: no lead.")
ANSWER = N_("An automatic answer, such as an absence: no lead.")
BULK = N_("A mail to many, in which the rules find no phone and no e-mail: no lead.")
_BOUNCERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_ABSENT = re.compile(
    r"\s*(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|автоматична відповідь|автовідповідь|"
    r"автоматический ответ|автоответ|odpowiedź automatyczna|autoodpowiedź|abwesenheit)\b",
    re.IGNORECASE,
)
TOO_MANY_ROWS = N_(
    "The table of this mail has %(rows)s rows, at most %(limit)s are taken. Upload them as a file."
)
TWO_TABLES = N_("The rules name columns of two tables with several rows each. Let them name those of one.")
CUT = N_("This mail holds more than is read, so rows of its table may be missing. Upload them as a file.")
ATTACHED = N_("A file is attached (%(kinds)s). Its rows were not read: upload it instead.")
_TABLES = ("csv", "tsv", "xlsx", "xls", "ods", "zip", "gz")
_BULK = ("bulk", "list", "junk")


def answers_by_itself(mail: Mail) -> str | None:
    """Why a mail is no lead whatever stands in it; None when it may be one."""
    says = mail.headers
    is_null = says.get("return-path", "x").strip() == "<>"
    is_report = mail.kind in ("multipart/report", "message/delivery-status") or "x-failed-recipients" in says
    if is_report or is_null or _BOUNCERS.match(mail.sender.address):
        return BOUNCE
    is_reply = says.get("auto-submitted", "").lower().startswith(("auto-replied", "auto-notified"))
    is_marked = (
        "x-autoreply" in says or "x-autorespond" in says or says.get("precedence", "").lower() == "auto_reply"
    )
    return ANSWER if is_reply or is_marked or _ABSENT.match(says.get("subject", "")) else None


def is_to_many(mail: Mail) -> bool:
    """Whether a program sent it, to one or to many."""
    says = mail.headers
    is_automatic = says.get("auto-submitted", "no").lower() != "no"
    is_bulk = says.get("precedence", "").lower() in _BULK
    return is_automatic or is_bulk or "list-id" in says or "list-unsubscribe" in says


def names_somebody(rules: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Whether a rule (place → target) found a phone or an e-mail in the text itself, not only in the head."""
    return any(
        place.startswith((LABEL, BLOCK, COLUMN, SENTENCE)) and target.endswith(("_phone", "_email"))
        for place, target in rules.items()
        if found.get(place)
    )


def tables_attached(mail: Mail, *, is_read: bool = False) -> str:
    """The kinds of tables that hang on a mail unread, such as "CSV, XLSX"; empty when none does.

    With `is_read` the files of values between commas were read.
    """
    read = {one.name for one in mail.sheets} if is_read else set()
    endings = {name.rpartition(".")[2].lower() for name in mail.attached if name not in read}
    return ", ".join(one.upper() for one in _TABLES if one in endings)
