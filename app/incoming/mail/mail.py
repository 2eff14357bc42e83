"""One mail as its reader would see it: who wrote when, the lines of its text, what is attached. Pure.

Invariant: any bytes that have a mail's head give a mail; what a lead is read from is bounded in number and length.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import getaddresses, parsedate_to_datetime

from app.incoming.mail.letters import header_of, text_of
from app.incoming.mail.page_text import lines_of
from app.incoming.mail.parts import Head, Part, kind_of, taken_apart
from app.incoming.mail.sheets import Sheet, sheet_of
from tenants.errors import Refused
from tenants.language import N_

LARGEST_BYTES = 10_000_000
LONGEST_TEXT, MOST_LINES, LONGEST_LINE = 400_000, 4_000, 2_000
_TELLS_A_MAIL = ("from", "received", "message-id", "date", "subject", "mime-version", "to", "return-path")
_READ = (
    "subject", "message-id", "in-reply-to", "auto-submitted", "precedence", "list-id", "list-unsubscribe",
    "return-path", "x-autoreply", "x-autorespond", "x-failed-recipients", "x-auto-response-suppress",
)  # fmt: skip
_SHORT_OF_THE_PAGE = 4
"""A text that says less than a quarter of what the page beside it shows, or no number, only stands in for it."""


class NoMail(Refused):
    """What arrived has no head of a mail; nothing was kept."""

    status, code = 400, "no_mail"


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a header names."""

    name: str = ""
    address: str = ""


NOBODY = Address()


@dataclass(frozen=True, slots=True)
class Mail:
    """What rules look at; `key` is the same for the same mail, however often it is delivered."""

    lines: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    sender: Address = NOBODY
    answer_to: Address = NOBODY
    date: str = ""
    inner_from: Address | None = None
    """The sender of a mail that this one carries whole."""
    attached: tuple[str, ...] = ()
    kind: str = "text/plain"
    key: str = ""
    sheets: tuple[Sheet, ...] = ()
    """Attached files of values between commas, as far as they are tables."""
    is_cut: bool = False
    """There is more of it than is read."""


def read_mail(raw: bytes) -> Mail:
    """The mail in these bytes. Raises `NoMail` when they have no head of one."""
    head, parts = taken_apart(raw)
    if not any(name in head for name in _TELLS_A_MAIL):
        raise NoMail(N_("This is no mail: send it as it was received, with its headers."))
    charset = next((one.charset for one in parts if one.charset), None)
    inner = next((one.inner for one in parts if one.inner is not None), None)
    lines, is_cut = _lines(parts)
    return Mail(
        tuple(lines),
        {name: header_of(head[name], charset) for name in _READ if name in head},
        _address(head, "from", charset),
        _address(head, "reply-to", charset),
        moment(header_of(head.get("date", b""))),
        _address(inner, "from", charset) if inner is not None else None,
        tuple(one.name or one.kind for one in parts if one.is_attached)[:20],
        kind_of(head),
        _key(head, raw),
        tuple(one for part in parts if part.is_attached and (one := sheet_of(part))),
        is_cut,
    )


def read_pasted(text: str) -> Mail:
    """A sample as people paste it: a mail's source, or only what they see of one."""
    try:
        return read_mail(text.encode("utf-8", "replace"))
    except NoMail:
        said = text_of(text.encode("utf-8", "replace"))
        return Mail(tuple(_bounded(said)), is_cut=_is_cut(said))


def moment(written: str) -> str:
    """A mail's date in ISO form; empty when it is none."""
    try:
        found = parsedate_to_datetime(written[:100])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return ""


def address_of(written: str) -> Address:
    """A name and an address as a header or a forwarded head writes them."""
    pairs = getaddresses([written[:1_000]])
    name, address = next((one for one in pairs if "@" in one[1]), ("", ""))
    if not address and "@" in written:
        address = next(word.strip("<>()[],;\"'") for word in written.split() if "@" in word)
    name = " ".join(name.split()) if name != address else ""
    return Address(name[:200], address.removeprefix("mailto:")[:254])


def _address(head: Head, name: str, charset: str | None) -> Address:
    raw = head.get(name, b"")
    if not raw.isascii() or b"=?" not in raw:
        return address_of(header_of(raw, charset))
    # a decoded name may hold commas and brackets, so the address is read before the words are
    bare = address_of(raw.decode("ascii", "replace"))
    return Address(header_of(bare.name.encode("utf-8", "replace"), charset)[:200], bare.address)


def _lines(parts: list[Part]) -> tuple[list[str], bool]:
    """What is read of the text, and whether there is more of it."""
    shown = [one for one in parts if not one.is_attached]
    texts = [_text(one) for one in shown if one.kind == "text/plain"]
    plain = [line for one in texts for line in one.split("\n")]
    pages = [_text(one) for one in shown if one.kind == "text/html"]
    seen = [line for page in pages for line in lines_of(page[:LONGEST_TEXT])]
    said, shows = "".join(plain), "".join(seen)
    is_stand_in = len(said) * _SHORT_OF_THE_PAGE < len(shows) or (
        _holds_digits(shows) and not _holds_digits(said)
    )
    whole = "\n".join(seen if is_stand_in else plain)
    lines = _bounded(whole)
    return lines, _is_cut(whole) or any(len(one) > LONGEST_TEXT for one in (pages if is_stand_in else texts))


def _is_cut(text: str) -> bool:
    return len(text) > LONGEST_TEXT or any(
        number >= MOST_LINES or len(line) > LONGEST_LINE for number, line in enumerate(text.split("\n"))
    )


def _holds_digits(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _text(part: Part) -> str:
    """One letter more than is read where there is more."""
    return text_of(part.content[: LONGEST_TEXT * 4], part.charset)[: LONGEST_TEXT + 1]


def _bounded(text: str) -> list[str]:
    lines = text[:LONGEST_TEXT].split("\n", MOST_LINES)[:MOST_LINES]
    # a tab at the end is an empty cell
    return [line[:LONGEST_LINE].rstrip(" \r\xa0") if line.strip() else "" for line in lines]


def _key(head: Head, raw: bytes) -> str:
    """By its ID, its date and its body: broken programs give every mail one ID, and none may be lost for that."""
    start = raw.find(b"\n\r\n") if b"\n\r\n" in raw[:100_000] else raw.find(b"\n\n")
    told = [head.get(name, b"") for name in ("message-id", "date", "from", "subject")]
    return hashlib.sha256(b"\0".join([*told, raw[max(start, 0) :].strip()])).hexdigest()[:32]
