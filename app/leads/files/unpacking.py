"""Packed files unpacked as a stream, counted byte by byte.

Invariant: what an archive claims about itself is never believed: sizes are counted while unpacking, names are never
used to open anything, and unpacking stops at the first byte too many.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.leads.files.kinds import (
    DAMAGED,
    HARMFUL,
    LOCKED,
    TRUNCATED,
    ArchiveOfMany,
    DamagedFile,
    FileTooLarge,
    HarmfulFile,
    LockedFile,
    NestedArchive,
    TruncatedFile,
)
from app.leads.files.layout import LARGEST_UNPACKED_TEXT, MOST_EXPANSION
from tenants.language import N_

PIECE_BYTES = 256 * 1024
MOST_ENTRIES = 2000
_FREE_EXPANSION = 4 * 1024 * 1024
"""A small file may be as repetitive as it likes."""
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_NESTED = N_("The archive holds another archive. Pack the table itself and upload that.")
_MANY = N_("The archive holds %(found)s files. Upload an archive with exactly one table in it.")
_TOO_LARGE = N_("The file is larger than %(limit)s MB when unpacked. Split it and upload the parts.")


@dataclass(slots=True)
class Meter:
    """Counts what is unpacked; raises `HarmfulFile` or `FileTooLarge` as soon as it is too much."""

    limit: int = LARGEST_UNPACKED_TEXT
    packed: int = 0
    unpacked: int = 0

    def count(self, packed: int, unpacked: int) -> None:
        """So many bytes more went in and came out."""
        self.packed += packed
        self.unpacked += unpacked
        if self.unpacked > _FREE_EXPANSION and self.unpacked > MOST_EXPANSION * self.packed:
            raise HarmfulFile(HARMFUL)
        if self.unpacked > self.limit:
            raise FileTooLarge(_TOO_LARGE, limit=self.limit // 1024 // 1024)


def gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A gzip stream unpacked; several members one after another are one file. Raises a `BadFile`."""
    meter, inflater = Meter(), zlib.decompressobj(31)
    has_ended = False
    for piece in pieces:
        rest = piece
        while rest:
            if has_ended:
                if not rest.strip(b"\x00"):
                    break
                inflater, has_ended = zlib.decompressobj(31), False
            packed = len(rest)
            out = _inflated(inflater, rest)
            rest = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            has_ended = inflater.eof
            meter.count(packed - len(rest), len(out))
            if out:
                yield out
    if not has_ended:
        raise TruncatedFile(TRUNCATED)


def entries(archive: BinaryIO) -> list[zipfile.ZipInfo]:
    """What a ZIP file holds, without its folders and without what macOS adds. Raises a `BadFile`."""
    try:
        with zipfile.ZipFile(archive) as opened:
            found = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, UnicodeError):
        raise DamagedFile(DAMAGED) from None
    if len(found) > MOST_ENTRIES:
        raise HarmfulFile(HARMFUL)
    for entry in found:
        entry.filename = entry.filename.replace("\\", "/")  # some writers of Windows put its separator
    names = [entry.filename.lower() for entry in found]
    if len(set(names)) < len(names):
        raise DamagedFile(DAMAGED)
    return [
        entry
        for entry in found
        if not entry.is_dir()
        and not entry.filename.startswith("__MACOSX/")
        and not entry.filename.endswith(".DS_Store")
    ]


def only_entry(found: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The one file of an archive. Raises a `BadFile` when there are more, or it is no plain file."""
    if len(found) != 1:
        raise ArchiveOfMany(_MANY, found=len(found))
    (entry,) = found
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise HarmfulFile(N_("The archive holds a link instead of a file, so it was not opened."))
    return entry


def refuse_nested(head: bytes) -> None:
    """Raises `NestedArchive` when what was unpacked is packed again."""
    if head.startswith(
        (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")
    ):
        raise NestedArchive(_NESTED)


def unzipped(archive: BinaryIO, entry: zipfile.ZipInfo, meter: Meter) -> Iterator[bytes]:
    """One entry unpacked in pieces; its claimed sizes must prove true. Raises a `BadFile`."""
    if entry.flag_bits & 0x1:
        raise LockedFile(LOCKED)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DamagedFile(DAMAGED)
    packed = _packed(archive, entry)
    whole = 0
    for out, taken in _inflated_all(packed) if entry.compress_type else ((one, len(one)) for one in packed):
        whole += len(out)
        meter.count(taken, len(out))
        if whole > entry.file_size:
            raise HarmfulFile(HARMFUL)
        if out:
            yield out
    if whole != entry.file_size:
        raise DamagedFile(DAMAGED)


def _packed(archive: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    archive.seek(entry.header_offset)
    header = archive.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise DamagedFile(DAMAGED)
    name_length, extra_length = _LOCAL_HEADER.unpack(header)[-2:]
    archive.seek(name_length + extra_length, 1)
    left = entry.compress_size
    place = archive.tell()
    while left:
        archive.seek(place)
        piece = archive.read(min(left, PIECE_BYTES))
        if not piece:
            raise TruncatedFile(TRUNCATED)
        place += len(piece)
        left -= len(piece)
        yield piece


def _inflated_all(packed: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """The unpacked pieces with how many packed bytes each took."""
    inflater = zlib.decompressobj(-15)
    for piece in packed:
        rest = piece
        while rest and not inflater.eof:
            out = _inflated(inflater, rest)
            left = inflater.unconsumed_tail
            yield out, len(rest) - len(left)
            rest = left
    if not inflater.eof:
        raise DamagedFile(DAMAGED)


def _inflated(inflater: "zlib._Decompress", packed: bytes) -> bytes:
    try:
        return inflater.decompress(packed, PIECE_BYTES)
    except zlib.error:
        raise DamagedFile(DAMAGED) from None
