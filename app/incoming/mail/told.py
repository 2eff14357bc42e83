"""Which lines of a mail tell of the lead: not the quoted mail of an answer, not a signature; of a forwarded mail its own. Pure.

Invariant: what is left out stands in the mail, which is kept; a mail that is neither answer nor forwarded keeps every
line above its signature.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.incoming.mail.mail import NOBODY, Address, Mail, address_of, moment

_QUOTE = re.compile(r"^(?:>\s?|\|\s?(?=>))+")
_FORWARDS = re.compile(r"\s*(?:fwd?|пересл|переслано|пересилка|пересылка|пер|пд|pd|wg)\s*:", re.IGNORECASE)
_MARKED = re.compile(
    r"[\s>*_-]*(?:begin )?(?:forwarded (?:message|by)|переслане повідомлення|пересилане повідомлення|"
    r"початок (?:листа|повідомлення), (?:який|що) пересилається|пересланное сообщение|пересылаемое сообщение|"
    r"начало переадресованного (?:сообщения|письма)|przekazan[ae] wiadomość|wiadomość przekazana|"
    r"treść przekazanej wiadomości)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"[\s>*_]*-{2,}\s*(?:original message|оригінальне повідомлення|исходное сообщение|oryginalna wiadomość)",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:on|le|w dniu|dnia|am) .{4,200} (?:wrote|napisał(?:\(a\)|a)?|pisze)\s*:$|"
    r".{4,200}@.{4,200}(?:wrote|пише|пишет|написав|написала|написал|написал\(а\)|napisał\(a\))\s*:$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"[\s>*_]*([^\W\d_][^\W\d_ -]{0,20})[*_]*\s*:[*_]*\s*(.*)")
_WORDS = {
    "from": ("from", "від", "от", "od", "von"),
    "date": ("date", "sent", "дата", "надіслано", "отправлено", "data", "wysłano"),
    "subject": ("subject", "тема", "temat"),
    "to": ("to", "кому", "do", "cc", "копія", "копия", "an"),
    "reply-to": ("reply-to", "відповісти", "ответить"),
}
_PART = {word: part for part, words in _WORDS.items() for word in words}
_LONGEST_HEAD = 9


@dataclass(frozen=True, slots=True)
class Told:
    """The lines that count, and the head of the mail that was forwarded, if it was."""

    lines: tuple[str, ...]
    forwarded_from: Address = NOBODY
    forwarded_subject: str = ""
    forwarded_date: str = ""


def told(mail: Mail) -> Told:
    """What of a mail tells of the lead; of a forwarded one its own lines first, then what was written above them."""
    lines = [_QUOTE.sub("", line) for line in mail.lines]
    is_answer = "in-reply-to" in mail.headers
    is_forwarded = bool(_FORWARDS.match(mail.headers.get("subject", "")))
    marker = next((at for at, line in enumerate(lines) if _MARKED.match(line)), None)
    if marker is None and (is_forwarded or not is_answer):
        marker = next((at for at, line in enumerate(lines) if _ORIGINAL.match(line)), None)
    if marker is not None:
        head, after = _inner_head(lines[marker + 1 :])
        note = _unsigned(lines[:marker])
        return _as_forwarded(mail, head, [*_unsigned(lines[marker + 1 + after :]), "", *note])
    if is_forwarded:
        head, after = _inner_head(lines)
        return _as_forwarded(mail, head, lines[after:])
    if is_answer:
        lines = _unquoted(mail.lines)
    return Told(tuple(_unsigned(lines)), mail.inner_from or NOBODY)


def _as_forwarded(mail: Mail, head: dict[str, str], lines: Sequence[str]) -> Told:
    sender = address_of(head["from"]) if "from" in head else mail.inner_from or NOBODY
    return Told(tuple(lines), sender, head.get("subject", ""), moment(head.get("date", "")))


def _inner_head(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """The head that a mail program writes above what it forwards, and how many lines it takes."""
    found: dict[str, str] = {}
    after = 0
    for at, line in enumerate(lines[: _LONGEST_HEAD + 3]):
        header = _HEAD.match(line)
        part = _PART.get(header[1].lower()) if header else None
        if header and part:
            found.setdefault(part, header[2].strip())
            after = at + 1
        elif line.strip():
            break
    return (found, after) if len(found) > 1 else ({}, 0)


def _unquoted(lines: Sequence[str]) -> list[str]:
    """An answer without the mail it answers."""
    kept: list[str] = []
    for line in lines:
        if _ORIGINAL.match(line) or _WROTE.match(line.strip()):
            break
        if not line.startswith(">"):
            kept.append(line)
    return kept


def _unsigned(lines: Sequence[str]) -> list[str]:
    """What stands above a signature; a signature alone is a text."""
    for at, line in enumerate(lines):
        if line.rstrip() == "--" and any(one.strip() for one in lines[:at]):
            return list(lines[:at])
    return list(lines)
