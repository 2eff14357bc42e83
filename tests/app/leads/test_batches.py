"""Receiving, mapping, cancelling: what is refused leaves nothing behind."""

import gzip
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import legal_basis
from app.leads.batch_queries import batch_page, samples
from app.leads.batch_states import WrongState
from app.leads.batches import MappingIncomplete, Upload, cancel, clean_name, receive, set_mapping
from app.leads.check import check, start_check
from app.leads.columns import suggest
from app.leads.files import kinds
from app.leads.files.kinds import BadFile
from app.leads.verticals import get
from tenants import clock
from tenants.db import transaction
from tenants.errors import Invalid, NotFound, Refused
from tenants.ids import new_id
from tests.app.leads.uploads import HEADERS, MAPPING, TARGETS, Desk, Person, counts, csv_of, people
from tests.world import World

CLEAN = csv_of(people(3))
LARGE = csv_of(people(2_000)) * 1
MEGABYTE = 1024 * 1024


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


BAD_FILES: dict[str, tuple[bytes, type[BadFile]]] = {
    "empty": (b"", kinds.EmptyFile),
    "blank": (b" \r\n \n", kinds.EmptyFile),
    "heading only": (b"name;phone\n", kinds.OnlyHeader),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), kinds.BinaryFile),
    "workbook": (b"PK\x03\x04" + b"[Content_Types].xml xl/workbook.xml" * 9, kinds.DamagedFile),
    "web page": (b"<html><body><table></table></body></html>", kinds.OtherFormat),
    "packed bomb": (gzip.compress(b"0" * 8 * MEGABYTE), kinds.HarmfulFile),
    "cut off": ("name;phone\nОлена;Ї".encode()[:-1], kinds.TruncatedFile),
    "cut off far behind the beginning": (LARGE + "Їжак".encode()[:1], kinds.TruncatedFile),
    "unknown encoding": ("ชื่อ;โทร\nสมชาย ใจดี;501\n".encode("cp874"), kinds.UndecodableFile),
    "unknown encoding far behind": (
        b"name,phone\n" + b"Olena Bondar,0671234567\n" * 20_000 + "สมชาย ใจดี,501\n".encode("cp874") * 9,
        kinds.UndecodableFile,
    ),
    "too wide": (b";".join([b"column"] * 201) + b"\n" + b";" * 200, kinds.TooManyColumns),
}


