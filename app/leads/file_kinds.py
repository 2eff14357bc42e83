"""What an uploaded file really is, whatever its name says, and the refusals for everything that is not a CSV.

Invariant: a refusal says what was found and what to do about it; nothing of the file is kept.
"""

import re

from app.leads.problems import N_
from tenants.errors import Refused


class BadFile(Refused):
    """The file cannot be read as a table of leads; nothing was stored."""

    status, code = 422, "bad_file"


class EmptyFile(BadFile):
    """There is nothing in the file."""

    code = "empty_file"


class BinaryFile(BadFile):
    """The file is no text: a workbook, an archive, a picture, a document."""

    code = "binary_file"


class OtherFormat(BadFile):
    """The file is text, but a page, a document or data in another form than CSV."""

    code = "other_format"


class Utf16File(BadFile):
    """The file is UTF-16 or UTF-32 text."""

    code = "utf16_file"


class TruncatedFile(BadFile):
    """The file ends in the middle of a letter: the upload or the export was cut off."""

    code = "truncated_file"


class OnlyHeader(BadFile):
    """The file has a heading and no rows."""

    code = "only_header"


class UndecodableFile(BadFile):
    """The text is in none of the encodings we read."""

    code = "undecodable_file"


class TooManyColumns(BadFile):
    """The table is wider than we read."""

    code = "too_many_columns"


class CellTooLong(BadFile):
    """A heading is longer than a cell may be."""

    code = "cell_too_long"


class FileTooLarge(BadFile):
    """The file is larger than we read at once."""

    code = "file_too_large"


_SAVE_AS = N_("This is an Excel workbook. In Excel choose “Save as”, “CSV UTF-8”, and upload that file.")
_UNPACK = N_("This is a compressed archive. Unpack it and upload the CSV file inside.")
_PICTURE = N_("This is a picture. Please upload the table itself as a CSV file.")
_DOCUMENT = N_("This is a document, not a table. Export the table as a CSV file and upload that.")
_SPREADSHEET = N_("This is an OpenDocument spreadsheet. Save it as “Text CSV” and upload that file.")
_UNKNOWN = N_("This is a binary file, not a text table. Export your leads as a CSV file and upload that.")
_WEB_PAGE = N_(
    "This is a web page, although it may be named .xls or .csv. Open it in Excel and save it as CSV."
)
_XML = N_("This is an XML file. Export your leads as a CSV file and upload that.")
_JSON = N_("This is JSON. Send it to the API, or export your leads as a CSV file.")
_RTF = N_("This is a rich-text document. Export the table as a CSV file and upload that.")

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _SAVE_AS),
    (b"%PDF", _DOCUMENT),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"\x1f\x8b", _UNPACK),
    (b"Rar!", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", _UNPACK),
    (b"BZh", _UNPACK),
    (b"\xfd7zXZ", _UNPACK),
)
_TEXT_FORMS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\{\\rtf"), _RTF),
    (re.compile(rb"<(?:!doctype html|html|head|body|table)\b", re.IGNORECASE), _WEB_PAGE),
    (re.compile(rb"<\?xml"), _XML),
    (re.compile(rb"(?:\[\s*)?\{\s*\"[^\"]*\"\s*:"), _JSON),
)
_UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_UTF_16_SENTENCE = N_(
    "The file is saved as “Unicode text” (UTF-16). Save it as “CSV UTF-8” and upload it again."
)


def refuse_other_kinds(head: bytes) -> None:
    """Raises the refusal that fits when the beginning of a file shows that it is no CSV."""
    if head.startswith(_UTF_16_OR_32) or _is_utf16_without_mark(head):
        raise Utf16File(_UTF_16_SENTENCE)
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            raise BinaryFile(sentence)
    if head.startswith(b"PK\x03\x04"):
        raise BinaryFile(_zip_kind(head))
    if b"\x00" in head:
        raise BinaryFile(_UNKNOWN)
    begin = head.removeprefix(b"\xef\xbb\xbf")[:2000].lstrip()
    for form, sentence in _TEXT_FORMS:
        if form.match(begin):
            raise OtherFormat(sentence)


def _zip_kind(head: bytes) -> str:
    if b"opendocument.spreadsheet" in head[:200]:
        return _SPREADSHEET
    if b"xl/" in head or b"[Content_Types].xml" in head:
        return _DOCUMENT if b"word/" in head or b"ppt/" in head else _SAVE_AS
    return _UNPACK


def _is_utf16_without_mark(head: bytes) -> bool:
    """Every second byte of Latin UTF-16 text is zero, and hardly any of the others is."""
    begin = head[:2000]
    even, odd = begin[0::2].count(0), begin[1::2].count(0)
    half = len(begin) // 2
    return half >= 4 and (max(even, odd) > 0.3 * half) and min(even, odd) <= 0.05 * half
