"""An entry typed in by hand: one lead however often it is sent, refused where it cannot be read, taken back while unsold."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.leads import quarantine
from app.leads.intake import Result
from app.leads.quick.choice import Choice, remembered
from app.leads.quick.own_stock import A_MINUTE, TooManyLookUps, look_up
from app.leads.reveal import reveal
from app.market.prices import Price, set_price
from app.market.publish import PriceMissing
from app.market.quick_entry import AnothersEntry, Entered, Entry, EntryRefused, EntryReused, choose, enter
from app.market.quick_undo import AlreadySold, NothingToUndo, last_entries, stored_since, undo
from app.market.release import release
from tenants import clock
from tenants.actor import Actor
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tests.app.leads.uploads import Desk
from tests.world import World, make_member

OLENA = {
    "name": "Олена Коваль", "phone": "067 123 45 67, 050 111 22 33", "email": "olena@example.com",
    "messenger": "telegram @olena", "property_type": "detached", "is_owner": "yes", "region": "UA-30",
}  # fmt: skip


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    desk = Desk(world.acme)
    with transaction(world.acme.id) as session:
        price = Price(shared_minor=2000, reserved_minor=3000)
        set_price(session, world.acme.owner, desk.source_id, "home_solar", price, clock.now())
    return desk


def of(desk: Desk, **typed: str) -> Entry:
    choice = Choice(desk.facts, consent_origin="Stand in Kyiv", sub_id="stand-7")
    return Entry(uuid4(), choice, {**OLENA, **typed}, has_agreed=True)


def send(desk: Desk, entry: Entry, by: Actor | None = None) -> Entered:
    with transaction(desk.agency.id) as session:
        return enter(session, by or desk.agency.owner, entry, clock.now())


def refused(desk: Desk, entry: Entry) -> set[tuple[str | None, str]]:
    before = desk.count("lead"), desk.count("quick_entry")
    with pytest.raises(EntryRefused) as told:
        send(desk, entry)
    assert (desk.count("lead"), desk.count("quick_entry")) == before
    return {(one.target, one.code) for one in told.value.problems}


def lead(desk: Desk, lead_id: UUID | None) -> Any:
    with transaction(desk.agency.id) as session:
        return session.execute(text("SELECT * FROM lead WHERE id = :id"), {"id": lead_id}).one()


def test_an_entry_is_an_offered_lead_with_its_consent(desk: Desk) -> None:
    entered = send(desk, of(desk))
    stored = lead(desk, entered.lead_id)
    assert (entered.result, stored.state, stored.region, stored.sub_id) == (
        Result.ACCEPTED, "offered", "UA-30", "stand-7")  # fmt: skip
    assert (stored.consent_origin, stored.consent_at) == ("Stand in Kyiv", stored.enquired_at)
    with transaction(desk.agency.id) as session:
        [person] = reveal(session, desk.agency.owner, stored.id).contacts
    assert (person["phones"], person["messengers"]) == (
        ["+380671234567", "+380501112233"],
        ["telegram:@olena"],
    )


def test_sent_again_it_is_the_same_and_another_text_under_its_id_is_refused(desk: Desk) -> None:
    entry = of(desk)
    first, again = send(desk, entry), send(desk, entry)
    assert again == replace(first, is_new=False)
    with pytest.raises(EntryReused):
        send(desk, replace(entry, typed={**OLENA, "phone": "0631112233"}))
    with pytest.raises(AnothersEntry):
        send(desk, entry, make_member(desk.agency.card, "agent"))
    assert desk.count("lead") == 1


@pytest.mark.committed
def test_sent_at_the_same_instant_it_is_one_lead(desk: Desk) -> None:
    entry, found = of(desk), []
    senders = [threading.Thread(target=lambda: found.append(send(desk, entry))) for _ in range(4)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert desk.count("lead") == 1
    assert len({one.lead_id for one in found}) == 1
    assert sorted(one.is_new for one in found) == [False, False, False, True]


def test_a_duplicate_is_said_and_stays_one_when_sent_again(desk: Desk) -> None:
    send(desk, of(desk))
    second = of(desk, name="О. Коваль")
    assert [send(desk, second).result, send(desk, second).result] == [Result.DUPLICATE] * 2
    with transaction(desk.agency.id) as session, pytest.raises(NothingToUndo):
        undo(session, desk.agency.owner, second.id, clock.now())


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"phone": "067 12"}, ("contact_1_phone", "bad_phone")),
        ({"email": "olena@"}, ("contact_1_email", "bad_email")),
        ({"phone": "", "email": ""}, (None, "no_channel")),
        ({"property_type": "castle"}, ("property_type", "not_a_choice")),
        ({"property_type": ""}, ("property_type", "missing")),
        ({"postcode": "12"}, ("postcode", "bad_postcode")),
        ({"region": "Atlantis"}, ("region", "unknown_region")),
        ({"enquired_at": "yesterday"}, ("enquired_at", "not_a_time")),
        ({"enquired_at": "01.01.2020"}, ("enquired_at", "expired")),
        ({"consent_at": "31.02.2026"}, ("consent_at", "not_a_time")),
        ({"name": "x" * 201}, ("contact_1_name", "too_long")),
        ({"phone": "0" * 1900}, ("contact_1_phone", "bad_phone")),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(
    desk: Desk, typed: dict[str, str], problem: tuple[str | None, str]
) -> None:
    assert problem in refused(desk, of(desk, **typed))


def test_one_good_number_does_not_hide_a_wrong_one(desk: Desk) -> None:
    assert refused(desk, of(desk, phone="067 123 45 67, 12")) == {("contact_1_phone", "bad_phone")}


def test_without_consent_or_a_word_nothing_is_stored(desk: Desk) -> None:
    assert refused(desk, replace(of(desk), has_agreed=False)) == {("agreed", "not_agreed")}
    assert refused(desk, replace(of(desk), typed={"name": " "})) == {("name", "nothing_typed")}


def test_an_unknown_question_is_not_stored(desk: Desk) -> None:
    assert send(desk, of(desk, external_id="mine", role="boss", bant_need="confirmed")).lead_id
    with transaction(desk.agency.id) as session:
        found = session.execute(text("SELECT external_id, bant FROM lead")).one()
    assert found.external_id.startswith("quick-")
    assert found.bant == "uuuu"


def test_the_four_questions_decide_the_temperature(desk: Desk) -> None:
    entry = of(desk, bant_need="confirmed", bant_authority="confirmed", bant_budget="denied")
    entered = send(desk, replace(entry, choice=replace(entry.choice, asks_bant=True)))
    assert lead(desk, entered.lead_id).temperature == "warm"


def test_what_waited_offline_keeps_the_time_it_was_typed_at(desk: Desk) -> None:
    now = clock.now()
    entered = send(desk, replace(of(desk), age=timedelta(hours=5)))
    assert abs(now - timedelta(hours=5) - lead(desk, entered.lead_id).enquired_at) < timedelta(minutes=1)
    before = send(desk, replace(of(desk, phone="0631112233", email=""), age=timedelta(days=-3)))
    assert abs(lead(desk, before.lead_id).enquired_at - now) < timedelta(minutes=1)
    longest = replace(of(desk, phone="0991112233", email=""), age=timedelta(days=9_999))
    assert refused(desk, longest) == {("enquired_at", "expired")}


def test_an_hour_alone_is_of_the_day_it_was_typed_on(desk: Desk) -> None:
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    with clock.at(noon):
        entered = send(desk, of(desk, enquired_at="9:30", consent_at="09.40"))
    stored = lead(desk, entered.lead_id)
    assert (stored.consent_at - stored.enquired_at) == timedelta(minutes=10)
    assert stored.enquired_at.date() == noon.date()


def test_the_choice_is_remembered_for_each_person(desk: Desk) -> None:
    other = make_member(desk.agency.card, "agent")
    choice = Choice(desk.facts, asks_bant=True, consent_origin="Phone")
    with transaction(desk.agency.id) as session:
        choose(session, desk.agency.owner, replace(choice, sub_id="x"))
        choose(session, desk.agency.owner, choice)
        assert (remembered(session, desk.agency.owner), remembered(session, other)) == (choice, None)


def test_a_choice_that_could_store_nothing_is_refused(desk: Desk) -> None:
    unpriced = Choice(replace(desk.facts, vertical="insurance"))
    unsound = Choice(replace(desk.facts, source_id=uuid4()))
    for wrong, refusal in (
        (unpriced, PriceMissing),
        (unsound, Invalid),
        (Choice(desk.facts, sub_id="x" * 501), Invalid),
    ):
        with transaction(desk.agency.id) as session, pytest.raises(refusal):
            choose(session, desk.agency.owner, wrong)
    with transaction(desk.agency.id) as session:
        choose(session, desk.agency.owner, replace(unpriced, is_offered=False))
    with transaction(desk.agency.id) as session, pytest.raises(Forbidden):
        choose(session, replace(desk.agency.owner, kind="key"), Choice(desk.facts))


def test_an_unsold_entry_is_taken_back_and_can_be_typed_anew(desk: Desk) -> None:
    entry, at = of(desk), clock.now()
    entered = send(desk, entry)
    for _ in range(2):
        with transaction(desk.agency.id) as session:
            undo(session, desk.agency.owner, entry.id, at)
    assert lead(desk, entered.lead_id).state == "withdrawn"
    assert send(desk, replace(entry, id=uuid4())).result is Result.ACCEPTED
    with transaction(desk.agency.id) as session:
        last = last_entries(session, desk.agency.owner)
        assert stored_since(session, desk.agency.owner, at - timedelta(hours=1)) == 1
    assert [one.can_be_undone for one in last] == [True, False]


def test_a_sold_one_and_another_persons_stay(desk: Desk) -> None:
    entry = of(desk)
    send(desk, entry)
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE lead SET sold_count = 1"))
    with transaction(desk.agency.id) as session, pytest.raises(AlreadySold):
        undo(session, desk.agency.owner, entry.id, clock.now())
    with transaction(desk.agency.id) as session, pytest.raises(NotFound):
        undo(session, make_member(desk.agency.card, "manager"), entry.id, clock.now())
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE lead SET sold_count = 0"))  # nothing was sold: the books must agree


def test_one_in_quarantine_is_discarded_or_withdrawn_once_released(desk: Desk) -> None:
    first, second = of(desk, name="Test"), of(desk, name="Test", phone="0631112233", email="")
    resting = [send(desk, one) for one in (first, second)]
    assert [one.result for one in resting] == [Result.QUARANTINED] * 2
    assert send(desk, first).quarantined_id == resting[0].quarantined_id
    with transaction(desk.agency.id) as session:
        undo(session, desk.agency.owner, first.id, clock.now())
        with pytest.raises(quarantine.NotResting):
            quarantine.look(session, desk.agency.owner, resting[0].quarantined_id or uuid4())
        accepting = ("name_test",)
        gone = release(
            session, desk.agency.owner, resting[1].quarantined_id or uuid4(), clock.now(), accepting=accepting
        )
        undo(session, desk.agency.owner, second.id, clock.now())
    assert lead(desk, gone.lead_id).state == "withdrawn"
    assert send(desk, first).result is Result.QUARANTINED
    assert desk.count("quarantined_lead") == 2


def test_the_own_stock_tells_a_known_phone_and_no_more(desk: Desk, world: World) -> None:
    entered = send(desk, of(desk))

    def had(written: str, by: Actor | None = None, **changes: Any) -> Any:
        who = by or desk.agency.owner
        with transaction(who.card().id) as session:
            return look_up(session, who, written, replace(desk.facts, **changes))

    found = had("+38 067 1234567").had
    assert found.lead_id == entered.lead_id
    assert had("olena@example.com").had == found
    assert had("12, 050 111 22 33") == replace(had("0501112233"), unreadable=("12",))
    assert had("0631112233").had is None
    assert had("0671234567", vertical="insurance").had is None
    assert had("0671234567", by=world.crane.owner).had is None
    with pytest.raises(Forbidden):
        had("0671234567", by=make_member(desk.agency.card, "viewer"))
    other = make_member(desk.agency.card, "agent")
    with clock.at(clock.now()):
        for _ in range(A_MINUTE):
            had("0631112233", by=other)
        with pytest.raises(TooManyLookUps):
            had("0631112233", by=other)


def test_the_fingerprint_shows_nothing_of_what_was_typed(desk: Desk) -> None:
    send(desk, of(desk))
    with transaction(desk.agency.id) as session:
        row = session.execute(text("SELECT * FROM quick_entry")).one()
    assert len(row.fingerprint) <= 32
    assert not any("Коваль" in str(one) or "671234567" in str(one) for one in row)
