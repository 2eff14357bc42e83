"""Files that are no table of leads are refused with a sentence that says what they are and what to do."""

import gzip
import io
import zipfile

import pytest

from app.leads import file_kinds
from app.leads.csv_file import LARGEST_FILE, inspect
from app.leads.file_kinds import BadFile


def refusal(data: bytes, size: int | None = None) -> BadFile:
    with pytest.raises(BadFile) as answer:
        inspect(data, len(data) if size is None else size)
    assert answer.value.status == 422
    return answer.value


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize("data", [b"", b"  \n\n", b"\xef\xbb\xbf", b";;;\n;;;\n", b"\x00\x00\x00"])
def test_a_file_with_nothing_in_it_is_refused(data: bytes) -> None:
    assert isinstance(refusal(data), file_kinds.EmptyFile)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "Excel"),
        (zipped("[Content_Types].xml", "word/document.xml"), "document"),
        (zipped("leads.csv"), "archive"),
        (gzip.compress(b"name,phone\n", mtime=0), "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "Excel"),
        (b"%PDF-1.7\n", "document"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"name\x00phone,\x01\x02\x03\n", "binary"),
    ],
)
def test_a_binary_file_is_named_and_refused(data: bytes, word: str) -> None:
    found = refusal(data)
    assert isinstance(found, file_kinds.BinaryFile)
    assert word in found.message


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<html><table><tr><td>1</td></tr></table>", "web page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>', "XML"),
        (b'[{"name": "Olena"}]', "JSON"),
        (b"{\\rtf1 hello}", "rich-text"),
    ],
)
def test_text_in_another_form_is_named_and_refused(data: bytes, word: str) -> None:
    found = refusal(data)
    assert isinstance(found, file_kinds.OtherFormat)
    assert word in found.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_by_name(encoding: str) -> None:
    assert isinstance(refusal("name,phone\nOlena,0671234567\n".encode(encoding)), file_kinds.Utf16File)


def test_a_file_cut_in_the_middle_of_a_letter_is_refused() -> None:
    data = "name,phone\nОлена,0671234567\nІгор".encode()[:-1]
    assert isinstance(refusal(data), file_kinds.TruncatedFile)
    assert inspect(data, len(data) + 500).encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["cp1250", "koi8-u", "cp866", "iso-8859-2", "cp1252"])
def test_other_encodings_are_refused_and_never_turned_into_gibberish(encoding: str) -> None:
    text = {
        "cp1250": "imię,miasto\nŁukasz Wójcik,Wrocław\nJoanna Żak,Gdańsk\n",
        "iso-8859-2": "imię,miasto\nŁukasz Wójcik,Wrocław\nJoanna Żak,Gdańsk\n",
        "cp866": "Имя,Город\nЕлена Бондарь,Киев\nИгорь Шевченко,Львов\n",
        "cp1252": "name,city\nJosé Núñez,Málaga\nFrançois,Besançon\n",
    }.get(encoding, "Ім'я,Місто\nОлена Бондар,Київ\nІгор Шевченко,Львів\n")
    assert isinstance(refusal(text.encode(encoding)), file_kinds.UndecodableFile)


def test_a_few_broken_letters_do_not_refuse_a_utf_8_file() -> None:
    data = b"name,phone\n" + "Олена Бондар,0671234567\n".encode() * 20 + b"\xff\xfe,1\n"
    assert inspect(data, len(data)).encoding == "utf-8"


def test_only_a_heading_is_refused() -> None:
    assert isinstance(refusal(b"name,phone\n"), file_kinds.OnlyHeader)


def test_limits_are_told_in_the_refusal() -> None:
    wide = (",".join(f"c{chr(97 + number % 26)}" for number in range(201)) + "\n").encode() * 2
    found = refusal(wide)
    assert isinstance(found, file_kinds.TooManyColumns)
    assert found.details == {"found": 201, "limit": 200}
    assert isinstance(refusal(b"x" * 40_000 + b",y\n1,2\n"), file_kinds.CellTooLong)
    assert isinstance(refusal(b"name,phone\n", LARGEST_FILE + 1), file_kinds.FileTooLarge)
