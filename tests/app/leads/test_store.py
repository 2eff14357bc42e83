"""Storing: two uploads at once never take the same person twice."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from app.leads import duplicates, verticals
from app.leads.rows import BatchDefaults, ReadLead, RowReader
from app.leads.sealing import BatchFacts, seal_leads
from app.leads.store import store
from tenants import clock, crypto
from tenants.db import transaction
from tests.app.leads.uploads import MAPPING, TODAY, Desk, Person
from tests.world import World

SOLAR = verticals.get("home_solar")


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def read(*people: Person, days_later: int = 0) -> list[ReadLead]:
    reader = RowReader(SOLAR, MAPPING, BatchDefaults(TODAY + timedelta(hours=1), "UA", "Europe/Kyiv"))
    leads = [reader.read(1, person.row()) for person in people]
    assert all(isinstance(lead, ReadLead) for lead in leads), leads
    for lead in leads:
        lead.enquired_at += timedelta(days=days_later)  # type: ignore[union-attr]
    return leads  # type: ignore[return-value]


def put(session: Any, desk: Desk, leads: list[ReadLead]) -> list[str | None]:
    facts = BatchFacts(SOLAR, "consumer", desk.source_id, "consent", desk.consent_text_id, 3, clock.now())
    sealed = seal_leads(crypto.vault(session, desk.agency.id), leads, facts)
    return store(session, desk.agency.id, sealed, facts).reasons


@pytest.mark.committed
def test_a_second_upload_waits_for_the_first_and_then_knows_its_people(desk: Desk) -> None:
    assert desk.source_id, desk.consent_text_id
    found: list[str | None] = []

    def second() -> None:
        with transaction(desk.agency.id) as session:
            found.extend(put(session, desk, read(Person(1, external_id=""), Person(2, external_id=""))))

    with transaction(desk.agency.id) as session:
        assert put(session, desk, read(Person(1))) == [None]
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.5)
        assert found == []
    thread.join()
    assert found == [duplicates.IN_STOCK, None]
    assert desk.count("lead") == 2


@pytest.mark.parametrize(
    ("days", "reason"), [(0, duplicates.IN_STOCK), (90, duplicates.IN_STOCK), (91, None)]
)
def test_a_person_who_enquired_longer_than_ninety_days_apart_is_a_new_lead(
    desk: Desk, days: int, reason: str | None
) -> None:
    with transaction(desk.agency.id) as session:
        assert put(session, desk, read(Person(1, external_id=""))) == [None]
        assert put(session, desk, read(Person(1, external_id=""), days_later=days)) == [reason]


def test_within_one_block_too_only_ninety_days_count(desk: Desk) -> None:
    far = read(Person(1, external_id=""), days_later=91)
    with transaction(desk.agency.id) as session:
        assert put(session, desk, read(Person(1, external_id="")) + far) == [None, None]
        near = read(Person(2, external_id="x"), Person(2, external_id=""), Person(3, external_id="x"))
        assert put(session, desk, near) == [None, duplicates.IN_FILE, duplicates.EXTERNAL_ID]
        assert put(session, desk, []) == []


def test_what_people_type_arrives_unharmed(desk: Desk) -> None:
    odd = 'a\\N\tb"{}\\.\r\n\\x41,Ї'
    (lead,) = read(Person(1))
    lead.sub_id, lead.external_id, lead.personal = odd, odd, {"comment": odd}
    with transaction(desk.agency.id) as session:
        assert put(session, desk, [lead]) == [None]
        from sqlalchemy import text

        from app.leads.bundle import FIELD, unpack

        row = session.execute(
            text("SELECT l.*, s.salt FROM lead l JOIN lead_salt s ON s.lead_id = l.id")
        ).one()
        opened = crypto.vault(session, desk.agency.id).open(bytes(row.salt), row.id, FIELD, bytes(row.sealed))
    assert (row.sub_id, row.external_id) == (odd, odd)
    assert unpack(opened).personal == {"comment": odd}
