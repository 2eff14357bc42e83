"""The quarantine in the browser: who waits and why, a look, a release, a selection."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads.resting import AWAITING_CONFIRMATION, BY_API, rest
from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tenants.ids import new_id
from tests.app.leads.test_add_lead import OLENA
from tests.app.leads.uploads import Desk
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    desk = Desk(world.acme)
    with transaction(world.acme.id) as session:
        set_price(
            session, world.acme.owner, desk.source_id, "home_solar", Price(shared_minor=2000), clock.now()
        )
    return desk


def put_away(desk: Desk, *reasons: str, number: int = 1) -> UUID:
    contacts = [{"name": "Test", "phones": [f"067{number:07d}"], "emails": [f"o{number}@mailinator.com"]}]
    values = {**OLENA, "external_id": f"web-{number}", "contacts": contacts}
    with transaction(desk.agency.id) as session:
        return rest(
            session, desk.agency.id, values, desk.facts, reasons or ("email_disposable", "name_test"), BY_API
        )


def states(desk: Desk) -> list[Any]:
    with transaction(desk.agency.id) as session:
        return list(session.execute(text("SELECT state FROM lead ORDER BY state")).scalars())


def test_one_is_looked_at_released_and_offered(desk: Desk, visitor: Visitor) -> None:
    one = put_away(desk)
    agency = enter(visitor, desk.agency)
    agency.open("/quarantine")
    assert "The name is a word for trying a form out." in agency.words
    assert "mailinator" not in agency.page
    agency.open(f"/quarantine/{one}")
    assert "mailinator" not in agency.page
    agency.submit(f"/quarantine/{one}/values")
    assert "o1@mailinator.com" in agency.page
    agency.submit(f"/quarantine/{one}/release", accepting="name_test", offer="1")
    assert (
        "The lead stays in quarantine: An e-mail address is of a host whose boxes are thrown away."
        in agency.words
    )
    assert states(desk) == []
    agency.submit(f"/quarantine/{one}/release", accepting=["name_test", "email_disposable"], offer="1")
    assert "The lead is released." in agency.words
    assert states(desk) == ["offered"]
    assert agency.submit(f"/quarantine/{one}/release")
    assert agency.status == 409


def test_a_selection_is_taken_over_released_and_discarded(desk: Desk, visitor: Visitor) -> None:
    many = [str(put_away(desk, number=number)) for number in (1, 2, 3)]
    waiting = str(put_away(desk, AWAITING_CONFIRMATION, number=4))
    agency = enter(visitor, desk.agency)
    agency.submit("/quarantine/selected", ids=many[:2], do="mine")
    assert "2 leads are yours now." in agency.words
    agency.open(f"/quarantine?owner={desk.agency.owner.id}")
    assert agency.page.count('name="ids"') == 2
    agency.submit("/quarantine/selected", ids=[*many[:2], waiting], do="release")
    assert "2 leads are released." in agency.words
    assert "1 lead stays." in agency.words
    agency.submit("/quarantine/selected", ids=[many[2], waiting], do="discard")
    assert "2 leads are discarded." in agency.words
    assert states(desk) == ["offered", "offered"]
    assert desk.count("quarantine_salt") == 0


def test_what_was_sent_is_mended_at_its_fields_and_nothing_typed_is_lost(
    desk: Desk, visitor: Visitor
) -> None:
    one = put_away(desk, "name_test")
    agency = enter(visitor, desk.agency)
    agency.submit(f"/quarantine/{one}/values")
    assert 'name="value.contacts.1.name"' in agency.page
    wrong = {
        "value.contacts.1.name": "Олена",
        "value.property_type": "castle",
        "value.contacts.1.emails": "o@firm.ua",
    }
    agency.submit(f"/quarantine/{one}/correct", do="release", offer="1", **wrong)
    assert agency.status == 200
    assert "The lead stays in quarantine" in agency.words
    assert 'value="castle"' in agency.page
    assert 'value="Олена"' in agency.page
    assert 'id="value.property_type-error"' in agency.page
    assert states(desk) == []
    agency.submit(f"/quarantine/{one}/correct", do="save", **{"value.property_type": "flat"})
    assert "Nothing stands in its way any more." in agency.words
    assert states(desk) == []
    agency.submit(f"/quarantine/{one}/correct", do="release", offer="1")
    assert "The lead is released." in agency.words
    assert states(desk) == ["offered"]
    agency.submit(f"/quarantine/{one}/correct", do="save")
    assert agency.status == 409


def test_who_may_not_see_people_cannot_mend_them(desk: Desk, visitor: Visitor) -> None:
    one = put_away(desk, "name_test")
    viewer = visitor
    viewer.log_in(make_member(desk.agency.card, "viewer").email)
    viewer.open(f"/quarantine/{one}")
    viewer.submit(f"/quarantine/{one}/correct", do="save")
    assert viewer.status == 403
    assert "mailinator" not in viewer.page


def test_one_gets_an_owner_and_is_discarded(desk: Desk, visitor: Visitor) -> None:
    one, agent = put_away(desk), make_member(desk.agency.card, "agent")
    agency = enter(visitor, desk.agency)
    agency.submit(f"/quarantine/{one}/owner", member=str(agent.id))
    assert agent.name in agency.words
    agency.submit(f"/quarantine/{one}/owner", member="nobody")
    assert agency.status == 404
    for member in ("", str(agent.id)):
        agency.submit(f"/quarantine/{new_id()}/owner", member=member)
        assert agency.status == 404
    agency.submit(f"/quarantine/{one}/discard")
    assert "The lead is discarded." in agency.words
    agency.open(f"/quarantine/{one}")
    assert "does not rest in quarantine any more" in agency.words


def test_others_have_no_such_page(world: World, visitor: Visitor) -> None:
    assert world.floe
    company = enter(visitor, world.bolt)
    company.open("/quarantine")
    assert company.status == 404
