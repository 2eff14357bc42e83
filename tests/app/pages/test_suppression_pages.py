"""Suppression lists in the browser: opened, filled by hand and by file, emptied, deleted."""

import hashlib
import io
import re

import pytest

from app.leads.suppression_file import entries_of
from tenants.errors import Invalid
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World


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
    file = io.BytesIO(f"\ufeffemail;phone\r\n{md5};+380671234567\r\n".encode())
    person.submit(f"{here}/add", entries="b@example.com\n@example.org\nnonsense\n", file=(file, "list.csv"))
    assert "4 entries added. On the list already: 0. Unreadable: 3." in person.words
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


def test_a_file_that_is_no_text_is_refused(world: World, visitor: Visitor) -> None:
    assert world.floe
    person = enter(visitor, world.acme)
    person.submit("/suppression", name="List")
    found = re.search(r"/suppression/([0-9a-f-]{36})/add", person.page)
    assert found
    person.submit(f"/suppression/{found[1]}/add", file=(io.BytesIO(b"PK\x03\x04\x00\x00"), "list.xlsx"))
    assert person.status == 422
    assert "Send a text or CSV file" in person.words


def test_a_million_hashes_are_no_more_than_the_form_takes(world: World, visitor: Visitor) -> None:
    """A million SHA-256 in hex are 65 MB; the other forms end at 64 MiB."""
    assert world.floe
    person = enter(visitor, world.acme)
    person.submit("/suppression", name="List")
    found = re.search(r"/suppression/([0-9a-f-]{36})/add", person.page)
    assert found
    large = (b"x" * 9_000 + b"\n") * 8_000
    assert len(large) > 64 * 1024 * 1024
    person.submit(f"/suppression/{found[1]}/add", file=(io.BytesIO(large), "list.csv"))
    assert "Unreadable: 8,000." in person.words


def test_cells_of_a_file_are_entries() -> None:
    data = b"\xef\xbb\xbfa@b.ua;+380671234567\r\n\r\n x \t|y\rz\xff"
    assert list(entries_of(io.BytesIO(data))) == ["a@b.ua", "+380671234567", "x", "y", "z\ufffd"]
    long = "+380671234567\n" * 20_000
    assert list(entries_of(io.BytesIO(long.encode()))) == ["+380671234567"] * 20_000
    with pytest.raises(Invalid):
        list(entries_of(io.BytesIO(b"a" * 100_000)))
