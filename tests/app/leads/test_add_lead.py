"""One lead from a request: the same rules as a row of a file, and the same lead however often it is sent."""

import threading
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import quarantine
from app.leads.add_lead import Added, DuplicateLead, LeadUnreadable, add
from app.leads.legal_basis import BasisNotAllowed
from app.leads.reveal import reveal
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, counts, csv_of
from tests.world import World

AT = clock.now().isoformat()
OLENA: dict[str, Any] = {
    "external_id": "web-1",
    "enquired_at": AT,
    "consent_at": AT,
    "property_type": "detached",
    "is_owner": True,
    "contacts": [{"name": "Олена", "phones": ["067 123 45 67"], "emails": ["olena@example.com"]}],
}


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def send(desk: Desk, values: dict[str, Any], **changes: Any) -> Added:
    facts = replace(desk.facts, **changes)
    with transaction(desk.agency.id) as session:
        return add(session, desk.agency.owner, values, facts)


def test_a_lead_from_a_request_is_a_sealed_draft(desk: Desk) -> None:
    added = send(desk, OLENA)
    with transaction(desk.agency.id) as session:
        lead = session.execute(text("SELECT * FROM lead")).one()
        opened = reveal(session, desk.agency.owner, added.lead_id)
    assert (lead.id, lead.state, lead.batch_id, lead.external_id) == (added.lead_id, "draft", None, "web-1")
    assert (lead.max_sales, lead.expires_at - lead.enquired_at) == (3, lead.expires_at - lead.enquired_at)
    assert opened.contacts[0]["phones"] == ["+380671234567"]


def test_the_same_external_id_is_the_same_lead(desk: Desk) -> None:
    first = send(desk, OLENA)
    again = send(desk, {**OLENA, "contacts": [{"phones": ["0509998877"]}]})
    assert (first.is_new, again) == (True, Added(first.lead_id, is_new=False))
    assert desk.count("lead") == 1


def test_the_same_person_under_another_id_is_a_duplicate(desk: Desk) -> None:
    send(desk, OLENA)
    with pytest.raises(DuplicateLead):
        send(desk, {**OLENA, "external_id": "web-2"})
    assert counts(desk.upload(csv_of([Person(1, phone="+380671234567")]))) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("changes", "target", "code"),
    [
        ({"property_type": "castle"}, "property_type", "not_a_choice"),
        ({"shoe_size": 43}, "shoe_size", "unknown_field"),
        ({"contacts": [{"phones": ["12"]}]}, "contact_1_phone", "bad_phone"),
        ({"contacts": []}, None, "no_channel"),
        ({"consent_at": None}, "consent_at", "no_consent_time"),
        ({"is_owner": 1.5}, "is_owner", "wrong_type"),
    ],
)
def test_a_lead_that_cannot_be_read_is_refused_with_every_reason(
    desk: Desk, changes: dict[str, Any], target: str | None, code: str
) -> None:
    with pytest.raises(LeadUnreadable) as refused:
        send(desk, {**OLENA, **changes})
    problems = refused.value.details["problems"]
    assert (target, code) in [(one["target"], one["code"]) for one in problems]
    assert all(one["message"] for one in problems)
    assert desk.count("lead") == desk.count("lead_salt") == 0


def test_a_targeted_lead_needs_an_addressee_that_is_known(desk: Desk) -> None:
    with pytest.raises(LeadUnreadable) as refused:
        send(desk, {**OLENA, "addressee": "Nobody"}, lead_type="targeted", legal_basis="requested_contact")
    assert refused.value.details["problems"][0]["code"] == "unknown_addressee"


def test_a_basis_that_does_not_cover_the_transfer_is_refused(desk: Desk) -> None:
    with pytest.raises(BasisNotAllowed):
        send(desk, OLENA, legal_basis="requested_contact")


def test_characters_no_file_could_bring_in_are_left_out(desk: Desk) -> None:
    people = [{"name": "Оле\x00на\u202e", "phones": ["067 123 45\x00 67"], "messengers": ["tg: a\ud800b"]}]
    added = send(desk, {**OLENA, "external_id": "a\tb\\N\x00", "sub_id": "x\r\ny\\", "contacts": people})
    with transaction(desk.agency.id) as session:
        row = session.execute(text("SELECT external_id, sub_id FROM lead")).one()
        opened = reveal(session, desk.agency.owner, added.lead_id)
    assert tuple(row) == ("a\tb\\N", "x\r\ny\\")
    assert (opened.contacts[0]["name"], opened.contacts[0]["messengers"]) == ("Олена", ["telegram:ab"])


@pytest.mark.committed
def test_sent_many_times_at_once_it_is_still_one_lead(desk: Desk) -> None:
    facts, found = desk.facts, []

    def post() -> None:
        with transaction(desk.agency.id) as session:
            found.append(add(session, desk.agency.owner, OLENA, facts))

    threads = [threading.Thread(target=post) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    ids: set[UUID] = {one.lead_id for one in found}
    assert (len(found), len(ids), [one.is_new for one in found].count(True)) == (6, 1, 1)
    assert desk.count("lead") == 1


@pytest.mark.committed
@pytest.mark.parametrize(
    ("email", "kept"), [("olena@example.com", "lead"), ("olena@mailinator.com", "quarantined_lead")]
)
def test_the_same_lead_posted_twice_at_once_is_one(desk: Desk, email: str, kept: str) -> None:
    contacts = [{"phones": ["0671234567"], "emails": [email]}]
    values, facts, found = {**OLENA, "contacts": contacts}, desk.facts, []
    if kept == "lead":
        values["external_id"] = None

    def post() -> None:
        try:
            with transaction(desk.agency.id) as session:
                found.append(add(session, desk.agency.owner, values, facts).quarantined_id)
        except DuplicateLead:
            found.append("duplicate")

    threads = [threading.Thread(target=post) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert desk.count(kept) == 1
    assert sorted(map(str, found)) == ["None", "duplicate"] if kept == "lead" else len(set(found)) == 1


def test_what_the_vertical_wants_looked_at_waits_in_quarantine(desk: Desk) -> None:
    contacts = [{"name": "Test", "phones": ["0671234567"], "emails": ["a@mailinator.com"]}]
    added = send(desk, {**OLENA, "contacts": contacts})
    assert (added.lead_id, [one.code for one in added.reasons]) == (None, ["email_disposable", "name_test"])
    assert (desk.count("lead"), desk.count("quarantined_lead")) == (0, 1)
    assert added.quarantined_id is not None
    with transaction(desk.agency.id) as session:
        stays = quarantine.release(session, desk.agency.owner, added.quarantined_id, accepting=["name_test"])
        assert [one.code for one in stays.problems] == ["email_disposable"]
        goes = quarantine.release(
            session, desk.agency.owner, added.quarantined_id, accepting=["name_test", "email_disposable"]
        )
    assert goes.lead_id is not None
    assert desk.count("lead") == 1
