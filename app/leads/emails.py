"""E-mail addresses, however written, read into one normal form.

Invariant: the normal form is lower case, NFC, with an ASCII (IDNA) domain, and email-validator accepts it; the fast
path only knows plain ASCII addresses and leaves the rest to that library. No network is asked.
"""

import re
import unicodedata

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

_ATOM = r"[a-z0-9_!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{6,254}}\Z){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+([a-z]{{2,63}})\Z")
_LONGEST_LOCAL = 64
_LONGEST_CELL = 500
_IN_BRACKETS = re.compile(r".*<\s*(?:mailto:)?([^<>\s]+)\s*>\s*\Z", re.DOTALL | re.IGNORECASE)
_BETWEEN_EMAILS = re.compile(r"[,;|\s]+(?:(?:або|чи|или|or|lub)\s+)?|/(?=[^/@]+@)", re.IGNORECASE)


def normal_form(raw: str) -> str | None:
    """The address in its normal form, or None when it is not one."""
    address = raw.strip().lower()
    found = _PLAIN.match(address)
    if found and address.index("@") <= _LONGEST_LOCAL and found[1] not in SPECIAL_USE_DOMAIN_NAMES:
        return address
    return _by_library(address)


def split(raw: str) -> list[str]:
    """The single addresses of a cell that may hold several; order kept, nothing dropped but the separators."""
    if raw.count("@") < 2:
        return [raw.strip()] if raw.strip() else []
    return [part for piece in _BETWEEN_EMAILS.split(raw) if (part := piece.strip())]


def _by_library(address: str) -> str | None:
    if len(address) > _LONGEST_CELL:
        return None
    bracketed = _IN_BRACKETS.match(address)
    bare = bracketed[1] if bracketed else address.removeprefix("mailto:")
    try:
        valid = validate_email(unicodedata.normalize("NFC", bare), check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return f"{valid.local_part.lower()}@{valid.ascii_domain}"
