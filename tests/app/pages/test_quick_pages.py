"""Quick entry in the browser without a script, and as its script talks to it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member

OLENA = {
    "q-name": "Олена", "q-phone": "067 123 45 67", "q-property_type": "detached", "q-is_owner": "yes", "agreed": "1",
}  # fmt: skip
JSON = {"Accept": "application/json"}


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    desk = Desk(world.acme)
    with transaction(world.acme.id) as session:
        price = Price(shared_minor=2000)
        set_price(session, world.acme.owner, desk.source_id, "home_solar", price, clock.now())
    return desk


def chosen(desk: Desk, **changes: str) -> dict[str, str]:
    return {
        "vertical": "home_solar", "lead_type": "consumer", "source_id": str(desk.source_id), "country": "UA",
        "legal_basis": "consent", "consent_text_id": str(desk.consent_text_id), "is_offered": "1",
        "consent_origin": "Stand", **changes,
    }  # fmt: skip


@pytest.fixture
def clerk(desk: Desk, visitor: Visitor) -> Visitor:
    """Logged in, with a choice made."""
    clerk = enter(visitor, desk.agency)
    clerk.submit("/leads/quick/setup", **chosen(desk))
    assert clerk.status == 200, clerk.words
    return clerk


def hidden(clerk: Visitor) -> dict[str, str]:
    """What the form carries besides what is typed."""
    form = clerk.page[clerk.page.index('id="quick"') :]
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    return {name: value for name, value in found.items() if name != "csrf_token"}


def leads(desk: Desk) -> list[Any]:
    with transaction(desk.agency.id) as session:
        return list(
            session.execute(text("SELECT id, state, consent_origin FROM lead ORDER BY created_at")).all()
        )


def test_first_it_is_chosen_what_is_typed_in(desk: Desk, visitor: Visitor) -> None:
    agency = enter(visitor, desk.agency)
    agency.open("/leads/quick")
    assert "Chosen once and remembered for you" in agency.words
    agency.submit("/leads/quick/setup", **chosen(desk, consent_text_id=""))
    assert agency.status == 422
    assert "Choose the consent text that these people agreed to." in agency.words
    agency.submit("/leads/quick/setup", **chosen(desk))
    assert "Погоджуюсь…" in agency.words
    assert agency.page.index('id="q-phone"') < agency.page.index('id="q-property_type"')
    assert agency.page.index('id="q-property_type"') < agency.page.index('id="q-is_owner"')


def test_a_plain_form_stores_a_lead_once_and_keeps_what_is_pinned(desk: Desk, clerk: Visitor) -> None:
    form = {**hidden(clerk), **OLENA, "q-region": "UA-30", "pin": "region"}
    clerk.submit("/leads/quick", **form)
    assert "The lead is stored." in clerk.words
    assert "1 lead stored today" in clerk.words
    assert '<option value="UA-30" data-words="' in clerk.page
    assert re.search(r'value="UA-30"[^>]*selected', clerk.page)
    assert "Олена" not in clerk.words
    assert hidden(clerk)["entry_id"] != form["entry_id"]
    clerk.submit("/leads/quick", **form)
    assert [(one.state, one.consent_origin) for one in leads(desk)] == [("offered", "Stand")]
    clerk.submit("/leads/quick", **{**form, "entry_id": str(uuid4())})
    assert "You have this person already; nothing was stored." in clerk.words


def test_a_refused_one_stays_in_the_form_with_the_reason_at_its_field(desk: Desk, clerk: Visitor) -> None:
    form = {**hidden(clerk), **OLENA, "q-phone": "067 12"}
    del form["agreed"]
    clerk.submit("/leads/quick", **form)
    assert clerk.status == 422
    assert "This is not a valid phone number for the lead's country." in clerk.words.replace("’", "'")
    assert "Read the text out, and tick this when the person agrees." in clerk.words
    assert 'value="067 12"' in clerk.page
    assert hidden(clerk)["entry_id"] == form["entry_id"]
    assert leads(desk) == []


def test_the_way_back_does_not_lose_a_second_lead(desk: Desk, clerk: Visitor) -> None:
    form = {**hidden(clerk), **OLENA}
    clerk.submit("/leads/quick", **form)
    clerk.submit("/leads/quick", **{**form, "q-phone": "0501112233"})
    assert clerk.status == 409
    assert 'value="0501112233"' in clerk.page
    assert "Store this one once more" in clerk.words
    clerk.submit("/leads/quick", **{**form, **hidden(clerk), "q-phone": "0501112233"})
    assert len(leads(desk)) == 2


def test_taking_back_and_another_persons_entry(desk: Desk, clerk: Visitor, stranger: Visitor) -> None:
    form = {**hidden(clerk), **OLENA}
    clerk.submit("/leads/quick", **form)
    other = make_member(desk.agency.card, "agent")
    stranger.log_in(other.email)
    stranger.submit(f"/leads/quick/{form['entry_id']}/undo")
    assert stranger.status == 404
    stranger.submit("/leads/quick", **form)
    assert stranger.status == 409
    assert "while somebody else was logged in" in stranger.words
    clerk.submit(f"/leads/quick/{form['entry_id']}/undo")
    assert "The entry is taken back." in clerk.words
    assert [one.state for one in leads(desk)] == ["withdrawn"]


def test_the_script_gets_every_answer_as_data(desk: Desk, clerk: Visitor) -> None:
    form = {**hidden(clerk), **OLENA, "csrf_token": clerk._token()}

    def post(path: str = "/leads/quick", **changes: str) -> Any:
        return clerk.client.post(path, data={**form, **changes}, headers=JSON)

    who = clerk.client.get("/leads/quick/who", headers=JSON).get_json()
    assert who["owner"] == form["owner"]
    form["csrf_token"] = who["csrf"]
    wrong = post(**{"q-phone": "12"})
    assert (wrong.status_code, list(wrong.get_json()["errors"])) == (422, ["phone"])
    late = {"entered_at": "2026-11-20T08:00:00Z", "sent_at": "2026-11-20T09:00:00.000+00:00"}
    stored = post(**late).get_json()
    assert stored["result"] == "accepted"
    assert f'data-entry="{form["entry_id"]}"' in stored["last"]
    assert post(**late).get_json()["result"] == "accepted"
    known = post("/leads/quick/known", written="0671234567, 12").get_json()
    assert "You have this person already" in known["had"]
    assert "12" in known["wrong"]
    undone = post(f"/leads/quick/{form['entry_id']}/undo").get_json()
    assert "Taken back" in undone["last"]
    clerk.client.delete_cookie("floe_session")
    assert clerk.client.get("/leads/quick/who", headers=JSON).status_code == 401


def test_without_a_script_a_further_person_is_asked_for_and_stored(desk: Desk, clerk: Visitor) -> None:
    clerk.open("/leads/quick")
    assert "Person 2" not in clerk.words.split("Take out")[0]
    first = hidden(clerk)
    clerk.submit("/leads/quick", **first, **OLENA, more="1")
    assert (clerk.status, leads(desk), hidden(clerk)["entry_id"]) == (200, [], first["entry_id"])
    assert "Person 2" in clerk.words
    assert 'value="067 123 45 67"' in clerk.page
    assert 'id="q-agreed" value="1" checked' in clerk.page
    wrong = {**hidden(clerk), **OLENA, "q-contact_2_role": "Wife", "q-contact_2_phone": "12"}
    clerk.submit("/leads/quick", **wrong)
    assert clerk.status == 422
    assert re.search(r'id="q-contact_2_phone"[^>]*aria-invalid="true"', clerk.page)
    clerk.submit("/leads/quick", **{**wrong, "q-contact_2_phone": "063 111 22 33"})
    assert "The lead is stored." in clerk.words
    assert "q-contact_2_role" not in clerk.page
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT contact_count FROM lead")).scalar_one() == 2


def test_ten_people_are_enough(desk: Desk, clerk: Visitor) -> None:
    tenth = {"q-contact_10_name": "X", "q-contact_10_phone": "0631112233"}
    clerk.submit("/leads/quick", **hidden(clerk), **OLENA, **tenth, more="1")
    assert ("q-contact_10_name" in clerk.page, "q-contact_11_name" in clerk.page) == (True, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"entry_id": "x"},
        {"entry_id": ""},
        {"owner": "me"},
        {"sent_at": "today", "entered_at": "2026-11-20T08:00:00Z"},
        {"sent_at": "2026-11-20T08:00:00", "entered_at": "2026-11-20T08:00:00Z"},
        {"vertical": "castles"},
        {"source_id": str(uuid4())},
        {"source_id": "x"},
        {"lead_type": "stolen"},
        {"country": "Atlantis"},
        {"max_sales": "many"},
        {"sub_id": "x" * 501},
        {"q-phone": "\ud7ff" * 1500},
        {"q-name": "x" * 50_000},
    ],
)
def test_bad_input_is_refused_and_stores_nothing(desk: Desk, clerk: Visitor, changes: dict[str, str]) -> None:
    form = {**hidden(clerk), **OLENA, **changes, "csrf_token": clerk._token()}
    for headers in ({}, JSON):
        answer = clerk.client.post("/leads/quick", data=form, headers=headers)
        assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)[:300]
    assert leads(desk) == []


def test_an_archived_source_leads_back_to_the_choice(desk: Desk, clerk: Visitor) -> None:
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE source SET archived_at = :at"), {"at": clock.now()})
    clerk.open("/leads/quick")
    assert "Choose one of your sources." in clerk.words


def test_who_may_not_write_or_is_a_company_has_no_such_page(
    desk: Desk, world: World, visitor: Visitor, stranger: Visitor
) -> None:
    visitor.log_in(make_member(desk.agency.card, "viewer").email)
    visitor.open("/leads/quick")
    assert visitor.status == 403
    assert "/leads/quick" not in visitor.open("/leads")
    enter(stranger, world.bolt)
    for path in ("/leads/quick", "/leads/quick/setup", "/leads/quick/who"):
        stranger.open(path)
        assert stranger.status in (403, 404)
