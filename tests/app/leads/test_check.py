"""Checking a batch: every row accounted for, whatever is in the file and whenever the worker dies."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.leads.batch_queries import progress, reasons
from app.leads.bundle import unpack
from app.leads.check import LEASE, check, check_batch
from tenants import clock, crypto
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, counts, csv_of, people
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def test_a_clean_file_becomes_sealed_drafts(desk: Desk) -> None:
    view = desk.upload(csv_of(people(3)))
    assert (view.state, counts(view)) == ("checked", (3, 3, 0, 0))
    assert view.rows_total == view.rows_read
    with transaction(desk.agency.id) as session:
        rows = session.execute(
            text("SELECT l.*, s.salt FROM lead l JOIN lead_salt s ON s.lead_id = l.id ORDER BY external_id")
        ).all()
        vault = crypto.vault(session, desk.agency.id)
        blinds = set(session.execute(text("SELECT blind FROM lead_person")).scalars())
    lead = rows[0]
    assert (lead.state, lead.region, lead.temperature, lead.bant) == ("draft", "UA-32", "cold", "uuuu")
    assert lead.facts == {
        "property_type": "detached",
        "is_owner": True,
        "monthly_bill": 200_000,
        "currency": "UAH",
    }
    assert lead.preview["monthly_bill"] == "1500-2999"
    opened = unpack(vault.open(bytes(lead.salt), lead.id, "bundle", bytes(lead.sealed)))
    assert opened.contacts[0]["phones"] == ["+380670000001"]
    assert opened.personal == {"comment": "call after 1 o'clock"}
    assert opened.consent is not None
    assert opened.consent["origin"] == "https://acme.example/form"
    assert vault.blind("person", "o2@example.com") in blinds
    assert len(blinds) == 6


def test_rows_that_are_no_leads_are_rejected_with_line_and_reason(desk: Desk) -> None:
    rows = [
        Person(1),
        Person(2, phone="12", email=""),
        Person(3, property_type="Castle"),
        ["too", "short"],
        Person(4, days_ago=400),
        Person(5),
    ]
    view = desk.upload(csv_of(rows))
    assert counts(view) == (6, 2, 4, 0)
    with transaction(desk.agency.id) as session:
        found = session.execute(text("SELECT line, kind, code, column_name FROM batch_problem ORDER BY line"))
        assert [tuple(row) for row in found] == [
            (3, "rejected", "bad_phone", "Phone"),
            (4, "rejected", "not_a_choice", "Property"),
            (5, "rejected", "short_row", None),
            (6, "rejected", "expired", "Enquired at"),
        ]
        told = reasons(session, desk.agency.id, view.id)
    assert {(one.kind, one.code, one.count) for one in told} == {
        ("rejected", code, 1) for code in ("bad_phone", "not_a_choice", "short_row", "expired")
    }


def test_the_same_person_is_taken_once_in_a_file_and_against_stock(desk: Desk) -> None:
    first = desk.upload(
        csv_of([Person(1), Person(2, phone="+380670000001"), Person(3, email="o1@example.com")])
    )
    assert counts(first) == (3, 1, 0, 2)
    second = desk.upload(csv_of([Person(1, external_id="B-1"), Person(4), Person(5, external_id="A-1")]))
    assert counts(second) == (3, 1, 0, 2)
    with transaction(desk.agency.id) as session:
        found = (
            session.execute(text("SELECT code FROM batch_problem ORDER BY batch_id, line")).scalars().all()
        )
    assert found == [
        "duplicate_in_file", "duplicate_in_file", "duplicate_in_stock", "duplicate_external_id",
    ]  # fmt: skip


def test_a_withdrawn_person_and_another_vertical_are_no_duplicates(desk: Desk) -> None:
    desk.upload(csv_of([Person(1, external_id="")]))
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE lead SET state = 'withdrawn'"))
    assert counts(desk.upload(csv_of([Person(1, external_id="")]))) == (1, 1, 0, 0)
    windows = Person(1, external_id="").row()
    windows[5] = "3"
    batch_id = desk.receive(csv_of([windows]), vertical="home_windows")
    mapping = {2: "phone", 3: "email", 5: "window_count", 8: "enquired_at", 9: "consent_at"}
    desk.start(batch_id, mapping)
    check(desk.agency.id, batch_id)
    view = desk.view(batch_id)
    assert (view.accepted, view.duplicates) == (1, 0), view


def test_blocks_of_a_long_file_know_each_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.leads.reading.BLOCK_ROWS", 7)
    rows = [*people(20), Person(21, phone="+380670000002"), *people(5, start=30)]
    view = desk.upload(csv_of(rows))
    assert counts(view) == (26, 25, 0, 1)
    assert desk.count("lead") == 25


def test_a_file_without_a_heading_is_read_by_its_mapping(desk: Desk) -> None:
    view = desk.upload(csv_of(people(4), headers=()))
    assert counts(view) == (4, 4, 0, 0)


def test_a_second_check_finds_nothing_to_do(desk: Desk) -> None:
    view = desk.upload(csv_of(people(3)))
    check(desk.agency.id, view.id)
    assert counts(desk.view(view.id)) == (3, 3, 0, 0)


def test_a_batch_mapped_anew_is_checked_from_the_start(desk: Desk) -> None:
    rows = [Person(1), Person(2, property_type="Castle")]
    view = desk.upload(csv_of(rows))
    assert counts(view) == (2, 1, 1, 0)
    desk.start(view.id)
    check(desk.agency.id, view.id)
    assert counts(desk.view(view.id)) == (2, 1, 1, 0)
    assert desk.count("lead") == desk.count("lead_salt") == 1
    assert desk.count("lead_person") == 2


def test_a_fault_of_the_program_leaves_the_batch_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id = desk.receive(csv_of(people(2)))
    desk.start(batch_id)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.leads.check.judge", broken)
    with pytest.raises(ZeroDivisionError):
        check(desk.agency.id, batch_id)
    assert desk.view(batch_id).state == "failed"


def test_a_database_that_is_away_leaves_the_batch_due(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id = desk.receive(csv_of(people(2)))
    desk.start(batch_id)

    def away(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the server went away"))

    with monkeypatch.context() as patch:
        patch.setattr("app.leads.check.judge", away)
        with pytest.raises(OperationalError):
            check(desk.agency.id, batch_id)
    assert desk.view(batch_id).state == "checking"
    with clock.at(clock.now() + LEASE * 2):
        check_batch(str(desk.agency.id), str(batch_id))
    assert counts(desk.view(batch_id)) == (2, 2, 0, 0)


def test_a_file_in_many_pieces_is_read_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.leads.received_file.PIECE_BYTES", 333)
    monkeypatch.setattr("app.leads.reading.BLOCK_ROWS", 30)
    view = desk.upload(csv_of(people(100)))
    assert counts(view) == (100, 100, 0, 0)
    assert desk.count("batch_chunk") > 50


def test_progress_tells_rate_and_rest_once_they_are_steady(desk: Desk) -> None:
    batch_id = desk.receive(csv_of(people(10)))
    desk.start(batch_id)
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET rows_read = 5, accepted = 5, rows_total = 10"))
    paced = text("UPDATE batch SET pace_rows = :rows, pace_ms = :ms, paced_at = :at")
    for ms, is_told in ((1_000, False), (10_000, True)):
        with transaction(desk.agency.id) as session:
            session.execute(paced, {"rows": 5_000, "ms": ms, "at": clock.now()})
            told = progress(session, desk.agency.id, batch_id)
        assert (told.rows_per_second is not None) is is_told
    assert told.seconds_left == pytest.approx(10, abs=1)
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE batch SET rows_read = 0, accepted = 0"))
