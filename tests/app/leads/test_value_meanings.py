"""What the values of a column mean before the file is checked: read, guessed, decided, remembered for the next file."""

import time
from collections.abc import Mapping
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import fixes, reading
from app.leads.batch_queries import batch_view
from app.leads.check import check
from app.leads.fixes import Fixes
from app.leads.value_meanings import Asked, ColumnValues, Meanings, keep
from tenants import crypto
from tenants.db import transaction
from tenants.errors import Invalid
from tests.app.leads.test_fixes import rejects
from tests.app.leads.uploads import Desk, Person, counts, csv_of, people
from tests.world import World

PROPERTY = 5
ROWS = [
    *people(3),
    *[Person(number, property_type="Хата") for number in (10, 11)],
    Person(12, property_type="Flatt"),
    Person(13, property_type="Замок"),
]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def values(desk: Desk, batch_id: UUID, search: str = "", target: str = "property_type") -> ColumnValues:
    with transaction(desk.agency.id) as session:
        vault = crypto.vault(session, desk.agency.id)
        batch = batch_view(session, desk.agency.id, batch_id)
        found = Meanings(session, batch, vault, "en").of(Asked(PROPERTY, target, search))
    assert found is not None
    return found


def said(desk: Desk, batch_id: UUID, meanings: Mapping[str, str], target: str = "property_type") -> bool:
    with transaction(desk.agency.id) as session:
        return keep(
            session, desk.agency.owner, batch_view(session, desk.agency.id, batch_id), {target: meanings}
        )


def decided(desk: Desk, batch_id: UUID) -> Fixes:
    with transaction(desk.agency.id) as session:
        return fixes.decided(session, crypto.vault(session, desk.agency.id), batch_id)


def test_values_are_counted_read_and_guessed_those_nobody_knows_first(desk: Desk) -> None:
    batch_id = desk.receive(csv_of(ROWS))
    found = values(desk, batch_id)
    assert not found.is_whole, "nobody has read the file yet"
    reading.read(desk.agency.id, batch_id)
    found = values(desk, batch_id)
    assert (found.is_whole, found.different, found.unknown, found.found) == (True, 4, 3, 4)
    assert [(one.written, one.count, one.how) for one in found.rows] == [
        ("Хата", 2, "unknown"), ("Flatt", 1, "guess"), ("Замок", 1, "unknown"), ("Detached house", 3, "read"),
    ]  # fmt: skip
    assert [one.meant for one in found.rows] == ["", "flat", "", "detached"]
    assert [one.written for one in values(desk, batch_id, "ХАТ").rows] == ["Хата"]


def test_a_killed_reader_leaves_nothing_uncounted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_ROWS", 2)
    batch_id = desk.receive(csv_of(ROWS))
    add = reading._add
    monkeypatch.setattr(reading, "_add", lambda *words: add(*words) and words[2].number < 2)
    reading.read(desk.agency.id, batch_id)
    assert not values(desk, batch_id).is_whole
    monkeypatch.setattr(reading, "_add", add)
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET read_lease_until = NULL"))
    reading.read(desk.agency.id, batch_id)
    found = values(desk, batch_id)
    assert found.is_whole
    assert sum(one.count for one in found.rows) == len(ROWS)


def test_what_is_decided_is_done_by_the_check_and_remembered(desk: Desk) -> None:
    batch_id = desk.receive(csv_of(ROWS))
    meant = {"Хата": "detached", "Flatt": "!", "Замок": "-", "Detached house": "detached"}
    assert said(desk, batch_id, meant)
    assert not said(desk, batch_id, meant), "again, it is nothing new"
    kept = {"Хата": "detached", "Flatt": None, "Замок": ""}
    assert decided(desk, batch_id).values == {"property_type": kept}, "what is read anyway is not kept"
    assert {one.written: (one.how, one.meant) for one in values(desk, batch_id).rows} == {
        "Хата": ("yours", "detached"), "Flatt": ("yours", "!"), "Замок": ("yours", "-"),
        "Detached house": ("read", "detached"),
    }  # fmt: skip
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (7, 5, 2, 0), "a required field was left empty, a value left out"
    told = {row[0]: row[-1] for row in rejects(desk, batch_id)[1:]}
    assert told["A-12"] == "Property: You decided to leave out rows with this value."
    assert "A value is needed" in told["A-13"]

    following = desk.receive(csv_of([*people(2, 50), Person(60, property_type="Хата")]))
    assert decided(desk, following).values == {"property_type": kept}
    assert said(desk, following, {"Хата": ""}), "it can be taken back"
    assert "Хата" not in decided(desk, following).values["property_type"]


def test_a_value_that_was_mended_into_one_left_out_stays(desk: Desk) -> None:
    batch_id = desk.receive(csv_of(ROWS))
    said(desk, batch_id, {"Хата": "detached", "Detached house": "!"})
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (7, 2, 5, 0)


def test_a_field_of_another_upload_means_nothing(desk: Desk) -> None:
    batch_id = desk.receive(csv_of(ROWS))
    for target, meanings in (("no_such", {"a": "b"}), ("property_type", {"a": "b" * 201})):
        with pytest.raises(Invalid):
            said(desk, batch_id, meanings, target)
    assert decided(desk, batch_id) == Fixes()


def test_ten_thousand_values_are_quickly_shown(desk: Desk) -> None:
    rows = [Person(number, property_type=f"Дім {number}") for number in range(10_000)]
    batch_id = desk.receive(csv_of(rows))
    reading.read(desk.agency.id, batch_id)
    began = time.perf_counter()
    found = values(desk, batch_id, "дім 77")
    assert time.perf_counter() - began < 5
    assert (found.is_whole, found.different, found.found, len(found.rows)) == (True, 10_000, 111, 50)
