"""Destinations: a secret is shown once, a test is really owed, strangers see nothing; and the front page."""

import re

from sqlalchemy import text

from tenants.db import transaction
from tests.app.pages.trade import bought, enter, offered
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member

HOOK = {"name": "CRM", "kind": "webhook", "address": "https://crm.example.com/floe"}


def add(visitor: Visitor, **more: object) -> str:
    visitor.submit("/destinations/new", **{**HOOK, **more})
    assert visitor.status == 200, visitor.words
    found = re.search(r"/destinations/([0-9a-f-]{36})", visitor.page)
    assert found
    return f"/destinations/{found[1]}"


def test_a_webhooks_secret_is_shown_once(world: World, visitor: Visitor) -> None:
    here = add(enter(visitor, world.bolt))
    secret = re.search(r"whsec_[A-Za-z0-9+/=_-]+", visitor.page)
    assert secret
    assert secret[0] not in visitor.open(here)
    visitor.submit(f"{here}/secret")
    again = re.search(r"whsec_[A-Za-z0-9+/=_-]+", visitor.page)
    assert again
    assert again[0] != secret[0]


def test_an_address_inside_the_house_is_refused_with_a_sentence(world: World, visitor: Visitor) -> None:
    enter(visitor, world.bolt).submit(
        "/destinations/new", name="x", kind="webhook", address="https://10.0.0.1/"
    )
    assert visitor.status == 422
    assert "Nothing was saved." in visitor.words


def test_a_test_is_owed_and_its_page_shows_how_it_goes(world: World, visitor: Visitor) -> None:
    here = add(enter(visitor, world.bolt))
    visitor.submit(f"{here}/test")
    assert visitor.answer is not None
    assert visitor.answer.request.path.startswith("/destinations/deliveries/")
    assert 'data-poll="' in visitor.page
    assert "Waiting" in visitor.words


def test_a_destination_is_switched_renamed_and_deleted_on_record(world: World, visitor: Visitor) -> None:
    here = add(enter(visitor, world.bolt))
    visitor.submit(here, do="disable")
    assert "Switch on" in visitor.words
    visitor.submit(here, do="rename", name="Main CRM")
    assert "Main CRM" in visitor.words
    visitor.submit(f"{here}/delete")
    visitor.open(here)
    assert visitor.status == 404
    with transaction(world.bolt.id) as session:
        deeds = session.execute(
            text("SELECT action FROM audit WHERE subject_type = 'destination' ORDER BY id")
        )
        assert [deed.removeprefix("destination.") for deed in deeds.scalars()] == [
            "created",
            "disabled",
            "renamed",
            "deleted",
        ]


def test_anothers_destination_does_not_exist(world: World, visitor: Visitor, stranger: Visitor) -> None:
    here = add(enter(visitor, world.bolt))
    enter(stranger, world.crane).open(here)
    assert stranger.status == 404
    stranger.submit(f"{here}/delete")
    assert stranger.status == 404


def test_an_agent_reads_destinations_and_keeps_none(world: World, visitor: Visitor) -> None:
    visitor.log_in(make_member(world.bolt.card, "agent").email)
    visitor.open("/destinations")
    assert visitor.status == 200
    visitor.submit("/destinations/new", **HOOK)
    assert visitor.status == 403


def test_strangers_are_told_what_floe_is(visitor: Visitor) -> None:
    visitor.open("/")
    assert visitor.status == 200
    assert "Log in" in visitor.words


def test_each_audience_has_its_overview(world: World, visitor: Visitor) -> None:
    bought(world)
    enter(visitor, world.bolt).open("/")
    assert "1 lead has no outcome yet" in visitor.words
    enter(visitor, world.acme).open("/")
    assert "14.00" in visitor.words, "20.00 less 30 %"
    enter(visitor, world.floe).open("/")
    assert "6.00" in visitor.words, "30 % of 20.00"


def test_an_empty_account_is_told_the_next_step(world: World, visitor: Visitor) -> None:
    offered(world)
    enter(visitor, world.crane).open("/")
    assert "Top up the wallet" in visitor.words
