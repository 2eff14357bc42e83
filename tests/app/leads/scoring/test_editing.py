"""Rules change in a draft, hold when saved, and unsold stock follows, a slice at a time."""

import pytest

from app.leads.scoring import books, editing, rescore
from app.leads.scoring.editing import NoDraft, RulesMovedOn
from app.leads.scoring.shipped import shipped
from app.leads.verticals import UnknownVertical
from tenants.db import transaction
from tenants.errors import Invalid, NotFound
from tests.app.leads.scoring.desk import ScoringDesk
from tests.app.leads.scoring.leads import rule, trait
from tests.world import World

SOLAR = "home_solar"
ROOF = {**rule("answer.roof_area", 7, "at_least", 1), "key": ""}


def _save(world: World, *rules_: dict[str, object]) -> int:
    with transaction(world.acme.id) as session:
        for one in rules_:
            editing.put_rule(session, world.acme.owner, SOLAR, one)
        return editing.save(session, world.acme.owner, SOLAR)


def test_a_draft_scores_nothing_until_it_is_saved(world: World) -> None:
    agency = world.acme
    with transaction(agency.id) as session:
        editing.put_rule(session, agency.owner, SOLAR, ROOF)
        draft = editing.draft_of(session, agency.id, SOLAR)
        assert draft is not None
        assert len(draft.rules) == len(shipped(SOLAR).rules) + 1
        assert books.current(session, agency.id, SOLAR).version < 0
        assert editing.save(session, agency.owner, SOLAR) == 1
        assert editing.draft_of(session, agency.id, SOLAR) is None
        assert books.current(session, agency.id, SOLAR).version == 1
        assert books.current(session, world.bolt.id, SOLAR).version < 0, "nobody else's"
    assert _save(world, ROOF) == 2


def test_rules_are_changed_removed_and_capped_in_the_draft(world: World) -> None:
    agency = world.acme
    with transaction(agency.id) as session:
        editing.put_rule(
            session, agency.owner, SOLAR, {**rule("phone", 3), "key": "phone", "group": "contact"}
        )
        editing.remove(session, agency.owner, SOLAR, "battery")
        editing.put_trait(session, agency.owner, SOLAR, {**trait("phone", "must"), "key": ""})
        editing.put_group(session, agency.owner, SOLAR, "answers", (5, 0))
        draft = editing.draft_of(session, agency.id, SOLAR)
    assert draft is not None
    assert {one.key: one.points for one in draft.rules}["phone"] == 3
    assert "battery" not in [one.key for one in draft.rules]
    assert len(draft.profile) == len(shipped(SOLAR).profile) + 1
    assert draft.groups["answers"].cap == 5


def test_what_cannot_be_edited_is_refused(world: World) -> None:
    owner = world.acme.owner
    with transaction(world.acme.id) as session:
        with pytest.raises(NoDraft):
            editing.save(session, owner, SOLAR)
        with pytest.raises(NotFound):
            editing.remove(session, owner, SOLAR, "no such key")
        with pytest.raises(NotFound):
            editing.put_rule(session, owner, SOLAR, {**ROOF, "key": "no such key"})
        with pytest.raises(UnknownVertical):
            editing.put_rule(session, owner, "castles", ROOF)
        with pytest.raises(Invalid):
            editing.put_rule(session, owner, SOLAR, {**ROOF, "points": 0})
        editing.discard(session, owner, SOLAR)
        assert editing.draft_of(session, world.acme.id, SOLAR) is None


def test_a_draft_of_older_rules_is_refused(world: World) -> None:
    with transaction(world.acme.id) as session:
        editing.put_rule(session, world.acme.owner, SOLAR, ROOF)
    ScoringDesk(world.acme).rows("UPDATE scoring_draft SET base = -7 RETURNING base")
    with transaction(world.acme.id) as session, pytest.raises(RulesMovedOn):
        editing.save(session, world.acme.owner, SOLAR)


def test_leads_are_stored_with_their_rating_and_scored_anew_when_rules_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = ScoringDesk(world.acme)
    leads = [desk.send(roof_area=40 + number) for number in range(5)]
    before = {row.id: row for row in desk.rows("SELECT id, score, fit, grade, score_version FROM lead")}
    assert all(before[one].grade in "AB" and before[one].score_version < 0 for one in leads)
    desk.rows("UPDATE lead SET sold_count = 1 WHERE id = :id RETURNING id", id=leads[0])
    _save(world, {**ROOF, "group": "origin"})
    monkeypatch.setattr(rescore, "SLICE", 2)
    assert rescore.score_slice(world.acme.id, SOLAR)
    with transaction(world.acme.id) as session:
        half = rescore.run_of(session, world.acme.id, SOLAR)
    assert half is not None
    assert not half.is_done
    rescore.go_on(world.acme.id, SOLAR)
    rescore.go_on(world.acme.id, SOLAR)
    with transaction(world.acme.id) as session:
        done = rescore.run_of(session, world.acme.id, SOLAR)
    assert done == rescore.Run(1, 4, 4, True)
    after = {row.id: row for row in desk.rows("SELECT id, score, score_version FROM lead")}
    assert after[leads[0]].score == before[leads[0]].score, "it was sold"
    assert all(after[one].score > before[one].score and after[one].score_version == 1 for one in leads[1:])
    new = desk.send(roof_area=40)
    [stored] = desk.rows("SELECT score_version, score FROM lead WHERE id = :id", id=new)
    assert (stored.score_version, stored.score) == (1, after[leads[1]].score)


def test_scored_again_under_the_same_rules_a_lead_scores_the_same(world: World) -> None:
    desk = ScoringDesk(world.acme)
    desk.send(roof_area=90, comment="call", bant_need="confirmed", bant_budget="no", monthly_bill="2000")
    [before] = desk.rows("SELECT score, fit, grade FROM lead")
    with transaction(world.acme.id) as session:
        editing.put_group(session, world.acme.owner, SOLAR, "activity", (29, -40))
        editing.save(session, world.acme.owner, SOLAR)
    rescore.go_on(world.acme.id, SOLAR)
    [after] = desk.rows("SELECT score, fit, grade FROM lead")
    assert (after.score, after.fit, after.grade) == (before.score, before.fit, before.grade)


def test_rules_are_nobody_elses(world: World) -> None:
    _save(world, ROOF)
    with transaction(world.bolt.id) as session:
        assert editing.draft_of(session, world.acme.id, SOLAR) is None
        assert books.rules_of(session, world.acme.id, SOLAR).version < 0
