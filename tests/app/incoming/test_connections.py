"""What other systems send: kept first, made a lead once, listed with its result, sent through again."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.incoming import bodies, connections
from app.incoming.connections import NewConnection
from app.incoming.process import process
from app.market.prices import Price, set_price
from tenants import clock, jobs
from tenants.db import platform_transaction, transaction
from tenants.errors import Invalid, NotFound, Refused
from tests.app.leads.uploads import Desk
from tests.world import World

PATHS = {"form.phone": "phone", "form.fio": "name", "kind": "property_type", "owner": "is_owner"}
FORM = {"form": {"fio": "Олена", "phone": "+380671112233"}, "kind": "detached", "owner": True, "id": 17}


class Bench:
    """A connection of acme's, and what is done with it."""

    def __init__(self, world: World, client: FlaskClient, kind: str = "generic", **secrets: str) -> None:
        self.world, self.client, self.desk = world, client, Desk(world.acme)
        self.owner = world.acme.owner
        with transaction(world.acme.id) as session:
            price = Price(shared_minor=2000)
            set_price(session, self.owner, self.desk.source_id, "home_solar", price, clock.now())
            wanted = NewConnection(kind, "Forms", self.desk.facts, secrets)
            self.id, self.token = connections.create(session, self.owner, wanted)

    def map(self, paths: dict[str, str], **constants: str) -> None:
        with transaction(self.world.acme.id) as session:
            connections.map_paths(session, self.owner, self.id, paths, constants)

    def post(self, body: Any, **headers: str) -> int:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.post(f"/in/{self.token}", data=sent, headers=named).status_code

    def work(self) -> None:
        for tenant_id, body_id in bodies.due(clock.now()):
            process(tenant_id, body_id)

    def log(self) -> list[bodies.Body]:
        with transaction(self.world.acme.id) as session:
            return bodies.listed(session, self.world.acme.id, self.id)

    def again(self, body_id: UUID) -> None:
        with transaction(self.world.acme.id) as session:
            bodies.again(session, self.owner, self.id, body_id)


def facts_of_lead(lead_id: UUID | None) -> Any:
    with platform_transaction("look, in a test") as session:
        asked = text("SELECT state, external_id, enquired_at, consent_at FROM lead WHERE id = :id")
        return session.execute(asked, {"id": lead_id}).one()


@pytest.fixture
def bench(world: World, client: FlaskClient) -> Bench:
    return Bench(world, client)


def test_what_arrives_is_kept_and_becomes_a_lead_once(bench: Bench) -> None:
    bench.map({**PATHS, "id": "external_id"})
    assert bench.post(FORM) == 202
    assert [one.state for one in bench.log()] == ["pending"]
    bench.work()
    bench.work()
    (done,) = bench.log()
    assert (done.state, done.result, done.problems) == ("done", "accepted", [])
    lead = facts_of_lead(done.lead_id)
    assert (lead.state, lead.external_id) == ("offered", "17")
    assert lead.enquired_at == lead.consent_at == done.received_at
    assert bench.post(FORM) == 202
    bench.work()
    assert [(one.result, one.lead_id) for one in bench.log()] == [
        ("known", done.lead_id),
        ("accepted", done.lead_id),
    ]
    bench.again(done.id)
    bench.work()
    assert {one.result for one in bench.log()} == {"known"}
    assert bench.desk.count("lead") == 1


def test_nothing_of_a_body_lies_open(bench: Bench, world: World) -> None:
    bench.post(FORM)
    with platform_transaction("look, in a test") as session:
        kept = session.execute(
            text("SELECT b::text, c::text FROM received_body b, intake_connection c")
        ).one()
    assert "1112233" not in kept[0]
    assert b"1112233".hex() not in kept[0]
    assert bench.token not in kept[1]


def test_a_form_is_read_and_one_that_is_not_mapped_waits_for_its_mapping(bench: Bench) -> None:
    body = b"Name=%D0%9E%D0%BB%D0%B5%D0%BD%D0%B0&Phone=%2B380671112233&kind=detached&own=yes&x=%00"
    assert bench.post(body, Content_Type="application/x-www-form-urlencoded; charset=utf-8") == 202
    bench.work()
    (waiting,) = bench.log()
    assert waiting.result == "unmapped"
    bench.map({"Name": "name", "Phone": "phone", "kind": "property_type"}, is_owner="yes")
    bench.again(waiting.id)
    bench.work()
    assert bench.log()[0].result == "accepted"


def test_what_is_wrong_is_said_and_nothing_stored(bench: Bench, world: World) -> None:
    bench.map(PATHS)
    bench.post({**FORM, "form": {"fio": "X", "phone": "12"}})
    bench.work()
    (wrong,) = bench.log()
    assert wrong.result == "rejected"
    assert [one["code"] for one in wrong.problems] == ["bad_phone"]
    with platform_transaction("suspend, in a test") as session:
        session.execute(text("UPDATE tenant SET state = 'suspended' WHERE id = :id"), {"id": world.acme.id})
    bench.post(FORM)
    bench.work()
    assert [one.result for one in bench.log()] == ["refused", "rejected"]
    assert bench.log()[0].problems[0]["code"] == "not_approved"
    assert bench.desk.count("lead") == 0


