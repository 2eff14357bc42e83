"""Files of suppression lists: received at once, read by a worker, put an end to at any time."""

import gzip
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import list_reading, list_uploads, suppression
from app.leads.files.kinds import BadFile
from app.leads.list_uploads import ListUpload, TooManyListUploads
from app.market import suppress_file
from tenants import clock
from tenants.db import transaction
from tenants.errors import Forbidden, NotFound
from tests.app.leads.test_suppression import keep
from tests.app.market.test_suppress import listings, on_sale
from tests.world import Party, World, make_member


def opened(party: Party, name: str = "List") -> UUID:
    with transaction(party.id) as session:
        return suppression.create(session, party.owner, name)


def sent(party: Party, list_id: UUID, data: bytes, name: str = "list.csv") -> UUID:
    with transaction(party.id) as session:
        return suppress_file.suppress_file(session, party.owner, list_id, name, io.BytesIO(data)).id


def view(party: Party, list_id: UUID, upload_id: UUID) -> ListUpload:
    with transaction(party.id) as session:
        return list_uploads.view(session, party.id, list_id, upload_id)


def read(party: Party, list_id: UUID, data: bytes, name: str = "list.csv") -> ListUpload:
    upload_id = sent(party, list_id, data, name)
    suppress_file.go_on(party.id, upload_id)
    return view(party, list_id, upload_id)


def entries(party: Party, list_id: UUID) -> int:
    """As the list counts them, which is as many as there are."""
    with transaction(party.id) as session:
        counted = session.execute(
            text("SELECT count(*) FROM suppression_entry WHERE list_id = :id"), {"id": list_id}
        )
        told = suppression.get(session, party.id, list_id).entries
        assert counted.scalar() == told
        return told


def pieces(party: Party) -> int:
    with transaction(party.id) as session:
        return int(session.execute(text("SELECT count(*) FROM list_piece")).scalar_one())


def phones(count: int, start: int = 0) -> str:
    return "".join(f"+38067{number:07d}\n" for number in range(start, start + count))


def counts(one: ListUpload) -> tuple[str, int, int, int]:
    return one.state, one.added, one.known, one.refused


def test_the_same_entries_again_are_known(world: World) -> None:
    list_id = opened(world.acme)
    assert counts(read(world.acme, list_id, phones(3).encode() * 2)) == ("done", 3, 3, 0)
    assert counts(read(world.acme, list_id, phones(5).encode())) == ("done", 2, 3, 0)
    assert entries(world.acme, list_id) == 5


def test_two_tabs_send_one_file_once(world: World) -> None:
    list_id, data = opened(world.acme), phones(3).encode()
    first = sent(world.acme, list_id, data)
    with transaction(world.acme.id) as session:
        again = suppress_file.suppress_file(session, world.acme.owner, list_id, "other.csv", io.BytesIO(data))
    assert (again.id, again.is_new) == (first, False)
    other = sent(world.acme, opened(world.acme, "Other"), data)
    assert other != first
    suppress_file.go_on(world.acme.id, first)
    assert sent(world.acme, list_id, data) != first


@pytest.mark.parametrize("data", [b"", b"%PDF-1.4 x", b"\x89PNG\r\n", b"PK\x03\x04\x00\x00", b"<html><body>"])
def test_a_wrong_file_is_refused_at_once(world: World, data: bytes) -> None:
    list_id = opened(world.acme)
    with pytest.raises(BadFile):
        sent(world.acme, list_id, data)
    assert pieces(world.acme) == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x89PNG\r\n" + b"x" * 100, "binary_file"),
        (gzip.compress(phones(5000).encode())[:-9], "truncated_file"),
        (b"nobody\nnothing\n", "nothing_readable"),
        (b"name,city\nOlena,Kyiv\n", "nothing_readable"),
    ],
)
def test_a_wrong_file_leaves_the_list_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch, data: bytes, code: str
) -> None:
    monkeypatch.setattr(list_uploads, "LOOKED_AT_ONCE", 0)
    monkeypatch.setattr(list_reading, "BLOCK_ROWS", 100)
    list_id = keep(world.acme, "a@b.ua")
    done = read(world.acme, list_id, data)
    assert (done.state, done.failure, done.added) == ("refused", code, 0)
    assert done.failure_told
    assert done.failure_told["sentence"]
    assert (entries(world.acme, list_id), pieces(world.acme)) == (1, 0)


def test_a_file_of_too_many_rows_adds_none_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_reading, "BLOCK_ROWS", 50_000)
    list_id = opened(world.acme)
    done = read(world.acme, list_id, b"a@b.ua\n" * 1_000_001)
    assert (done.failure, entries(world.acme, list_id)) == ("too_many_rows", 0)


