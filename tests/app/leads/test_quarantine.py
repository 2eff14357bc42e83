"""Leads that wait until somebody has looked: nothing of theirs is open, and nothing passes a rule on the way out."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import intake, quarantine
from app.leads.intake import Result, Taken
from app.leads.quarantine import AwaitsConfirmation, NotResting
from app.leads.resting import AWAITING_CONFIRMATION, BY_API, Origin, Resting, rest, rest_rows
from tenants import audit, clock, crypto
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tests.app.leads.test_add_lead import OLENA, send
from tests.app.leads.uploads import Desk
from tests.world import World, make_member


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def put_away(desk: Desk, values: dict[str, Any] = OLENA, *reasons: str) -> UUID:
    with transaction(desk.agency.id) as session:
        return rest(session, desk.agency.id, values, desk.facts, reasons or ("role_email",), BY_API)


def let_go(desk: Desk, one: UUID, **how: Any) -> Taken:
    with transaction(desk.agency.id) as session:
        return quarantine.release(session, desk.agency.owner, one, **how)


def row(desk: Desk, one: UUID) -> Any:
    with transaction(desk.agency.id) as session:
        return session.execute(text("SELECT * FROM quarantined_lead WHERE id = :id"), {"id": one}).one()


def test_a_resting_lead_is_sealed_and_becomes_a_draft_when_released(desk: Desk) -> None:
    one = put_away(desk)
    resting = row(desk, one)
    assert b"olena" not in bytes(resting.sealed)
    assert (resting.state, resting.reasons, resting.external_id) == ("resting", ["role_email"], "web-1")
    assert resting.expires_at - resting.rested_at == timedelta(days=14)
    taken = let_go(desk, one)
    settled = row(desk, one)
    assert taken.result is Result.ACCEPTED
    assert (settled.state, settled.lead_id, settled.sealed) == ("released", taken.lead_id, None)
    assert (desk.count("lead"), desk.count("quarantine_salt")) == (1, 0)
    with transaction(desk.agency.id) as session:
        logged = audit.read(session, desk.agency.id, audit.Wanted(actions=("quarantine.released",)))
    assert [one.detail["lead_id"] for one in logged] == [str(taken.lead_id)]


def test_what_has_left_cannot_be_released_again(desk: Desk) -> None:
    one = put_away(desk)
    let_go(desk, one)
    with pytest.raises(NotResting):
        let_go(desk, one)
    with pytest.raises(NotFound):
        let_go(desk, new_id())


def test_all_rules_run_again_and_what_is_refused_now_stays(desk: Desk) -> None:
    one = put_away(desk)
    send(desk, {**OLENA, "external_id": "web-2"})
    assert let_go(desk, one).result is Result.DUPLICATE
    old = put_away(desk, {**OLENA, "external_id": "web-3", "contacts": [{"phones": ["0509998877"]}]})
    with clock.at(clock.now() + timedelta(days=40)):
        taken = let_go(desk, old)
    assert (taken.result, [problem.code for problem in taken.problems]) == (Result.REJECTED, ["expired"])
    assert {row(desk, two).state for two in (one, old)} == {"resting"}
    assert row(desk, old).reasons == ["expired"]
    assert desk.count("lead") == 1


def test_only_the_person_confirms(desk: Desk) -> None:
    one = put_away(desk, OLENA, AWAITING_CONFIRMATION)
    with pytest.raises(AwaitsConfirmation):
        let_go(desk, one, accepting=[AWAITING_CONFIRMATION])
    with transaction(desk.agency.id) as session:
        first = quarantine.release_confirmed(session, desk.agency.id, one)
    with transaction(desk.agency.id) as session:
        again = quarantine.release_confirmed(session, desk.agency.id, one)
    assert (first.result, again.result) == (Result.ACCEPTED, Result.KNOWN)
    assert first.lead_id == again.lead_id


def test_confirming_too_late_is_refused(desk: Desk) -> None:
    one = put_away(desk, OLENA, AWAITING_CONFIRMATION)
    quarantine.expire(clock.now() + timedelta(days=14))
    with transaction(desk.agency.id) as session, pytest.raises(NotResting):
        quarantine.release_confirmed(session, desk.agency.id, one)


def test_corrected_values_are_what_is_released(desk: Desk) -> None:
    one = put_away(desk, {**OLENA, "property_type": "castle"})
    assert let_go(desk, one).problems[0].code == "not_a_choice"
    with transaction(desk.agency.id) as session:
        still = quarantine.correct(session, desk.agency.owner, one, {"property_type": "hut", "evil\0": "x"})
        assert [(bad.target, bad.code) for bad in still.problems] == [("property_type", "not_a_choice")]
        ready = quarantine.correct(session, desk.agency.owner, one, {"property_type": "flat"})
        assert (ready.result, ready.lead_id, ready.problems) == (Result.ACCEPTED, None, ())
        assert quarantine.look(session, desk.agency.owner, one)["property_type"] == "flat"
        assert quarantine.look(session, desk.agency.owner, one).keys() == OLENA.keys() | {"property_type"}
    assert (row(desk, one).reasons, desk.count("lead")) == ([], 0)
    assert let_go(desk, one).result is Result.ACCEPTED


def test_nobody_mends_where_a_confirmation_goes(desk: Desk) -> None:
    one = put_away(desk, OLENA, AWAITING_CONFIRMATION)
    with transaction(desk.agency.id) as session, pytest.raises(AwaitsConfirmation):
        quarantine.correct(session, desk.agency.owner, one, {"comment": "x"})


def test_a_look_needs_the_right_and_is_logged(desk: Desk) -> None:
    one = put_away(desk)
    with transaction(desk.agency.id) as session:
        opened = quarantine.look(session, make_member(desk.agency.card, "agent"), one)
        assert len(audit.read(session, desk.agency.id, audit.Wanted(actions=("quarantine.revealed",)))) == 1
    assert opened["contacts"] == OLENA["contacts"]
    with transaction(desk.agency.id) as session, pytest.raises(Forbidden):
        quarantine.look(session, make_member(desk.agency.card, "viewer"), one)


def test_after_fourteen_days_the_values_are_gone(desk: Desk) -> None:
    one = put_away(desk)
    quarantine.expire(clock.now() + timedelta(days=13, hours=23))
    assert row(desk, one).state == "resting"
    quarantine.expire(clock.now() + timedelta(days=14))
    gone = row(desk, one)
    assert (gone.state, gone.sealed, desk.count("quarantine_salt")) == ("expired", None, 0)


def test_discarding_deletes_once(desk: Desk) -> None:
    one = put_away(desk)
    with transaction(desk.agency.id) as session:
        assert quarantine.discard(session, desk.agency.owner, [one, new_id()]) == 1
        assert quarantine.discard(session, desk.agency.owner, [one]) == 0
        with pytest.raises(NotResting):
            quarantine.discard_one(session, desk.agency.owner, one)
    assert (row(desk, one).sealed, desk.count("quarantine_salt")) == (None, 0)


def test_an_owner_is_a_member_or_nobody(desk: Desk, world: World) -> None:
    one, agent = put_away(desk), make_member(desk.agency.card, "agent")
    with transaction(desk.agency.id) as session:
        quarantine.assign(session, desk.agency.owner, [one], agent.id)
    assert (row(desk, one).owner_id, row(desk, one).owner_name) == (agent.id, agent.name)
    with transaction(desk.agency.id) as session, pytest.raises(Invalid):
        quarantine.assign(session, desk.agency.owner, [one], world.bolt.owner.id)
    with transaction(desk.agency.id) as session:
        quarantine.assign(session, desk.agency.owner, [one], None)
    assert (row(desk, one).owner_id, row(desk, one).owner_name) == (None, None)


def test_the_same_external_id_rests_once(desk: Desk) -> None:
    first = put_away(desk)
    assert put_away(desk, {**OLENA, "comment": "again"}) == first
    assert desk.count("quarantined_lead") == 1


def test_rows_of_a_file_rest_together(desk: Desk) -> None:
    rows = [
        Resting({**OLENA, "external_id": f"row-{number}"}, ["odd_name"], line=number) for number in (2, 3, 3)
    ]
    batch_id = new_id()
    with transaction(desk.agency.id) as session:
        vault = crypto.vault(session, desk.agency.id)
        ids = rest_rows(session, vault, batch_id, desk.facts, rows)
    assert ids[1] == ids[2] != ids[0]
    kept = row(desk, ids[0])
    assert (kept.origin, kept.origin_id, kept.line) == ("file", batch_id, 2)


def test_half_characters_do_not_hinder(desk: Desk) -> None:
    one = put_away(desk, {**OLENA, "comment": "a\ud800b\x00"})
    with transaction(desk.agency.id) as session:
        assert quarantine.look(session, desk.agency.owner, one)["comment"] == "ab"


def test_an_unknown_way_in_is_a_bug(desk: Desk) -> None:
    with transaction(desk.agency.id) as session, pytest.raises(ValueError, match="pigeon"):
        rest(session, desk.agency.id, OLENA, desk.facts, ["odd_name"], Origin("pigeon"))


@pytest.mark.committed
def test_two_releases_at_once_make_one_lead(desk: Desk) -> None:
    one, results = put_away(desk), []

    def go() -> None:
        try:
            results.append(let_go(desk, one).result)
        except NotResting:
            results.append("not resting")

    both = [threading.Thread(target=go) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(map(str, results)) == ["accepted", "not resting"]
    assert desk.count("lead") == 1


def test_screening_alone_keeps_nothing(desk: Desk) -> None:
    with transaction(desk.agency.id) as session:
        (taken,) = intake.screen(session, desk.agency.card, [{**OLENA, "is_owner": "?"}], desk.facts)
    assert (taken.result, desk.count("quarantined_lead")) == (Result.REJECTED, 0)
