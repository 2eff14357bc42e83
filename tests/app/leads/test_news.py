"""News of a check that ended: one mail to whoever started it, unless they watch, or it was small."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import check as checking
from app.leads import news
from app.leads.check import check
from app.market import rechecks
from app.market.rechecks import Scope
from tenants import clock
from tenants.db import platform_transaction, transaction
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import World


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(news, "MANY", 3)
    return Desk(world.acme)


def mails() -> list[tuple[str, str, str]]:
    with platform_transaction("look at the mails of a test") as session:
        rows = session.execute(text("SELECT to_address, subject, body FROM mail ORDER BY created_at")).all()
    return [tuple(row) for row in rows]  # type: ignore[misc]


def waiting(desk: Desk) -> int:
    return desk.count("finish_news")


def checked(desk: Desk, count: int = 3) -> UUID:
    batch_id = desk.receive(csv_of(people(count)), "листопад.csv")
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    return batch_id


def test_whoever_started_a_check_is_told_once_with_its_counts(desk: Desk) -> None:
    batch_id = desk.receive(csv_of(people(3)), "листопад.csv")
    desk.start(batch_id)
    assert news.tell(desk.agency.id) == 0, "it has not ended"
    check(desk.agency.id, batch_id)
    assert (news.tell(desk.agency.id), news.tell(desk.agency.id)) == (1, 0)
    [(to, subject, body)] = mails()
    assert (to, subject) == (desk.agency.owner.email, "листопад.csv is checked")
    assert "3 in all, 3 accepted, 0 rejected" in body
    assert f"/uploads/{batch_id}/check" in body
    assert waiting(desk) == 0


def test_of_few_rows_nobody_is_told(desk: Desk) -> None:
    checked(desk, 2)
    assert (news.tell(desk.agency.id), waiting(desk), mails()) == (0, 0, [])


@pytest.mark.parametrize(("seconds", "told"), [(5, 0), (120, 1)])
def test_who_looks_at_the_page_is_not_told(desk: Desk, seconds: int, told: int) -> None:
    batch_id = desk.receive(csv_of(people(3)))
    desk.start(batch_id)
    with transaction(desk.agency.id) as session:
        news.seen(session, desk.agency.owner, batch_id)
    with clock.at(clock.now() + timedelta(seconds=seconds)):
        check(desk.agency.id, batch_id)
        assert news.tell(desk.agency.id) == told


def test_a_failure_is_always_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id = desk.receive(csv_of(people(1)))
    desk.start(batch_id)

    def breaks(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(checking, "_worked_out", breaks)
    with pytest.raises(RuntimeError):
        check(desk.agency.id, batch_id)
    assert news.tell(desk.agency.id) == 1
    assert mails()[0][1] == "A check stopped: leads.csv"


def test_a_recheck_is_told_twice_looked_through_and_applied(desk: Desk) -> None:
    checked(desk)
    news.tell(desk.agency.id)
    with transaction(desk.agency.id) as session:
        recheck_id = rechecks.start(session, desk.agency.owner, Scope(vertical="home_solar"))
    rechecks.go_on(desk.agency.id, recheck_id)
    news.tell(desk.agency.id)
    with transaction(desk.agency.id) as session:
        rechecks.apply(session, desk.agency.owner, recheck_id)
    rechecks.go_on(desk.agency.id, recheck_id)
    news.tell(desk.agency.id)
    told = mails()[1:]
    assert [one[1] for one in told] == ["Your unsold leads are re-checked", "The re-check is applied"]
    assert all(f"/rechecks/{recheck_id}" in one[2] for one in told)


def test_what_was_cancelled_is_no_news(desk: Desk) -> None:
    checked(desk)
    news.tell(desk.agency.id)
    with transaction(desk.agency.id) as session:
        recheck_id = rechecks.start(session, desk.agency.owner, Scope(vertical="home_solar"))
        rechecks.cancel(session, desk.agency.owner, recheck_id)
    assert (news.tell(desk.agency.id), waiting(desk), len(mails())) == (0, 0, 1)


def test_the_sweep_wakes_only_those_with_news(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr(news, "wake", lambda _job, *args: woken.append(args))
    batch_id = desk.receive(csv_of(people(3)))
    desk.start(batch_id)
    news.wake_finished(clock.now())
    assert woken == []
    check(desk.agency.id, batch_id)
    news.wake_finished(clock.now())
    assert woken == [(str(desk.agency.id),)]
