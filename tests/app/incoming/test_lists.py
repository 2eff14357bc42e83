"""A body that is a list of leads: each is a lead of its own with a result of its own."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.incoming import bodies
from app.incoming.mail.rows import MOST_ROWS
from tenants.db import transaction
from tests.app.incoming.test_connections import FORM, PATHS, Bench, facts_of_lead
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World

IVAN = {**FORM, "form": {"fio": "Іван", "phone": "+380671112244"}, "id": 18}
WRONG = {**FORM, "form": {"fio": "Петро", "phone": "12"}, "id": 19}


@pytest.fixture
def bench(world: World, client: FlaskClient) -> Bench:
    return Bench(world, client)


def rows(bench: Bench, body: bodies.Body) -> list[bodies.Row]:
    with transaction(bench.world.acme.id) as session:
        return bodies.rows(session, bench.world.acme.id, body)


def test_each_lead_of_a_list_has_a_result_of_its_own(bench: Bench) -> None:
    bench.map({**PATHS, "id": "external_id"})
    assert bench.post([FORM, WRONG, IVAN, FORM]) == 202
    bench.work()
    (done,) = bench.log()
    assert (done.result, done.problems) == ("several", [])
    assert done.counts == {"accepted": 2, "rejected": 1, "known": 1}
    olena, wrong, ivan, again = rows(bench, done)
    assert [facts_of_lead(one.lead_id).external_id for one in (olena, ivan)] == ["17", "18"]
    assert [one["code"] for one in wrong.problems] == ["bad_phone"]
    assert again.lead_id == olena.lead_id
    bench.again(done.id)
    bench.work()
    assert bench.log()[0].counts == {"known": 3, "rejected": 1}
    assert bench.desk.count("lead") == 2


def test_a_list_of_one_is_a_lead(bench: Bench) -> None:
    bench.map(PATHS)
    bench.post([FORM])
    bench.work()
    assert bench.log()[0].result == "accepted"


def test_a_mapping_of_places_in_the_list_takes_it_as_one_lead(bench: Bench) -> None:
    bench.map({f"[0].{place}": target for place, target in PATHS.items()})
    bench.post([FORM, {"ignored": 1}])
    bench.work()
    assert bench.log()[0].result == "accepted"
    assert bench.desk.count("lead") == 1


@pytest.mark.parametrize("odd", [[], [1, 2], [FORM, "x"], [[FORM]]])
def test_a_list_of_something_else_is_no_list_of_leads(bench: Bench, odd: Any) -> None:
    bench.map(PATHS)
    bench.post(odd)
    bench.work()
    assert bench.log()[0].result == "rejected"


def test_too_many_are_refused_whole_and_kept(bench: Bench) -> None:
    bench.map(PATHS)
    bench.post([{**FORM, "form": {"fio": "X", "phone": f"+38067{n:07d}"}} for n in range(MOST_ROWS + 1)])
    bench.work()
    (refused,) = bench.log()
    assert (refused.result, refused.is_kept) == ("refused", True)
    assert [one["code"] for one in refused.problems] == ["rows_refused"]
    assert bench.desk.count("lead") == 0


def test_the_mapping_page_shows_the_first_of_a_list(bench: Bench, world: World, visitor: Visitor) -> None:
    bench.post([IVAN, FORM])
    bench.work()
    enter(visitor, world.acme).open(f"/connections/{bench.id}/mapping")
    assert "form.phone" in visitor.words
    assert "+380671112244" in visitor.words
    assert "[0]" not in visitor.words
