"""Connections as people change them: edited, their secrets replaced with an overlap, what came opened and sent again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.incoming import bodies, connections
from app.incoming.connections import NewConnection
from tenants import clock
from tenants.db import platform_transaction, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tests.app.incoming.mails import TEXT, mail
from tests.app.incoming.test_connections import FORM, PATHS, Bench, signed
from tests.app.incoming.test_mail import FIXED, RULES, MailBench
from tests.world import World, make_member, make_party


@pytest.fixture
def bench(world: World, client: FlaskClient) -> Bench:
    return Bench(world, client, "generic", signing_secret="one")


def post(bench: Bench, secret: str) -> int:
    body = b'{"a": 1}'
    return bench.post(body, X_Hub_Signature_256=signed(secret, body))


def test_a_replaced_secret_holds_on_for_a_day(bench: Bench, world: World) -> None:
    assert (post(bench, "one"), post(bench, "two"), bench.post(FORM)) == (202, 403, 403)
    with transaction(world.acme.id) as session:
        connections.replace_secrets(session, bench.owner, bench.id, {"signing_secret": "two"})
    assert (post(bench, "one"), post(bench, "two"), post(bench, "x")) == (202, 202, 403)
    with clock.at(clock.now() + timedelta(hours=25)):
        assert (post(bench, "one"), post(bench, "two")) == (403, 202)


def test_secrets_that_are_none_are_refused(bench: Bench, world: World) -> None:
    for given in ({}, {"signing_secret": " "}, {"app_secret": "x"}, {"signing_secret": "x" * 501}):
        with transaction(world.acme.id) as session, pytest.raises(Invalid):
            connections.replace_secrets(session, bench.owner, bench.id, given)
    assert post(bench, "one") == 202


def test_what_is_edited_holds_from_the_next_lead_on(world: World, client: FlaskClient) -> None:
    bench = Bench(world, client)
    bench.map(PATHS)
    with transaction(world.acme.id) as session:
        connections.edit(session, bench.owner, bench.id, " New  name ", bench.desk.facts, True)
    bench.post(FORM)
    bench.work()
    with platform_transaction("look, in a test") as session:
        assert session.execute(text("SELECT state FROM lead")).scalar_one() == "draft"
    with transaction(world.acme.id) as session:
        found = connections.get(session, world.acme.id, bench.id)
        assert (found.name, found.is_draft) == ("New name", True)
        facts = replace(found.facts, vertical="consumer_loans")
        with pytest.raises(Invalid):  # the mapping names fields that it does not have
            connections.edit(session, bench.owner, bench.id, "x", facts, False)
        with pytest.raises(Invalid):
            connections.edit(session, bench.owner, bench.id, "", found.facts, False)


def test_another_agency_and_who_may_not_change_nothing(bench: Bench, world: World) -> None:
    viewer = make_member(world.acme.card, "viewer")
    with transaction(world.acme.id) as session:
        with pytest.raises(Forbidden):
            connections.edit(session, viewer, bench.id, "x", bench.desk.facts, False)
        with pytest.raises(Forbidden):
            connections.replace_secrets(session, viewer, bench.id, {"signing_secret": "x"})
        with pytest.raises(Forbidden):
            bodies.all_again(session, viewer, bench.id)
        with pytest.raises(Forbidden):
            bodies.opened(session, viewer, bench.id, bench.id)
    other = make_party("agency", "Delta Leads", "UA")
    with transaction(other.id) as session, pytest.raises(NotFound):
        connections.replace_secrets(session, other.owner, bench.id, {"signing_secret": "x"})


def test_what_became_no_lead_goes_through_again_after_a_new_mapping(
    world: World, client: FlaskClient
) -> None:
    bench = MailBench(world, client)
    bench.send(mail(TEXT))
    bench.send(mail(TEXT.replace("2233", "2244")))
    assert bench.results() == ["unmapped", "unmapped"]
    bench.map(RULES, **FIXED)
    with transaction(world.acme.id) as session:
        assert bodies.all_again(session, bench.owner, bench.id) == 2
    assert bench.results() == ["accepted", "accepted"]
    with transaction(world.acme.id) as session:
        assert bodies.all_again(session, bench.owner, bench.id) == 0


def test_a_kind_that_signs_nothing_takes_no_secret(world: World, client: FlaskClient) -> None:
    bench = MailBench(world, client)
    with transaction(world.acme.id) as session:
        with pytest.raises(Invalid):
            connections.replace_secrets(session, bench.owner, bench.id, {"signing_secret": "x"})
        with pytest.raises(Invalid):
            connections.create(session, bench.owner, NewConnection("pigeon", "x", bench.desk.facts))
