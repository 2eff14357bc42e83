"""Uploads in slices beneath the pages: limits of an organisation, expiry, what is sealed, and reading it again."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.leads import file_uploads, sliced_file
from app.leads.file_uploads import FileUpload, NewFile, TooManyUploads
from tenants import clock, crypto
from tenants.db import transaction
from tenants.errors import NotFound
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import Party, World, make_member

CSV = csv_of(people(1_500))
STEP = file_uploads.SMALLEST_SLICE


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def begin(party: Party, size: int = len(CSV), mark: str = "") -> FileUpload:
    with transaction(party.id) as session:
        return file_uploads.begin(session, party.owner, NewFile("leads", "leads.csv", size, mark))


def send(party: Party, data: bytes = CSV) -> FileUpload:
    upload = begin(party, len(data))
    for offset in range(0, len(data), STEP):
        with transaction(party.id) as session:
            upload = file_uploads.append(
                session, party.owner, upload.id, offset, data[offset : offset + STEP]
            )
    return upload


def test_what_arrived_is_sealed_and_reads_back_as_it_was(desk: Desk) -> None:
    upload, agency = send(desk.agency), desk.agency
    assert upload.is_whole
    with transaction(agency.id) as session:
        stored = session.execute(text("SELECT sealed FROM file_slice ORDER BY number")).scalars().all()
        assert all(b"example.com" not in bytes(one) for one in stored)
        stream = sliced_file.opened(session, crypto.vault(session, agency.id), upload.id)
        for _ in range(2):
            stream.seek(0)
            found = hashlib.sha256()
            while piece := stream.read(50_000):
                found.update(piece)
            assert found.digest() == hashlib.sha256(CSV).digest()
        with pytest.raises(OSError):
            stream.seek(10_000_000, 0)


def test_an_organisation_has_only_so_many_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_uploads, "MOST_UNFINISHED", 2)
    first, _second = begin(desk.agency, mark="a"), begin(desk.agency, mark="b")
    with pytest.raises(TooManyUploads):
        begin(desk.agency, mark="c")
    colleague = make_member(desk.agency.card, "manager")
    with transaction(desk.agency.id) as session, pytest.raises(TooManyUploads):
        file_uploads.begin(session, colleague, NewFile("leads", "leads.csv", 5))
    assert begin(desk.agency, mark="a").id == first.id, "what was begun is found again"
    with transaction(desk.agency.id) as session:
        file_uploads.discard(session, desk.agency.owner, first.id)
    begin(desk.agency, mark="c")
    monkeypatch.setattr(file_uploads, "MOST_UNFINISHED", 20)
    monkeypatch.setattr(file_uploads, "MOST_BYTES", 2 * len(CSV) + 10)
    with pytest.raises(TooManyUploads):
        begin(desk.agency, 11)
    begin(desk.agency, 10)


def test_after_a_day_without_a_slice_it_is_gone(desk: Desk) -> None:
    begun = clock.now()
    upload, agency = send(desk.agency), desk.agency
    with clock.at(begun + timedelta(hours=23)):
        file_uploads.delete_expired(clock.now())
    assert desk.count("file_upload") == 1
    later = begun + timedelta(hours=25)
    with clock.at(later), transaction(agency.id) as session:
        with pytest.raises(NotFound):
            file_uploads.find(session, agency.owner, upload.id)
        with pytest.raises(NotFound):
            file_uploads.append(session, agency.owner, upload.id, len(CSV), b"x")
    file_uploads.delete_expired(later)
    file_uploads.delete_expired(later)
    assert (desk.count("file_upload"), desk.count("file_slice")) == (0, 0)