def test_a_fault_between_two_blocks_costs_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    monkeypatch.setattr(list_reading, "BLOCK_ROWS", 10)
    list_id = opened(world.acme)
    upload_id = sent(world.acme, list_id, ("nobody\n" + phones(95)).encode())
    whole, seen = list_reading.note, []

    def torn(*words: Any) -> None:
        whole(*words)
        seen.append(1)
        if len(seen) == 4:
            raise OperationalError("", {}, Exception("the database went away"))

    monkeypatch.setattr(list_reading, "note", torn)
    with pytest.raises(OperationalError):
        suppress_file.go_on(world.acme.id, upload_id)
    one = view(world.acme, list_id, upload_id)
    assert (one.state, one.rows_read, one.added) == ("reading", 30, 29)
    assert entries(world.acme, list_id) == 29
    suppress_file.go_on(world.acme.id, upload_id)  # in other hands until the lease ends
    assert view(world.acme, list_id, upload_id).rows_read == 30
    with clock.at(clock.now() + timedelta(seconds=61)):
        suppress_file.go_on(world.acme.id, upload_id)
    assert counts(view(world.acme, list_id, upload_id)) == ("done", 95, 0, 0)
    assert entries(world.acme, list_id) == 95


def test_a_fault_of_the_program_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = opened(world.acme)
    upload_id = sent(world.acme, list_id, phones(3).encode())
    monkeypatch.setattr(list_reading, "take", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        suppress_file.go_on(world.acme.id, upload_id)
    one = view(world.acme, list_id, upload_id)
    assert (one.state, one.failure, pieces(world.acme)) == ("failed", "internal_error", 0)


@pytest.mark.parametrize("deed", ["delete", "stop"])
def test_who_changes_their_mind_stops_it_between_two_blocks(
    world: World, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    monkeypatch.setattr(list_reading, "BLOCK_ROWS", 10)
    list_id = opened(world.acme)
    upload_id = sent(world.acme, list_id, phones(95).encode())
    whole, seen = suppress_file._take, []

    def watched(*words: Any) -> bool:
        seen.append(1)
        if len(seen) == 3:
            with transaction(world.acme.id) as session:
                if deed == "delete":
                    suppression.delete(session, world.acme.owner, list_id)
                else:
                    list_uploads.stop(session, world.acme.owner, list_id, upload_id)
        return whole(*words)

    monkeypatch.setattr(suppress_file, "_take", watched)
    suppress_file.go_on(world.acme.id, upload_id)
    assert (len(seen), pieces(world.acme)) == (3, 0)
    if deed == "stop":
        assert counts(view(world.acme, list_id, upload_id)) == ("stopped", 20, 0, 0)
        assert entries(world.acme, list_id) == 20
        with transaction(world.acme.id) as session:
            list_uploads.stop(session, world.acme.owner, list_id, upload_id)
    else:
        with transaction(world.acme.id) as session:
            left = session.execute(text("SELECT count(*) FROM suppression_entry")).scalar()
        assert left == 0


def test_the_sweep_finds_what_nobody_reads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr(suppress_file, "wake", lambda _job, *words: woken.append(words[1]))
    list_id = opened(world.acme)
    upload_id = sent(world.acme, list_id, phones(3).encode())
    suppress_file.wake_forgotten(clock.now())
    assert woken == [str(upload_id)]
    suppress_file.go_on(world.acme.id, upload_id)
    suppress_file.wake_forgotten(clock.now() + timedelta(days=1))
    assert woken == [str(upload_id)]


@pytest.mark.parametrize(("keeper", "closed"), [("acme", 1), ("floe", 0), ("bolt", 0)])
def test_an_agencys_file_closes_its_own_open_listings(world: World, keeper: str, closed: int) -> None:
    assert world.floe
    on_sale(world)
    party: Party = getattr(world, keeper)
    done = read(party, opened(party), b"+380670000001\nnobody@example.com\n")
    assert (done.added, done.closed) == (2, closed)
    assert listings(world).count("closed") == closed


def test_who_may_not_or_sends_too_much_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id, owner = opened(world.acme), world.acme.owner
    viewer = make_member(world.acme.card, "viewer")
    with transaction(world.acme.id) as session, pytest.raises(Forbidden):
        suppress_file.suppress_file(session, viewer, list_id, "x.csv", io.BytesIO(b"a@b.ua"))
    with transaction(world.bolt.id) as session, pytest.raises(NotFound):
        suppress_file.suppress_file(session, world.bolt.owner, list_id, "x.csv", io.BytesIO(b"a@b.ua"))
    monkeypatch.setattr(list_uploads, "MOST_AT_ONCE", 1)
    upload_id = sent(world.acme, list_id, b"a@b.ua")
    with transaction(world.acme.id) as session, pytest.raises(TooManyListUploads):
        suppress_file.suppress_file(session, owner, list_id, "x.csv", io.BytesIO(b"c@b.ua"))
    with transaction(world.bolt.id) as session, pytest.raises(NotFound):
        list_uploads.view(session, world.bolt.id, list_id, upload_id)


def test_the_file_is_sealed_while_it_waits(world: World) -> None:
    sent(world.acme, opened(world.acme), b"olena@example.com\n" * 10)
    with transaction(world.acme.id) as session:
        assert b"olena" not in bytes(session.execute(text("SELECT sealed FROM list_piece")).scalar_one())
