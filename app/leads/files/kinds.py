"""What an uploaded file really is, whatever its name says, and the refusals for everything that is no table.

Invariant: a refusal says what was found and what to do about it; nothing of the file is kept.
"""

import re

from tenants.errors import Refused
from tenants.language import N_


class BadFile(Refused):
    """The file cannot be read as a table of leads; nothing was stored."""

    status, code = 422, "bad_file"


class EmptyFile(BadFile):
    """There is nothing in the file."""

    code = "empty_file"


class BinaryFile(BadFile):
    """The file is no table: a picture, a document, an archive of a kind we do not open."""

    code = "binary_file"


class OtherFormat(BadFile):
    """The file is text, but a page, a document or data in another form than CSV."""

    code = "other_format"


class TruncatedFile(BadFile):
    """The file ends too early: the upload or the export was cut off."""

    code = "truncated_file"


class DamagedFile(BadFile):
    """The file claims to be a workbook or an archive and is not a sound one."""

    code = "damaged_file"


class LockedFile(BadFile):
    """The workbook or the archive is protected by a password."""

    code = "locked_file"


class ArchiveOfMany(BadFile):
    """The archive holds no file or more than one."""

    code = "archive_of_many"


class NestedArchive(BadFile):
    """The archive holds another archive."""

    code = "nested_archive"


class HarmfulFile(BadFile):
    """The file is made to harm whoever opens it: it unpacks to far too much, or asks the reader to fetch things."""

    code = "harmful_file"


class UnreadableFile(BadFile):
    """Reading the file took more memory or time than any honest file needs."""

    code = "unreadable_file"


class OnlyHeader(BadFile):
    """The file has a heading and no rows."""

    code = "only_header"


class UndecodableFile(BadFile):
    """The text is in none of the encodings we read."""

    code = "undecodable_file"


class BrokenQuotes(BadFile):
    """Quotation marks are opened and never closed all over the file."""

    code = "broken_quotes"


class TooManyColumns(BadFile):
    """The table is wider than we read."""

    code = "too_many_columns"


class TooManyRows(BadFile):
    """The table is longer than we read."""

    code = "too_many_rows"


class CellTooLong(BadFile):
    """A heading is longer than a cell may be."""

    code = "cell_too_long"


class FileTooLarge(BadFile):
    """The file is larger than we read at once."""

    code = "file_too_large"


class WishNotPossible(BadFile):
    """The file cannot be read the way it was asked for: no such encoding, mark, sheet or row."""

    code = "wish_not_possible"


TRUNCATED = N_("The file ends too early: it was cut off. Export it again and upload it whole.")
DAMAGED = N_("The file is damaged. Open it in Excel, save it again and upload the new file.")
LOCKED = N_("The file is protected by a password. Save it without one and upload it again.")
HARMFUL = N_("The file unpacks to far more than a table of leads, so it was not opened.")
DECLARES = N_(
    "The file holds declarations (DOCTYPE or ENTITY) that no table needs and that harm whoever reads them, so it was not "
    "opened. Save it again in Excel or LibreOffice and upload the new file."
)
UNREADABLE = N_(
    "Reading the file took too much memory or time. Save the table as CSV, or split it, and upload that."
)
_PICTURE = N_("This is a picture. Please upload the table itself, as a workbook or a CSV file.")
_DOCUMENT = N_(
    "This is a document, not a table. Export the table as a workbook or a CSV file and upload that."
)
_ARCHIVE = N_("Archives of this kind are not opened. Unpack it and upload the table, or pack it as .zip.")
_NUMBERS = N_("This is a Numbers document. In Numbers choose “Export to”, “Excel”, and upload that file.")
_BINARY_WORKBOOK = N_("This is a binary Excel workbook (.xlsb). Save it as .xlsx and upload that file.")
_PARQUET = N_("This is a Parquet file. Export your leads as a CSV file and upload that.")
_UNKNOWN = N_(
    "This is a binary file, not a table. Export your leads as a workbook or a CSV file and upload that."
)
_WEB_PAGE = N_(
    "This is a web page, although it may be named .xls or .csv. Open it in Excel and save it as .xlsx."
)
_XML = N_("This is an XML file. Open it in Excel, save it as .xlsx, and upload that.")
_JSON = N_("This is JSON. Send it to the API, or export your leads as a CSV file.")
_RTF = N_("This is a rich-text document. Export the table as a CSV file and upload that.")
_MAIL = N_("This is a saved e-mail message. Save the table attached to it and upload that.")

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIPPED = (b"PK\x03\x04", b"PK\x05\x06")
GZIPPED = b"\x1f\x8b"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", _DOCUMENT),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"RIFF", _PICTURE),
    (b"II*\x00", _PICTURE),
    (b"MM\x00*", _PICTURE),
    (b"\x00\x00\x00\x18ftyp", _PICTURE),
    (b"Rar!", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"BZh", _ARCHIVE),
    (b"\xfd7zXZ", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (b"PAR1", _PARQUET),
    (b"SQLite format 3\x00", _UNKNOWN),
)
_TEXT_FORMS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\{\\rtf"), _RTF),
    (
        re.compile(rb"(?:<!--.{0,500}?-->\s*)?<(?:!doctype html|html|head|body|table|meta)\b", re.I | re.S),
        _WEB_PAGE,
    ),
    (re.compile(rb"<\?xml|<Workbook\b"), _XML),
    (re.compile(rb"(?:\[\s*)?\{\s*(?:\"[^\"]*\"\s*:|\})|\[\s*\["), _JSON),
    (re.compile(rb"MIME-Version:|(?:Received|Return-Path): ", re.I), _MAIL),
)
_TEXT_BYTES = bytes([9, 10, 12, 13, 26, *range(32, 256)])
_MOST_NULS = 0.1


def refuse_other_binaries(head: bytes) -> None:
    """Raises the refusal that fits when a file begins like something that is no table."""
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            raise BinaryFile(sentence)


def refuse_other_texts(head: bytes) -> None:
    """Raises the refusal that fits when the beginning of a text shows that it is no CSV.

    A few NUL characters do not refuse it: they are dropped when it is read.
    """
    strange = head.translate(None, delete=_TEXT_BYTES)
    if len(strange) > strange.count(0) or len(strange) > _MOST_NULS * len(head):
        raise BinaryFile(_UNKNOWN)
    begin = head.removeprefix(b"\xef\xbb\xbf")[:2000].lstrip()
    for form, sentence in _TEXT_FORMS:
        if form.match(begin):
            raise OtherFormat(sentence)


def refuse_other_compounds(data: bytes) -> None:
    """Raises the refusal that fits when an OLE file that is no workbook of before 2007 shows what it is."""
    forms: tuple[tuple[str, BadFile], ...] = (
        ("EncryptedPackage", LockedFile(LOCKED)),
        ("WordDocument", BinaryFile(_DOCUMENT)),
        ("PowerPoint Document", BinaryFile(_DOCUMENT)),
        ("__substg1.0_", OtherFormat(_MAIL)),
    )
    for stream, refusal in forms:
        if stream.encode("utf-16-le") in data:
            raise refusal


def refuse_other_packages(names: list[str]) -> None:
    """Raises the refusal that fits when the names inside a ZIP show a document or a workbook we do not read."""
    forms = (
        ("xl/workbook.bin", _BINARY_WORKBOOK),
        ("word/", _DOCUMENT),
        ("ppt/", _DOCUMENT),
        ("Index/", _NUMBERS),
        ("Index.zip", _NUMBERS),
    )
    for begin, sentence in forms:
        if any(name.startswith(begin) for name in names):
            raise BinaryFile(sentence)
