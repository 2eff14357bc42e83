"""What is read in a list's file, of whatever kind it is, and what is refused in it."""

import gzip
import hashlib
import io
import zipfile

import pytest
from sqlalchemy import text

from app.leads import list_reading
from tenants.db import transaction
from tests.app.market.test_suppress_file import counts, entries, opened, pieces, read
from tests.world import World


def md5(form: str) -> str:
    return hashlib.md5(form.encode(), usedforsecurity=False).hexdigest()


PERSONS = "Ім'я;Телефон;Пошта\nОлена;067 000 00 01;o1@example.com\nІван;067 000 00 02;\n"


def workbook() -> bytes:
    import xlsxwriter

    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate((["Name", "Phone"], ["Olena", 380670000001], ["Ivan", "0670000002"])):
            sheet.write_row(place, 0, row)
    return kept.getvalue()


def zipped(name: str, data: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("data", "added"),
    [
        (b"+380670000001\r\n0670000002\r\n", 2),
        (b"\xef\xbb\xbf+380670000001\n", 1),
        (PERSONS.encode(), 3),
        (PERSONS.encode("cp1251"), 3),
        (PERSONS.encode("utf-16"), 3),
        (gzip.compress(PERSONS.encode()), 3),
        (zipped("list.csv", PERSONS.encode()), 3),
        (workbook(), 2),
        (b"email,phone\n" + md5("a@b.ua").encode() + b",+380670000001\n", 2),
        (b'"067 000 00 01, 067 000 00 02"\n', 2),
        (b"@spam.example\n", 1),
        (hashlib.sha256(b"a@b.ua").hexdigest().encode(), 1),
    ],
)
def test_a_file_of_any_kind_is_read(world: World, data: bytes, added: int) -> None:
    list_id = opened(world.acme)
    done = read(world.acme, list_id, data)
    assert counts(done) == ("done", added, 0, 0), done
    assert (entries(world.acme, list_id), pieces(world.acme), done.rows_read) == (added, 0, done.rows_total)


BAD = b"a@b.ua\nthis is nothing\nx@\n@x\n12\n067 123\n" + b"a" * 40 + b"\n" + b"z" * 400 + b"\n3.80671E+11\n"


def test_what_is_refused_says_where_and_why_and_never_what(world: World) -> None:
    list_id = opened(world.acme)
    done = read(world.acme, list_id, BAD)
    assert counts(done) == ("done", 1, 0, 8)
    assert done.reasons == {
        "unknown": 2, "email": 1, "domain": 1, "phone": 1, "hash": 1, "too_long": 1, "rounded": 1,
    }  # fmt: skip
    assert done.first_refused[:3] == [(2, 1, "unknown"), (3, 1, "email"), (4, 1, "domain")]
    with transaction(world.acme.id) as session:
        stored = str(session.execute(text("SELECT * FROM list_upload")).all())
    assert "nothing" not in stored.replace("nothing_readable", "")


def test_only_the_first_refused_are_kept_and_all_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_reading, "BLOCK_ROWS", 30)
    done = read(world.acme, opened(world.acme), b"a@b.ua\n" + b"nobody\n" * 200)
    assert (done.refused, len(done.first_refused), done.first_refused[-1]) == (200, 50, (51, 1, "unknown"))


def test_columns_that_hold_something_else_are_passed_over(world: World) -> None:
    rows = "name,city,phone,second\n" + "".join(f"Olena,Kyiv {n},067000{n:04d},\n" for n in range(20))
    rows += "Ivan,Lviv,0670009999,0670008888\n"
    done = read(world.acme, opened(world.acme), rows.encode())
    assert (counts(done), done.passed_over) == (("done", 22, 0, 0), [0, 1])
