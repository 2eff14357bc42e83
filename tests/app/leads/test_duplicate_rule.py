"""Who is the same person, by rules of a vertical's own: fields, any or all, the edges of the window, how far."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.leads import duplicates, verticals
from app.leads.duplicate_rule import DuplicateRule, read_rule
from app.leads.duplicates_elsewhere import ELSEWHERE
from app.leads.rows import BatchDefaults, ReadLead, read_values
from app.leads.sealing import BatchFacts, seal_leads
from app.leads.store import store
from tenants import clock, crypto
from tenants.db import transaction
from tests.app.leads.uploads import TODAY, Desk
from tests.world import World, make_party

SOLAR = verticals.get("home_solar")
WINDOWS = verticals.get("home_windows")
A = {"name": "Олена Коваленко", "phones": ["0671234567"], "emails": ["olena@example.com"]}
STOCK, FILE = duplicates.IN_STOCK, duplicates.IN_FILE


@pytest.fixture
def desk(world: World) -> Desk:
    assert world.floe
    return Desk(world.acme)


def lead(days_later: int = 0, postcode: str = "", **person: Any) -> ReadLead:
    values = {
        "enquired_at": TODAY.isoformat(), "consent_at": TODAY.isoformat(), "property_type": "detached",
        "is_owner": "yes", "contacts": [{**A, **person}], "postcode": postcode,
    }  # fmt: skip
    read = read_values(SOLAR, values, BatchDefaults(TODAY + timedelta(hours=1), "UA", "Europe/Kyiv"))
    assert isinstance(read, ReadLead), read
    read.enquired_at += timedelta(days=days_later)
    return read


def put(desk: Desk, rule: DuplicateRule, *leads: ReadLead, vertical: Any = SOLAR) -> list[str | None]:
    facts = BatchFacts(
        replace(vertical, duplicates=rule),
        "consumer",
        desk.source_id,
        "consent",
        desk.consent_text_id,
        3,
        clock.now(),
    )
    with transaction(desk.agency.id) as session:
        return store(
            session, desk.agency.id, seal_leads(crypto.vault(session, desk.agency.id), leads, facts), facts
        ).reasons


OTHER_PHONE = {"phones": ["0509998877"]}
OTHER_MAIL = {"emails": ["other@example.com"]}
OTHER_NAME = {"name": "Іван Франко", **OTHER_PHONE, **OTHER_MAIL}


@pytest.mark.parametrize(
    ("rule", "second", "is_same"),
    [
        ({}, lead(**OTHER_PHONE), True),
        ({}, lead(**OTHER_MAIL), True),
        ({}, lead(**OTHER_PHONE, **OTHER_MAIL), False),
        ({"match": "all"}, lead(), True),
        ({"match": "all"}, lead(**OTHER_MAIL), False),
        ({"match": "all"}, lead(**OTHER_PHONE), False),
        ({"match": "all"}, lead(emails=[]), False),
        ({"fields": ["phone"]}, lead(**OTHER_PHONE), False),
        ({"fields": ["phone"]}, lead(**OTHER_MAIL), True),
        ({"fields": ["email"]}, lead(**OTHER_MAIL), False),
        ({"fields": ["name_postcode"]}, lead(postcode="01001", **OTHER_PHONE, **OTHER_MAIL), True),
        ({"fields": ["name_postcode"]}, lead(postcode="01002"), False),
        ({"fields": ["name_postcode"]}, lead(postcode="01001", **OTHER_NAME), False),
        ({"fields": ["name_postcode"]}, lead(), False),
        ({"fields": ["phone", "name_postcode"], "match": "all"}, lead(postcode="01001", **OTHER_MAIL), True),
        ({"fields": ["phone", "name_postcode"], "match": "all"}, lead(postcode="01002"), False),
        ({"days": 30}, lead(30), True),
        ({"days": 30}, lead(31), False),
        ({"days": 30}, lead(-30), True),
        ({"days": 365, "match": "all"}, lead(365), True),
        ({"days": 365, "match": "all"}, lead(366), False),
    ],
)
def test_who_is_the_same_person(desk: Desk, rule: dict[str, Any], second: ReadLead, is_same: bool) -> None:
    first, read = lead(postcode="01001"), read_rule(rule)
    assert put(desk, read, first) == [None]
    assert put(desk, read, second) == [STOCK if is_same else None]
    strangers = Desk(make_party("agency", "Delta Leads", "UA"))
    assert put(strangers, read, first, second) == [None, FILE if is_same else None]


@pytest.mark.parametrize(
    ("scope", "vertical", "is_met"),
    [
        ("agency", SOLAR, False),
        ("vertical", SOLAR, True),
        ("vertical", WINDOWS, False),
        ("platform", WINDOWS, True),
    ],
)
def test_how_far_is_looked(desk: Desk, scope: str, vertical: Any, is_met: bool) -> None:
    rule = read_rule({"scope": scope})
    assert put(desk, rule, lead(), vertical=vertical) == [None]
    strangers = Desk(make_party("agency", "Delta Leads", "UA"))
    assert put(strangers, rule, lead(**OTHER_MAIL)) == [ELSEWHERE if is_met else None]
    stranger = {"name": "Іван Франко", "phones": ["0509998870"], "emails": ["ivan@example.com"]}
    assert put(strangers, rule, lead(**stranger)) == [None]


def test_one_known_elsewhere_may_be_taken_with_a_flag(desk: Desk) -> None:
    rule = read_rule({"scope": "vertical", "elsewhere": "flag", "match": "all"})
    assert put(desk, rule, lead()) == [None]
    strangers = Desk(make_party("agency", "Delta Leads", "UA"))
    assert put(strangers, rule, lead(), lead(**OTHER_NAME)) == [None, None]
    from sqlalchemy import text

    with transaction(strangers.agency.id) as session:
        flags = session.execute(text("SELECT flags FROM lead ORDER BY id")).scalars().all()
    assert sorted("known_elsewhere" in one for one in flags) == [False, True]


def test_beyond_the_window_nobody_is_known_elsewhere(desk: Desk) -> None:
    rule = read_rule({"scope": "platform", "days": 10})
    assert put(desk, rule, lead()) == [None]
    strangers = Desk(make_party("agency", "Delta Leads", "UA"))
    assert put(strangers, rule, lead(11)) == [None]
    assert put(Desk(make_party("agency", "Echo Leads", "UA")), rule, lead(10)) == [ELSEWHERE]


@pytest.mark.committed
def test_two_agencies_at_once_bring_one_person_once(desk: Desk) -> None:
    rule, found = read_rule({"scope": "vertical"}), []
    desks = [desk, Desk(make_party("agency", "Delta Leads", "UA"))]
    assert all(one.source_id and one.consent_text_id for one in desks)
    both = [threading.Thread(target=lambda one=one: found.extend(put(one, rule, lead()))) for one in desks]  # type: ignore[misc]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(map(str, found)) == ["None", ELSEWHERE]


@pytest.mark.parametrize(
    "entry",
    [
        {"fields": []}, {"fields": ["shoe"]}, {"fields": ["phone", "phone"]}, {"days": 0}, {"days": 4000},
        {"match": "some"}, {"scope": "world"}, {"elsewhere": "sell"}, {"window": 3},
    ],
)  # fmt: skip
def test_what_is_no_rule(entry: dict[str, Any]) -> None:
    with pytest.raises(verticals.VerticalFileError):
        verticals._duplicates(entry)