@pytest.mark.parametrize(("data", "refusal"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused_and_leaves_nothing_behind(
    desk: Desk, data: bytes, refusal: type[BadFile]
) -> None:
    facts = desk.facts
    with transaction(desk.agency.id) as session:
        with pytest.raises(refusal) as refused:
            receive(session, desk.agency.owner, Upload("leads.csv", io.BytesIO(data), facts))
        assert refused.value.status == 422
        assert refused.value.message
        for table in ("batch", "batch_chunk", "lead"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_windows_1251_behind_a_long_latin_beginning_is_recognised(desk: Desk) -> None:
    plain = [["Olena", "0671234567"]] * 15_000
    data = csv_of(plain, headers=("name", "phone")) + "Олена Ковальчук,0501112233\r\n".encode("cp1251") * 3
    assert desk.view(desk.receive(data)).layout["encoding"] == "cp1251"


def test_a_received_file_is_sealed_suggested_and_shown(desk: Desk) -> None:
    batch_id = desk.receive(CLEAN, file_name="C:\\Мої файли\\leads\u202e.csv")
    view = desk.view(batch_id)
    assert (view.state, view.file_name, view.file_bytes) == ("received", "leads.csv", len(CLEAN))
    assert view.headers == list(HEADERS)
    assert (view.max_sales, view.vertical, view.same_as) == (3, "home_solar", None)
    found = suggest(HEADERS, [person.row() for person in people(3)], get("home_solar"), "consumer")
    assert view.mapping == {str(one.column): one.target for one in found if one.target}
    assert len(view.mapping) >= 9
    with transaction(desk.agency.id) as session:
        assert samples(session, desk.agency.id, batch_id)[0] == Person(1).row()
        kept = session.execute(text("SELECT sealed FROM batch_chunk")).scalars().all()
        row = session.execute(text("SELECT samples_sealed FROM batch")).scalar_one()
    assert not any(b"380670000001" in bytes(one) for one in (*kept, row))


def test_the_same_file_again_is_accepted_and_said_to_be_the_same(desk: Desk) -> None:
    first = desk.receive(CLEAN)
    with clock.at(clock.now() + timedelta(minutes=1)):
        second = desk.receive(CLEAN, file_name="again.csv")
    assert desk.view(second).same_as == first
    assert desk.view(first).same_as is None


def test_a_file_with_the_headings_of_an_earlier_one_takes_over_its_mapping(desk: Desk) -> None:
    desk.upload(CLEAN)
    again = desk.view(desk.receive(csv_of(people(2, start=50))))
    wanted = {str(column): target for column, target in MAPPING.items()}
    assert set(again.mapping) == set(wanted)
    assert again.mapping["2"] == "contact_1_phone"
    assert desk.view(desk.receive(csv_of([["x"] * 3], headers=("a", "b", "c")))).mapping == {}


def test_a_foreign_or_archived_record_is_refused_like_an_unknown_one(desk: Desk, world: World) -> None:
    from app.leads import sources
    from tests.world import make_party

    other = Desk(make_party("agency", "Other Leads", "UA"))
    archived = sources.NewSource("Old page", "blog")
    with transaction(desk.agency.id) as session:
        archived_id = sources.create(session, desk.agency.owner, archived)
        sources.archive(session, desk.agency.owner, archived_id)
    wrong: list[dict[str, Any]] = [
        {"source_id": other.source_id},
        {"source_id": new_id()},
        {"source_id": archived_id},
        {"consent_text_id": other.consent_text_id},
        {"addressee_id": new_id(), "lead_type": "targeted"},
        {"country": "Narnia"},
        {"lead_type": "shared"},
    ]
    for changes in wrong:
        with pytest.raises(Invalid) as refused:
            desk.receive(CLEAN, **changes)
        assert next(iter(changes)) in refused.value.details["fields"] or "country" in changes
    assert desk.count("batch") == 0


REFUSED: list[tuple[dict[str, Any], type[Refused]]] = [
    ({"legal_basis": "requested_contact"}, legal_basis.BasisNotAllowed),
    ({"legal_basis": "legitimate_interest"}, legal_basis.BasisNotAllowed),
    ({"legal_basis": "because"}, legal_basis.BasisNotAllowed),
    ({"consent_text_id": None}, legal_basis.ConsentTextMissing),
    ({"max_sales": 6}, legal_basis.TooManyRecipients),
    ({"max_sales": 0}, legal_basis.TooManyRecipients),
    ({"legal_basis": "legitimate_interest", "vertical": "it_outsourcing", "max_sales": 51}, legal_basis.TooManyRecipients),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "refusal"), REFUSED)
def test_a_basis_that_does_not_cover_the_transfer_is_refused(
    desk: Desk, changes: dict[str, Any], refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        desk.receive(CLEAN, **changes)
    assert desk.count("batch") == 0


@pytest.mark.parametrize(
    ("changes", "sales"),
    [
        ({}, 3),
        ({"max_sales": 5}, 5),
        ({"lead_type": "targeted", "legal_basis": "requested_contact", "max_sales": 9}, 1),
        ({"lead_type": "targeted"}, 1),
        ({"vertical": "it_outsourcing", "legal_basis": "legitimate_interest", "max_sales": 50}, 50),
    ],
)
def test_a_lead_is_sold_as_often_as_its_basis_allows(desk: Desk, changes: dict[str, Any], sales: int) -> None:
    assert desk.view(desk.receive(CLEAN, **changes)).max_sales == sales


def test_without_a_wish_a_narrow_consent_decides(world: World) -> None:
    desk = Desk(world.acme, recipients=2)
    assert desk.view(desk.receive(CLEAN)).max_sales == 2


def mapping_without(*targets: str) -> dict[int, str]:
    return {column: target for column, target in MAPPING.items() if target not in targets}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        (mapping_without("enquired_at"), "required_missing"),
        (mapping_without("consent_at"), "required_missing"),
        (mapping_without("phone", "email"), "no_channel"),
        ({**MAPPING, 0: "phone"}, "target_twice"),
        ({**MAPPING, 0: "shoe_size"}, "unknown_target"),
        ({**MAPPING, 99: "language"}, "unknown_target"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(desk: Desk, mapping: dict[int, str], code: str) -> None:
    batch_id = desk.receive(CLEAN)
    with pytest.raises(MappingIncomplete) as refused:
        desk.start(batch_id, mapping)
    assert code in {one["code"] for one in refused.value.details["problems"]}
    assert desk.view(batch_id).state == "received"


def test_consent_for_business_leads_needs_its_time_too(desk: Desk) -> None:
    batch_id = desk.receive(CLEAN, vertical="it_outsourcing")
    mapping = {2: "phone", 5: "industry", 6: "service", 8: "enquired_at"}
    with pytest.raises(MappingIncomplete) as refused:
        desk.start(batch_id, mapping)
    assert [one["target"] for one in refused.value.details["problems"]] == ["consent_at"]
    desk.start(batch_id, {**mapping, 9: "consent_at"})


def test_columns_sent_nowhere_are_left_out(desk: Desk) -> None:
    batch_id = desk.receive(CLEAN)
    desk.start(batch_id, {**MAPPING, 11: "", 0: ""})
    assert set(desk.view(batch_id).mapping) == {str(column) for column in range(1, 11)}
    assert TARGETS[11] not in desk.view(batch_id).mapping.values()


def test_only_a_mapped_batch_can_be_checked(desk: Desk) -> None:
    batch_id = desk.receive(CLEAN)
    with transaction(desk.agency.id) as session:
        with pytest.raises(WrongState):
            start_check(session, desk.agency.owner, batch_id)
        with pytest.raises(NotFound):
            start_check(session, desk.agency.owner, new_id())
    desk.start(batch_id)
    with transaction(desk.agency.id) as session, pytest.raises(WrongState):
        set_mapping(session, desk.agency.owner, batch_id, MAPPING)


def test_a_stranger_finds_no_batch(desk: Desk, world: World) -> None:
    batch_id = desk.receive(CLEAN)
    with transaction(world.bolt.id) as session, pytest.raises(NotFound):
        cancel(session, replace(desk.agency.owner, tenant_id=world.bolt.id, tenant=world.bolt.card), batch_id)
    with pytest.raises(NotFound):
        Desk(world.bolt).view(batch_id)


def test_batches_are_listed_newest_first_by_pages(desk: Desk) -> None:
    start, made = clock.now(), []
    for minute in range(5):
        with clock.at(start + timedelta(minutes=minute)):
            made.append(desk.receive(csv_of(people(1, start=minute + 1))))
    with transaction(desk.agency.id) as session:
        first = batch_page(session, desk.agency.id, limit=3)
        rest = batch_page(session, desk.agency.id, limit=3, older_than=first[-1].id)
        none = batch_page(session, desk.agency.id, states=("published",))
    assert [one.id for one in (*first, *rest)] == made[::-1]
    assert none == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a/b/leads.csv", "leads.csv"), ("", "leads.csv"), ("..", "leads.csv"), ("x" * 300, "x" * 200)],
)
def test_a_file_keeps_its_own_name_only(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_batch_checked_with_an_addressee_of_its_own(desk: Desk) -> None:
    from app.leads.addressees import NewAddressee, create

    with transaction(desk.agency.id) as session:
        wanted = NewAddressee("Sun Roofs LLC", "UA", "sunroofs.test", "office@sunroofs.test")
        addressee_id: UUID = create(session, desk.agency.owner, wanted)
    batch_id = desk.receive(CLEAN, lead_type="targeted", addressee_id=addressee_id)
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (3, 3, 0, 0)
    column = [[*person.row(), word] for person, word in zip(
        people(4, start=20), ("Sun roofs LLC", "sunroofs.test", str(addressee_id), "Nobody"), strict=True
    )]  # fmt: skip
    named = desk.receive(csv_of(column, headers=(*HEADERS, "Company")), lead_type="targeted")
    desk.start(named, {**MAPPING, 12: "addressee"})
    check(desk.agency.id, named)
    assert counts(desk.view(named)) == (4, 3, 1, 0)
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT code FROM batch_problem")).scalar_one() == "unknown_addressee"
        found = session.execute(text("SELECT DISTINCT type, addressee_id, max_sales FROM lead")).all()
    assert [tuple(row) for row in found] == [("targeted", addressee_id, 1)]
