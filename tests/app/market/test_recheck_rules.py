"""Unsold stock under today's rules: what each rule finds, and what applying does about it."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import verticals
from app.leads.bundle import Bundle
from app.leads.rechecks.stored import Rereader
from app.leads.verticals import Screening
from app.market.rechecks import Scope
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.app.market.recheck_desk import applied, found, lead_id, looked, published, row, states, suppress


def test_under_the_same_rules_everything_stays(desk: Desk) -> None:
    batch = published(desk, [row(number) for number in range(1, 6)])
    view = looked(desk, Scope(batch_id=batch))
    assert (view.state, view.total, view.seen, view.refused) == ("checked", 5, 5, 0)
    assert view.verdicts == {"ready": 5}, found(view)
    assert set(states(desk).values()) == {"offered"}


SIX = [
    row(1), row(2), row(3), row(4, email="o@mailinator.com"), row(5, days_ago=20), row(6, email="info@acme.ua"),
]  # fmt: skip


@pytest.fixture
def stricter(desk: Desk, rules: dict[int, verticals.Vertical]) -> UUID:
    """Six leads that came in when little was asked; today's rules refuse three and want to look at one."""
    rules[1] = replace(rules[1], screening=Screening())
    batch = published(desk, SIX)
    suppress(desk, "o2@example.com")
    strict = Screening(rejects=frozenset({"email_disposable"}), quarantines=frozenset({"email_role"}))
    rules[1] = replace(rules[1], screening=strict, lead_days=10)
    return batch


def test_looking_tells_everything_and_changes_nothing(desk: Desk, stricter: UUID) -> None:
    view = looked(desk, Scope(batch_id=stricter))
    told = {"ready": 2, "suppressed": 1, "rejected": 1, "expired": 1, "waiting": 1}
    assert view.verdicts == told
    assert found(view) == {
        ("rejected", "email_disposable"): 1,
        ("suppressed", "suppressed"): 1,
        ("expired", "expired:enquired_at"): 1,
        ("waiting", "email_role"): 1,
    }
    assert set(states(desk).values()) == {"offered"}
    assert desk.count("suppression_list WHERE hits > 0") == 0


def test_applying_withdraws_what_is_refused(desk: Desk, stricter: UUID) -> None:
    after = applied(desk, looked(desk, Scope(batch_id=stricter)).id)
    assert (after.state, after.outcomes) == ("applied", {"withdrawn": 2, "expired": 1, "changed": 0})
    left = states(desk)
    assert [left[f"A-{number}"] for number in (1, 2, 4, 6)] == [
        "offered",
        "withdrawn",
        "withdrawn",
        "offered",
    ]
    for number in (2, 4):
        assert (
            desk.count(f"listing WHERE state = 'closed' AND lead_id = '{lead_id(desk, f'A-{number}')}'") == 1
        )
    assert desk.count("lead WHERE withdrawn_for = 'quality'") == 1
    assert desk.count("lead WHERE withdrawn_for = 'other'") == 1
    assert desk.count("listing WHERE expires_at <= now() + interval '1 minute'") == 1, "too old is not sold"


def test_of_two_leads_of_one_person_the_first_stays(desk: Desk, rules: dict[int, verticals.Vertical]) -> None:
    usual = rules[1]
    rules[1] = replace(usual, duplicates=replace(usual.duplicates, window=timedelta(days=1)))
    batch = published(desk, [row(1), row(2, phone="+380670000001", email="", days_ago=5), row(3, email="")])
    rules[1] = usual
    view = looked(desk, Scope(batch_id=batch))
    assert found(view) == {("duplicate", "duplicate_in_stock"): 1}
    assert applied(desk, view.id).outcomes["withdrawn"] == 1
    assert states(desk) == {"A-1": "withdrawn", "A-2": "offered", "A-3": "offered"}, "who asked first stays"


def test_a_lead_that_is_refused_makes_no_other_a_duplicate(
    desk: Desk, rules: dict[int, verticals.Vertical]
) -> None:
    usual = rules[1]
    rules[1] = replace(usual, duplicates=replace(usual.duplicates, window=timedelta(days=1)))
    batch = published(
        desk, [row(1, days_ago=9), row(2, phone="+380670000001", email="o2@example.com", days_ago=5)]
    )
    rules[1] = usual
    suppress(desk, "o1@example.com")
    view = looked(desk, Scope(batch_id=batch))
    assert view.verdicts == {"suppressed": 1, "ready": 1}


def test_a_newer_version_demands_nothing_of_what_came_before(
    desk: Desk, rules: dict[int, verticals.Vertical]
) -> None:
    batch = published(desk, [row(1)])
    old = rules[1]
    fields = [one for one in old.fields if one.name != "comment"]
    extra = replace(next(one for one in fields if one.type == "integer"), name="panels", is_required=True)
    rules[2] = replace(old, version=2, fields=(*fields, extra))
    view = looked(desk, Scope(batch_id=batch))
    assert found(view) == {("warned", "older_version:panels"): 1}
    assert applied(desk, view.id).outcomes == {"changed": 0}
    with transaction(desk.agency.id) as session:
        kept = session.execute(text("SELECT vertical_version, state, facts FROM lead")).one()
    assert (kept.vertical_version, kept.state, kept.facts["monthly_bill"]) == (1, "offered", 200000)


def test_a_value_that_is_allowed_no_more_is_refused_and_named(
    desk: Desk, rules: dict[int, verticals.Vertical]
) -> None:
    batch = published(desk, [row(1)])
    asked = next(one for one in rules[1].fields if one.name == "property_type")
    narrowed = replace(asked, choices=asked.choices[-1:], spellings={})
    fields = tuple(narrowed if one.name == "property_type" else one for one in rules[1].fields)
    rules[1] = replace(rules[1], fields=fields)
    view = looked(desk, Scope(batch_id=batch))
    assert found(view) == {("rejected", "not_a_choice:property_type"): 1}


def test_consent_that_is_demanded_now_is_missed(desk: Desk, rules: dict[int, verticals.Vertical]) -> None:
    batch = published(desk, [row(1)])
    with transaction(desk.agency.id) as session:
        lead = session.execute(text("SELECT * FROM lead")).one()
    assert batch
    without = SimpleNamespace(**{**lead._mapping, "consent_at": None, "legal_basis": "legitimate_interest"})
    bundle = Bundle([{"name": "Olena", "phones": ["+380670000001"]}], {})
    rules[1] = replace(rules[1], demands_consent=True)
    read = Rereader(clock.now(), "Europe/Kyiv").read(without, bundle)
    assert read.problems == ("no_consent_time:consent_at", "basis_not_allowed")


def test_flags_and_scores_are_brought_up_to_date(desk: Desk) -> None:
    batch = published(desk, [row(1, email="o1@gmail.com")])
    with transaction(desk.agency.id) as session:
        session.execute(text("UPDATE lead SET flags = '{channel_left_out,name_test}', score = 1"))
    view = looked(desk, Scope(batch_id=batch))
    assert (view.changed, view.verdicts["ready"]) == (1, 1)
    assert applied(desk, view.id).outcomes == {"changed": 1}
    with transaction(desk.agency.id) as session:
        kept = session.execute(text("SELECT flags, score FROM lead")).one()
    assert kept.flags == ["phone_mobile", "email_free", "channel_left_out"], "what was thrown away stays said"
    assert kept.score > 1
