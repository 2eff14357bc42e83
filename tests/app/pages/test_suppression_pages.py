"""Suppression lists in the browser: opened, filled by hand and by file, emptied, deleted."""

import hashlib
import io
import re
from uuid import UUID

import pytest

from app.leads import list_uploads
from app.leads.suppression_file import entries_of
from app.market import suppress_file
from tenants.errors import Invalid
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import Party, World


@pytest.mark.parametrize(
    ("party", "title"), [("acme", "Suppression"), ("bolt", "Our customers"), ("floe", "Suppression")]
)
def test_the_life_of_a_list(world: World, visitor: Visitor, party: str, title: str) -> None:
    assert world.floe
    person = enter(visitor, getattr(world, party))
    person.open("/suppression")
    assert f"<h1>{title}" in re.sub(r"<h1[^>]*>", "<h1>", person.page)
    person.submit("/suppression", name="Do not call")
    found = re.search(r"/suppression/([0-9a-f-]{36})/add", person.page)
    assert found, person.words
    here = f"/suppression/{found[1]}"
    md5 = hashlib.md5(b"a@example.com", usedforsecurity=False).hexdigest()
    file = io.BytesIO(f"\ufeffemail;phone\r\n{md5};+380671234567\r\nnobody;\r\n".encode())
    person.submit(f"{here}/add", entries="b@example.com\n@example.org\nnonsense\n", file=(file, "list.csv"))
    assert "2 entries added. On the list already: 0. Unreadable: 1." in person.words
    upload = was_read(getattr(world, party), person, "Looking through list.csv")
    assert "1 place in the file holds no entry. Everything else is on the list." in person.open(upload)
    assert "Rows read 3 Added 2 On the list already" in person.words
    assert "Line Column Reason 3 1 Neither a phone, an e-mail, an @domain nor a hash." in person.words
    assert "nobody" not in person.page
    person.submit(f"{here}/add", entries="b@example.com")
    assert "0 entries added. On the list already: 1." in person.words
    person.submit(f"{here}/remove", entry="a@example.com")
    assert "Taken off the list." in person.words
    person.submit(f"{here}/remove", entry="a@example.com")
    assert "This was not on the list." in person.words
    person.submit(f"{here}/remove", entry="?")
    assert person.status == 422
    person.submit("/suppression", name="Do not call")
    assert person.status == 409
    person.submit(f"{here}/delete")
    assert "No lists yet" in person.words


@pytest.fixture
def person(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


def opened(person: Visitor) -> str:
    person.submit("/suppression", name="List")
    found = re.search(r"/suppression/([0-9a-f-]{36})/add", person.page)
    assert found
    return f"/suppression/{found[1]}"


def was_read(party: Party, person: Visitor, words: str) -> str:
    """Have the file on this page read, which says so before and after; where its result is."""
    assert words in person.words
    found = re.search(
        r'data-poll="(/suppression/[0-9a-f-]{36}/uploads/([0-9a-f-]{36}))/progress"', person.page
    )
    assert found
    suppress_file.go_on(party.id, UUID(found[2]))
    person.open(f"{found[1]}/progress")
    assert "data-poll" not in person.page
    assert f'href="{found[1]}"' in person.page
    return found[1]


def test_a_file_that_is_no_table_is_refused(person: Visitor) -> None:
    here = opened(person)
    person.submit(f"{here}/add", file=(io.BytesIO(b"\x89PNG\r\n"), "list.csv"))
    assert person.status == 422
    assert "This is a picture." in person.words
    person.submit(f"{here}/add", file=(io.BytesIO(b""), "list.csv"))
    assert (person.status, "The file is empty." in person.words) == (422, True)
    person.submit(f"{here}/add")
    assert (person.status, "Type some entries, or choose a file." in person.words) == (422, True)


def test_a_large_wrong_file_is_told_on_its_page(
    world: World, person: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_uploads, "LOOKED_AT_ONCE", 0)
    here = opened(person)
    person.submit(f"{here}/add", file=(io.BytesIO(b"\x89PNG\r\n"), "list.csv"))
    upload = was_read(world.acme, person, "Looking through list.csv")
    person.open(upload)
    assert "The file was not taken. The list is as it was. This is a picture." in person.words
    person.open(here)
    assert "Refused" in person.words


def test_what_is_pasted_is_read_by_a_worker_when_it_is_much(world: World, person: Visitor) -> None:
    here = opened(person)
    pasted = "\n".join(f"+38067{number:07d}" for number in range(1_001))
    person.submit(f"{here}/add", entries=pasted)
    was_read(world.acme, person, "Looking through pasted.txt")
    assert "pasted.txt: 1,001 added, 0 on the list already, 0 refused." in person.words


def test_the_same_file_in_two_tabs_is_read_once(person: Visitor) -> None:
    here, data = opened(person), b"a@example.com\n"
    for words in ("Looking through list.csv", "This very file is being read onto the list already."):
        person.submit(f"{here}/add", file=(io.BytesIO(data), "list.csv"))
        assert words in person.words
    assert person.page.count("data-poll") == 1


def test_a_reading_is_stopped(world: World, person: Visitor) -> None:
    here = opened(person)
    person.submit(f"{here}/add", file=(io.BytesIO(b"a@example.com\n"), "list.csv"))
    found = re.search(r'data-poll="(/suppression/[0-9a-f-]{36}/uploads/[0-9a-f-]{36})/progress"', person.page)
    assert found
    person.open(found[1])
    assert f'action="{found[1]}/stop"' in person.page
    person.submit(f"{found[1]}/stop")
    assert "The reading was stopped." in person.words
    other = enter(person, world.bolt)
    assert other.open(found[1])
    assert other.status == 404


def test_a_million_hashes_are_no_more_than_the_form_takes(person: Visitor) -> None:
    """A million SHA-256 in hex are 65 MB; the other forms end at 64 MiB."""
    here = opened(person)
    large = (b"x" * 9_000 + b"\n") * 8_000
    assert len(large) > 64 * 1024 * 1024
    person.submit(f"{here}/add", file=(io.BytesIO(large), "list.csv"))
    assert "Looking through list.csv" in person.words


def test_cells_of_a_file_are_entries() -> None:
    data = b"\xef\xbb\xbfa@b.ua;+380671234567\r\n\r\n x \t|y\rz\xff"
    assert list(entries_of(io.BytesIO(data))) == ["a@b.ua", "+380671234567", "x", "y", "z\ufffd"]
    long = "+380671234567\n" * 20_000
    assert list(entries_of(io.BytesIO(long.encode()))) == ["+380671234567"] * 20_000
    with pytest.raises(Invalid):
        list(entries_of(io.BytesIO(b"a" * 100_000)))