def test_what_somebody_has_to_look_at_rests_as_the_connections_own(bench: Bench, client: FlaskClient) -> None:
    bench.map(PATHS)
    bench.post({**FORM, "form": {"fio": "Test", "phone": "+380671112233"}})
    bench.work()
    (waits,) = bench.log()
    assert (waits.result, waits.lead_id) == ("quarantined", None)
    with transaction(bench.world.acme.id) as session:
        row = session.execute(text("SELECT id, origin, origin_id, reasons FROM quarantined_lead")).one()
    assert row == (waits.quarantined_id, "webhook", bench.id, ["name_test"])


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"{}", {"Content_Type": "text/html"}, 400),
        (b'"' + b"x" * 256_001 + b'"', {}, 413),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_kept(
    bench: Bench, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert bench.post(body, **headers) == status
    assert bench.log() == []


@pytest.mark.parametrize(
    "body", [b"17", b"null", b"[]", b'{"\\u0000": "\\ud800"}', b'{"a": [[[[{"b": 1e999}]]]]}']
)
def test_odd_bodies_become_no_lead_and_no_error(bench: Bench, body: bytes) -> None:
    bench.map(PATHS)
    assert bench.post(body) == 202
    bench.work()
    assert bench.log()[0].result == "rejected"


def test_an_address_ends_when_it_is_rotated_or_deleted(bench: Bench, world: World) -> None:
    assert bench.client.post("/in/none", json={}).status_code == 404
    old = bench.token
    with transaction(world.acme.id) as session:
        bench.token = connections.rotate(session, bench.owner, bench.id)
    assert bench.post(FORM) == 202
    assert bench.client.post(f"/in/{old}", json={}).status_code == 404
    with transaction(world.acme.id) as session:
        connections.delete(session, bench.owner, bench.id)
    assert bench.post(FORM) == 404
    bench.work()
    with transaction(world.acme.id) as session, pytest.raises(NotFound):
        connections.get(session, world.acme.id, bench.id)


def test_what_arrives_while_paused_waits(bench: Bench, world: World) -> None:
    bench.map(PATHS)
    for on in (True, False):
        with transaction(world.acme.id) as session:
            connections.pause(session, bench.owner, bench.id, on=on)
        if on:
            assert bench.post(FORM) == 202
        bench.work()
        assert bench.log()[0].state == ("pending" if on else "done")


def test_a_body_is_shredded_after_thirty_days(bench: Bench) -> None:
    bench.post(FORM)
    with clock.at(clock.now() + timedelta(days=31)):
        jobs.tick(clock.now(), talking=False)
    (gone,) = bench.log()
    assert not gone.is_kept
    with pytest.raises(Refused) as refusal:
        bench.again(gone.id)
    assert refusal.value.code == "body_gone"


GOOGLE = {
    "lead_id": "g-1",
    "google_key": "key-1",
    "is_test": False,
    "lead_submit_time": "2026-11-20T12:30:00Z",
    "user_column_data": [
        {"column_id": "FULL_NAME", "string_value": "Olena"},
        {"column_id": "PHONE_NUMBER", "string_value": "+380671112233"},
        {"column_name": "Which house?", "string_value": "detached"},
    ],
}


def test_google_proves_itself_by_its_key_and_its_tests_store_nothing(
    world: World, client: FlaskClient
) -> None:
    bench = Bench(world, client, "google_ads", google_key="key-1")
    bench.map({"FULL_NAME": "name", "PHONE_NUMBER": "phone", "Which house?": "property_type"}, is_owner="yes")
    assert bench.post({**GOOGLE, "google_key": "key-2"}) == 403
    assert bench.post({**GOOGLE, "google_key": None}) == 403
    assert bench.post([]) == 403
    assert bench.log() == []
    assert bench.post({**GOOGLE, "is_test": True}) == 202
    bench.work()
    assert [(one.result, one.lead_id) for one in bench.log()] == [("test", None)]
    assert bench.desk.count("lead") == 0
    assert bench.post(GOOGLE) == bench.post(GOOGLE) == 202
    bench.work()
    newest, first, _test = bench.log()
    assert {newest.result, first.result} == {"accepted", "known"}
    assert facts_of_lead(first.lead_id).external_id == "google_ads:g-1"


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "pigeon"},
        {"name": ""},
        {"kind": "google_ads"},
        {"kind": "meta", "secrets": {"app_secret": "x"}},
    ],
)
def test_a_connection_that_cannot_work_is_not_made(world: World, changed: dict[str, Any]) -> None:
    wanted = {"kind": "generic", "name": "Forms", "facts": Desk(world.acme).facts, **changed}
    with transaction(world.acme.id) as session, pytest.raises(Invalid):
        connections.create(session, world.acme.owner, NewConnection(**wanted))


@pytest.mark.parametrize(
    ("paths", "constants"),
    [
        ({"a": "phone", "b": "contact_1_phone"}, {}),
        ({"a": "nothing"}, {}),
        ({"a": "phone"}, {"phone": "1"}),
        ({}, {"country": "x" * 501}),
    ],
)
def test_a_mapping_that_cannot_work_is_not_kept(
    bench: Bench, paths: dict[str, str], constants: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        bench.map(paths, **constants)


def signed(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
