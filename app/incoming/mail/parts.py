"""A mail taken apart: its head and the parts it holds. Pure, and total: any bytes give a list, in bounded time.

Invariant: work and memory grow with the size of the mail times `DEEPEST`, whatever is nested in whatever; what lies
beyond a bound is left out, never guessed.
"""

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from email.message import Message

MOST_PARTS, DEEPEST, MOST_LINES_LIKE_A_BORDER = 100, 20, 5_000
LONGEST_HEAD, LONGEST_HEADER, MOST_HEADERS = 64_000, 4_000, 300
_HEADER = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.DOTALL)
_BORDER_ENDS = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_FROM_LINE = b"From "
Head = dict[str, bytes]


def form_fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """The fields of a posted form with files, as bytes: a mail in one of them is not always text in UTF-8."""
    said = _described({"content-type": content_type.encode("utf-8", "replace")[:LONGEST_HEADER]})
    boundary = str(said.get_boundary("") or "").encode("utf-8", "surrogateescape")
    found: dict[str, bytes] = {}
    for start, end in _split(body, 0, len(body), boundary) if boundary else []:
        head, at = _head(body, start, end)
        name = _described(head).get_param("name", "", "content-disposition")
        found.setdefault(str(name), body[at:end].removesuffix(b"\r"))
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """One part that holds no others: what it says it is, and its bytes as they were before they were packed for mail."""

    kind: str
    charset: str | None
    name: str
    is_attached: bool
    packed: bytes
    packing: str
    inner: Head | None = None
    """The head of the mail inside this mail that the part belongs to."""

    @property
    def content(self) -> bytes:
        """Unpacked; what is packed wrongly is unpacked as far as it goes."""
        if self.packing == "base64":
            letters = _NOT_BASE64.sub(b"", self.packed)
            try:
                return base64.b64decode(letters[: len(letters) // 4 * 4] + _filled(letters), validate=False)
            except binascii.Error:
                return b""
        return quopri.decodestring(self.packed) if self.packing == "quoted-printable" else self.packed


def taken_apart(raw: bytes) -> tuple[Head, list[Part]]:
    """The head of a mail, each header once (the first), and its parts in order."""
    start = raw.find(b"\n") + 1 if raw.startswith(_FROM_LINE) else 0
    top, _ = _head(raw, start, len(raw))
    found: list[Part] = []
    waiting: list[tuple[int, int, int, Head | None]] = [(start, len(raw), 0, None)]
    while waiting and len(found) < MOST_PARTS:
        begin, end, depth, inner = waiting.pop()
        head, body = _head(raw, begin, end)
        said = _described(head)
        kind = said.get_content_type()
        packing = _packing(head)
        boundary = str(said.get_boundary("") or "").encode("utf-8", "surrogateescape")
        if kind.startswith("multipart/") and boundary and depth < DEEPEST:
            pieces = _split(raw, body, end, boundary)
            waiting.extend((*piece, depth + 1, inner) for piece in reversed(pieces[:MOST_PARTS]))
        elif kind == "message/rfc822" and depth < DEEPEST and packing in ("7bit", "8bit", "binary"):
            waiting.append((body, end, depth + 1, inner or _head(raw, body, end)[0]))
        else:
            found.append(_part(said, head, packing, raw[body:end], inner))
    return top, found


def kind_of(head: Head) -> str:
    """What a mail says it is."""
    return _described(head).get_content_type()


def _part(said: Message, head: Head, packing: str, packed: bytes, inner: Head | None) -> Part:
    disposition = head.get("content-disposition", b"").strip().lower()
    name = said.get_filename("") or ""
    charset = said.get_param("charset")
    return Part(
        said.get_content_type(),
        charset if isinstance(charset, str) else None,
        name,
        disposition.startswith(b"attachment") or bool(name),
        packed,
        packing,
        inner,
    )


def _packing(head: Head) -> str:
    return head.get("content-transfer-encoding", b"7bit").decode("ascii", "replace").strip().lower() or "7bit"


def _described(head: Head) -> Message:
    said = Message()
    for name in ("content-type", "content-disposition"):
        if name in head:
            said[name] = head[name].decode("utf-8", "surrogateescape").replace("\r", " ").replace("\n", " ")
    return said


def _head(raw: bytes, start: int, end: int) -> tuple[Head, int]:
    """The headers of a part and where its body begins; of one that is too long the beginning."""
    if raw[start : start + 1] == b"\n" or raw[start : start + 2] == b"\r\n":
        return {}, raw.find(b"\n", start) + 1
    stop, body = _end_of_head(raw, start, end)
    found: Head = {}
    lines = raw[start : min(stop, start + LONGEST_HEAD)].split(b"\n")
    for line in _unfolded(lines):
        header = _HEADER.match(line)
        if header and len(found) < MOST_HEADERS:
            found.setdefault(header[1].decode("ascii").lower(), header[2][:LONGEST_HEADER].strip())
    return found, body


def _end_of_head(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the first empty line begins and ends, however lines end."""
    short = raw.find(b"\n\n", start, end)
    long = raw.find(b"\n\r\n", start, short if short >= 0 else end)
    if long >= 0:
        return long, long + 3
    return (short, short + 2) if short >= 0 else (end, end)


def _unfolded(lines: list[bytes]) -> list[bytes]:
    folded: list[list[bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and folded:
            folded[-1].append(line.rstrip(b"\r"))
        else:
            folded.append([line.rstrip(b"\r")])
    return [b"".join(one) for one in folded]


def _split(raw: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where the pieces between the borders lie; without a last border the last piece goes to the end."""
    border = b"--" + boundary
    pieces: list[tuple[int, int]] = []
    opened: int | None = None
    at = start
    for _ in range(MOST_LINES_LIKE_A_BORDER):
        at = raw.find(border, at, end)
        if at < 0 or len(pieces) > MOST_PARTS:
            break
        closes = _BORDER_ENDS.match(raw, at + len(border), end)
        if (at > start and raw[at - 1 : at] != b"\n") or closes is None:
            at += len(border)
            continue
        if opened is not None:
            pieces.append((opened, max(opened, at - 1)))
        opened = None if closes[1] else closes.end()
        if closes[1]:
            break
        at = closes.end()
    if opened is not None and opened < end:
        pieces.append((opened, end))
    return pieces


def _filled(letters: bytes) -> bytes:
    """The last letters of a base64 text, padded."""
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""
