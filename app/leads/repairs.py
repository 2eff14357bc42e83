"""Putting a damaged phone or e-mail right when only one thing can have been meant.

Invariant: what comes out is valid by the same rules as any other, and no second valid reading was found; else nothing
comes out. Nothing is repaired without a person's yes.
"""

import re

from app.leads import emails, phones

REPAIRABLE = {"bad_phone": "phone", "bad_email": "email"}
"""Code of a problem → what may be put right."""
_DIGIT_OF = {"O": "0", "o": "0", "О": "0", "о": "0", "l": "1", "I": "1", "І": "1", "З": "3"}
_FOR_A_DIGIT = re.compile(r"(?<=\d)[OoОоlIІЗ]|[OoОоlIІЗ](?=\d)")
_LOOK_LIKE_LATIN = str.maketrans("аеорсухіАЕОРСУХІ", "aeopcyxiAEOPCYXI")
_RUN = re.compile(r"\+?\d[\d\s\u00a0().\-–]{5,}\d")
_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\}|\s+at\s+|@+)\s*", re.IGNORECASE)
_DOT = re.compile(r"\s*(?:\(dot\)|\[dot\]|\s+dot\s+)\s*", re.IGNORECASE)
_TRUNKS = ("00", "810", "80", "8", "0")


def phone(raw: str, country: str) -> str | None:
    """The one number in E.164 that a text can have meant, of `country` before any other; None when there is none or
    more than one.

    Mends letters typed for digits, words around the number, a prefix without its plus, a trunk zero behind the prefix,
    the old inland prefix 8.
    """
    runs = _RUN.findall(_FOR_A_DIGIT.sub(lambda found: _DIGIT_OF[found[0]], raw))
    if len(runs) != 1 or phones.is_rounded(raw):
        return None
    digits = re.sub(r"\D", "", runs[0])
    found = {number for one in _readings(digits) if (number := phones.to_e164(one, country))}
    own = {number for number in found if phones.is_of(number, country)}
    likely = own or found
    return likely.pop() if len(likely) == 1 else None


def email(raw: str) -> str | None:
    """The one address that a text can have meant, in normal form.

    Mends spaces inside, a comma for a dot, (at) and (dot), doubled signs, Cyrillic letters that look Latin.
    """
    text = _DOT.sub(".", _AT.sub("@", raw.strip())).translate(_LOOK_LIKE_LATIN)
    local, at, domain = text.partition("@")
    if not at or "@" in domain:
        return None
    domain = re.sub(r"[.,]+", ".", re.sub(r"\s+", "", domain)).strip(".")
    local = re.sub(r"\.+", ".", re.sub(r"\s+", "", local)).strip(".,;:")
    return emails.normal_form(f"{local}@{domain}")


def _readings(digits: str) -> list[str]:
    """The ways these digits may be meant, each as somebody would have to write it."""
    readings = [digits, f"+{digits}", f"0{digits}"]
    for trunk in _TRUNKS:
        if digits.startswith(trunk):
            rest = digits.removeprefix(trunk)
            readings += [rest, f"+{rest}", f"0{rest}"]
    for length in (1, 2, 3):
        prefix, rest = digits[:length], digits[length:]
        if rest.startswith("0"):
            readings.append(f"+{prefix}{rest[1:]}")
        if rest.startswith(prefix):
            readings.append(f"+{rest}")
    return readings
