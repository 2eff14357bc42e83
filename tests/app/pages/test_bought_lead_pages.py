"""A company's own leads: who sees the people, what is recorded of it, outcomes, returns, downloads."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.market.prices import Price
from app.market.terms import Terms
from tenants import clock
from tenants.db import transaction
from tests.app.pages.trade import bought, enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member

PER_ACTION = Price(shared_minor=2000, call_minor=300, purchase_minor=9000)


def recorded(world: World, action: str) -> list[int]:
    with transaction(world.bolt.id) as session:
        found = session.execute(text("SELECT count FROM audit WHERE action = :action"), {"action": action})
        return list(found.scalars())


def test_the_owner_sees_the_people_and_the_view_is_recorded(world: World, visitor: Visitor) -> None:
    purchase = bought(world)
    page = enter(visitor, world.bolt).open(f"/leads/bought/{purchase}")
    assert "+380670000000" in page
    assert "Person 0" in visitor.words
    assert recorded(world, "purchase.revealed") == [1]


@pytest.mark.parametrize("role", ["viewer", "finance"])
def test_roles_without_contacts_see_the_lead_but_nobody_in_it(
    world: World, visitor: Visitor, role: str
) -> None:
    purchase = bought(world)
    visitor.log_in(make_member(world.bolt.card, role).email)
    page = visitor.open(f"/leads/bought/{purchase}")
    assert visitor.status == 200
    assert "+380670000000" not in page
    visitor.open("/leads/bought/download/csv")
    assert visitor.status == 403
    assert recorded(world, "purchase.revealed") == []


def test_anothers_purchase_does_not_exist(world: World, visitor: Visitor) -> None:
    purchase = bought(world)
    enter(visitor, world.crane).open(f"/leads/bought/{purchase}")
    assert visitor.status == 404
    visitor.submit(f"/leads/bought/{purchase}/outcome", type="contacted", at="2026-11-20T10:00")
    assert visitor.status == 404


def test_the_table_filters_by_outcome_and_finds_a_person_by_phone(world: World, visitor: Visitor) -> None:
    purchase = bought(world)
    here = f"/leads/bought/{purchase}"
    enter(visitor, world.bolt)
    assert here in visitor.open("/leads/bought?outcome=none&vertical=home_solar&terms=ppl&state=active")
    assert here not in visitor.open("/leads/bought?outcome=purchase")
    assert here in visitor.open("/leads/bought?q=%2B38+067+000+00+00")
    assert here not in visitor.open("/leads/bought?q=%2B38+067+000+00+09")


def test_an_outcome_is_told_and_stands_in_the_story(world: World, visitor: Visitor) -> None:
    purchase = bought(world, at=clock.now() - timedelta(days=1))
    page = enter(visitor, world.bolt).open(f"/leads/bought/{purchase}")
    now = re.search(r'name="at" type="datetime-local" value="([^"]+)"', page)
    assert now
    visitor.submit(
        f"/leads/bought/{purchase}/outcome", type="purchase", at=now[1], value="2500.00", note="Signed."
    )
    assert "2,500.00" in visitor.words
    assert "Signed." in visitor.words


def test_the_same_outcome_twice_is_refused_and_shows_no_people(world: World, visitor: Visitor) -> None:
    purchase = bought(world, at=clock.now() - timedelta(days=1))
    told = {"type": "contacted", "at": (clock.now() - timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M")}
    enter(visitor, world.bolt).submit(f"/leads/bought/{purchase}/outcome", **told)
    page = visitor.submit(f"/leads/bought/{purchase}/outcome", **told)
    assert visitor.status == 409
    assert "Nothing was saved." in visitor.words
    assert "+380670000000" not in page, "what is not recorded is not shown"


def test_many_leads_are_told_at_once(world: World, visitor: Visitor) -> None:
    purchase = bought(world)
    enter(visitor, world.bolt).submit("/leads/bought/outcomes", ids=[purchase], do="contacted")
    assert "Recorded for 1 lead." in visitor.words


def test_a_download_is_exactly_the_view_keeps_phones_and_is_recorded(world: World, visitor: Visitor) -> None:
    bought(world)
    enter(visitor, world.bolt)
    rows = list(csv.DictReader(io.StringIO(visitor.open("/leads/bought/download/csv?outcome=none"))))
    assert [(row["phones"], row["name"], row["net"]) for row in rows] == [
        ("+380670000000", "Person 0", "20.00")
    ]
    assert len(visitor.open("/leads/bought/download/csv?outcome=purchase").splitlines()) == 1
    assert recorded(world, "purchases.downloaded") == [1, 0]
    sheet = visitor.open("/leads/bought/download/sheet-csv")
    assert "+380670000000" in sheet
    assert visitor.client.get("/leads/bought/download/xlsx").data[:2] == b"PK"
    visitor.open("/leads/bought/download/exe")
    assert visitor.status == 404


def test_a_return_is_claimed_refused_appealed_and_decided(
    world: World, visitor: Visitor, stranger: Visitor
) -> None:
    purchase = bought(world)
    enter(visitor, world.bolt).submit(
        f"/leads/bought/{purchase}/return", return_reason="wrong_number", return_note="Somebody else answers."
    )
    assert visitor.answer is not None
    here = visitor.answer.request.path
    assert here.startswith("/returns/")
    enter(stranger, world.acme).submit(f"{here}/decide", do="refuse", answer="")
    assert stranger.status == 422
    stranger.submit(f"{here}/decide", do="refuse", answer="We called: it is right.")
    assert "Refused. The company may appeal once." in stranger.words
    visitor.submit(f"{here}/appeal", appeal="Call it yourself.")
    claim = here.rpartition("/")[2]
    enter(stranger, world.floe).open("/decisions")
    assert f"/decisions/appeals/{claim}" in stranger.page
    stranger.submit(f"/decisions/appeals/{claim}", do="yes", answer="The company is right.")
    assert "Appeal" in stranger.words
    visitor.open(f"/leads/bought/{purchase}")
    assert "Appeal upheld" in visitor.words


def test_a_return_without_a_note_is_refused(world: World, visitor: Visitor) -> None:
    purchase = bought(world)
    enter(visitor, world.bolt).submit(
        f"/leads/bought/{purchase}/return", return_reason="spam", return_note=" "
    )
    assert visitor.status == 422


def test_the_agency_claims_an_action_which_the_company_refuses_and_the_operator_decides(
    world: World, visitor: Visitor, stranger: Visitor
) -> None:
    sale = bought(world, terms=Terms.PPA, price=PER_ACTION, at=clock.now() - timedelta(days=2))
    happened = (clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    enter(stranger, world.acme).submit(
        f"/sales/{sale}/claim", type="purchase", happened_at=happened, evidence="Invoice 7"
    )
    assert stranger.status == 200
    page = enter(visitor, world.bolt).open("/actions")
    found = re.search(r'href="/actions/([0-9a-f-]{36})"', page)
    assert found
    visitor.submit(f"/actions/{found[1]}/refuse", reason="Nobody bought anything.")
    assert "The operator decides this dispute." in visitor.words
    enter(stranger, world.floe).open(f"/decisions/disputes/{found[1]}")
    assert "Invoice 7" in stranger.words
    stranger.submit(f"/decisions/disputes/{found[1]}", do="yes", answer="The invoice shows it.")
    visitor.open(f"/actions/{found[1]}")
    assert "Billed." in visitor.words


def test_the_company_confirms_what_it_reported_and_strangers_cannot(
    world: World, visitor: Visitor, stranger: Visitor
) -> None:
    sale = bought(world, terms=Terms.PPA, price=PER_ACTION, at=clock.now() - timedelta(days=2))
    happened = (clock.now() - timedelta(hours=30)).strftime("%Y-%m-%dT%H:%M")
    enter(visitor, world.bolt).submit(f"/leads/bought/{sale}/outcome", type="call", at=happened, minutes="3")
    found = re.search(r'href="/actions/([0-9a-f-]{36})"', visitor.open("/actions"))
    assert found
    enter(stranger, world.crane).submit(f"/actions/{found[1]}/confirm")
    assert stranger.status == 404
    visitor.submit(f"/actions/{found[1]}/confirm")
    assert "Confirmed and billed." in visitor.words


def test_the_agency_sees_a_pseudonym_type_and_time_and_never_value_or_note(
    world: World, visitor: Visitor, stranger: Visitor
) -> None:
    sale = bought(world, at=clock.now() - timedelta(days=1))
    happened = (clock.now() - timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M")
    enter(visitor, world.bolt).submit(
        f"/leads/bought/{sale}/outcome",
        type="purchase",
        at=happened,
        value="2500.00",
        note="Signed by phone.",
    )
    enter(stranger, world.acme).open("/sales")
    assert "Bolt Energy" not in stranger.words
    assert "14.00" in stranger.words, "20.00 less 30 %"
    stranger.open(f"/sales/{sale}")
    assert "Purchase" in stranger.words
    assert "2,500" not in stranger.words
    assert "Signed" not in stranger.words


def test_another_agency_cannot_open_the_sale(world: World, visitor: Visitor) -> None:
    from tests.world import make_party

    sale = bought(world)
    enter(visitor, make_party("agency", "Northwind", "PL")).open(f"/sales/{sale}")
    assert visitor.status == 404
