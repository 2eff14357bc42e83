"""Several people of one entry, and several clerks at one instant: one contact set, one lead, and nobody in another's way."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.leads import duplicates
from app.leads.contacts import MOST_CONTACTS
from app.leads.intake import Result
from app.leads.quick.people import further
from app.leads.reveal import reveal
from app.market.quick_entry import Entered, Entry, enter
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.app.market.test_quick_entry import desk, of, refused, send

__all__ = ["desk"]
IVAN = {"contact_2_name": "Іван", "contact_2_phone": "0631112233", "contact_2_messenger": "viber 0631112233"}
AT_ONCE, ROUNDS = 4, 12


def people(desk: Desk, entered: Entered) -> list[Any]:
    assert entered.lead_id
    with transaction(desk.agency.id) as session:
        return list(reveal(session, desk.agency.owner, entered.lead_id).contacts)


def at_once(desk: Desk, entries: list[Entry]) -> Counter[Result]:
    """What became of entries sent at one instant."""
    start, found = threading.Barrier(len(entries)), Counter[Result]()

    def deliver(entry: Entry) -> None:
        start.wait(30)
        found.update([send(desk, entry).result])

    threads = [threading.Thread(target=deliver, args=(one,)) for one in entries]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return found


def test_a_couple_is_one_lead_with_two_contacts(desk: Desk) -> None:
    entered = send(desk, of(desk, **IVAN, contact_3_role="notary", contact_3_email="n@example.com"))
    first, second, third = people(desk, entered)
    assert (first["name"], first["phones"]) == ("Олена Коваль", ["+380671234567", "+380501112233"])
    assert (second["name"], second["phones"], second["messengers"]) == (
        "Іван", ["+380631112233"], ["viber:0631112233"])  # fmt: skip
    assert (third["role"], third["emails"]) == ("notary", ["n@example.com"])


def test_a_second_person_is_part_of_what_was_typed(desk: Desk) -> None:
    entry = of(desk, **IVAN)
    assert send(desk, entry).is_new
    assert not send(desk, entry).is_new
    other = of(desk, phone="0991112233", email="", contact_2_name="X", contact_2_phone="063 111 22 33")
    assert send(desk, other).result is Result.DUPLICATE


def test_empty_places_between_people_are_nobody(desk: Desk) -> None:
    entered = send(desk, of(desk, contact_4_name="Іван", contact_4_phone="0631112233", contact_3_name=" "))
    assert [one["name"] for one in people(desk, entered)] == ["Олена Коваль", "Іван"]
    assert [further({}), further({"contact_2_name": " "}), further({"contact_4_phone": "1"})] == [0, 0, 3]
    assert further({"contact_99_name": "x"}) == MOST_CONTACTS - 1


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"contact_3_name": "X", "contact_3_phone": "12"}, ("contact_3_phone", "bad_phone")),
        ({"contact_2_name": "X", "contact_2_email": "x@"}, ("contact_2_email", "bad_email")),
        ({"contact_2_name": "x" * 201}, ("contact_2_name", "too_long")),
        ({"contact_2_phone": "0631112233"}, ("contact_2_name", "nameless")),
        ({"contact_11_name": "X"}, ("contacts", "too_many_contacts")),
        ({"contact_99_name": "X"}, ("contacts", "too_many_contacts")),
    ],
)
def test_what_is_wrong_with_a_further_person_is_said_at_them(
    desk: Desk, typed: dict[str, str], problem: tuple[str, str]
) -> None:
    assert problem in refused(desk, of(desk, **typed))


def test_what_looks_like_a_person_and_is_none_is_not_stored(desk: Desk) -> None:
    names = (
        "contact_1_name",
        "contact_0_name",
        "contact_02_name",
        "contact_2_external_id",
        "contact_100_name",
    )
    entered = send(desk, of(desk, **dict.fromkeys(names, "X")))
    assert [one["name"] for one in people(desk, entered)] == ["Олена Коваль"]


@pytest.mark.committed
def test_one_person_typed_in_twice_at_one_instant_is_one_lead(desk: Desk) -> None:
    for number in range(ROUNDS):
        typed = {
            "phone": f"067{number:07d}",
            "email": "",
            "contact_2_name": "X",
            "contact_2_phone": f"050{number:07d}",
        }
        swapped = {**typed, "phone": typed["contact_2_phone"], "contact_2_phone": typed["phone"]}
        entries = [of(desk, **(swapped if place % 2 else typed)) for place in range(AT_ONCE)]
        assert at_once(desk, entries) == {Result.ACCEPTED: 1, Result.DUPLICATE: AT_ONCE - 1}, number
    assert desk.count("lead") == ROUNDS


@pytest.mark.committed
def test_without_the_lock_they_are_several(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "lock_leads", lambda *_: None)
    for number in range(ROUNDS):
        at_once(desk, [of(desk, phone=f"067{number:07d}", email="") for _ in range(AT_ONCE)])
    assert desk.count("lead") > ROUNDS, "the race never happened, so its test proves nothing"


def waits(desk: Desk, first: Entry, second: Entry) -> bool:
    """Whether the second has to wait until the first is done."""
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction(desk.agency.id) as session:
            enter(session, desk.agency.owner, first, clock.now())
            begun.set()
            done.wait(20)

    def deed(mark: Callable[[], None]) -> None:
        send(desk, second)
        mark()

    stored = threading.Event()
    holder, sender = threading.Thread(target=hold), threading.Thread(target=deed, args=(stored.set,))
    holder.start()
    assert begun.wait(20)
    sender.start()
    has_waited = not stored.wait(2)
    done.set()
    holder.join(30)
    sender.join(30)
    assert stored.is_set()
    return has_waited


@pytest.mark.committed
def test_only_the_same_person_or_entry_waits(desk: Desk) -> None:
    first = of(desk)
    assert not waits(desk, first, of(desk, phone="0631112233", email=""))
    assert waits(desk, replace(first, id=uuid4()), of(desk))
    again = of(desk, phone="0991112233", email="")
    assert waits(desk, again, again)


@pytest.mark.committed
def test_more_people_than_are_locked_one_by_one_lock_the_stock_at_once(desk: Desk) -> None:
    many = ", ".join(f"067{number:07d}" for number in range(70))
    entries = [of(desk, phone=many, email=f"p{place}@example.com") for place in range(AT_ONCE)]
    assert at_once(desk, entries) == {Result.ACCEPTED: 1, Result.DUPLICATE: AT_ONCE - 1}
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT count(*) FROM lead_person")).scalar_one() == 71
