"""The dates of an upload are read in the order its file proves, or as somebody chose; the next file begins with it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import reading, told_dates
from app.leads.batches import MappingIncomplete, set_mapping
from app.leads.check import check, start_check
from app.leads.date_orders import DAY_FIRST, MONTH_FIRST, MONTH_FIRST_TOLD
from tenants.db import transaction
from tests.app.leads.uploads import HEADERS, MAPPING, TODAY, Desk, counts, csv_of, people
from tests.world import World

ENQUIRED, CONSENT = HEADERS.index("Enquired at"), HEADERS.index("Consent time")
NOON = TODAY.replace(hour=12, minute=0)
LATELY = [NOON - timedelta(days=ago) for ago in range(1, 25)]
OPEN = next(day for day in LATELY if day.day <= 12 and day.day != day.month)
PROVING = next(day for day in LATELY if day.day > 12)
US, EU = "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"


def file_of(written: str, days: list[datetime]) -> bytes:
    """A row a day, both of its times written so."""
    rows = [one.row() for one in people(len(days))]
    for row, day in zip(rows, days, strict=True):
        row[ENQUIRED] = row[CONSENT] = day.strftime(written)
    return csv_of(rows)


def late_proof(written: str) -> bytes:
    """The first rows can be read both ways; the last one, beyond the samples, proves the order."""
    return file_of(written, [OPEN] * 30 + [PROVING])


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world.acme)


def days_of(desk: Desk) -> set[tuple[int, int]]:
    """The days and months of the leads' enquiries and consents."""
    with transaction(desk.agency.id) as session:
        found = session.execute(
            text("SELECT enquired_at FROM lead UNION SELECT consent_at FROM lead")
        ).scalars()
        return {(at.astimezone(UTC).day, at.astimezone(UTC).month) for at in found}


def said(desk: Desk, batch_id: UUID, orders: dict[str, str] | None) -> dict[str, str]:
    with transaction(desk.agency.id) as session:
        set_mapping(session, desk.agency.owner, batch_id, MAPPING, orders=orders)
    return desk.view(batch_id).name_orders


def days(*moments: datetime) -> set[tuple[int, int]]:
    return {(one.day, one.month) for one in moments}


@pytest.mark.parametrize("is_read_before", [True, False], ids=["read before", "checked at once"])
@pytest.mark.parametrize("written", [US, EU], ids=["month first", "day first"])
def test_a_proof_beyond_the_first_rows_tells_every_row(
    desk: Desk, written: str, is_read_before: bool
) -> None:
    batch_id = desk.receive(late_proof(written))
    if is_read_before:
        assert reading.read(desk.agency.id, batch_id)
    desk.start(batch_id)
    check(desk.agency.id, batch_id)
    assert counts(desk.view(batch_id)) == (31, 31, 0, 0)
    assert days_of(desk) == days(OPEN, PROVING)


@pytest.mark.parametrize(
    ("value", "is_clear"),
    [
        *[
            (one, True)
            for one in ("2026-11-10", "20261110T1400", "10 Nov 2026", "Nov 10, 2026", "10 листопада 2026")
        ],
        *[(one, False) for one in ("11/11/2026", "10.11.2026", "unknown", "10", "soon")],
    ],
)
def test_first_rows_that_say_nothing_of_the_order_are_waited_over(value: str, is_clear: bool) -> None:
    rows = [[value]] * 20
    assert told_dates._is_open(0, rows, told_dates.of_samples(rows)) is not is_clear
    proven = [["11/20/2026"], *rows]
    assert not told_dates._is_open(0, proven, told_dates.of_samples(proven))


def test_a_file_of_two_orders_follows_the_more_and_refuses_the_others(desk: Desk) -> None:
    rows = [one.row() for one in people(4)]
    for row, written in zip(rows, [US, US, EU, US], strict=True):
        row[ENQUIRED] = row[CONSENT] = PROVING.strftime(written)
    view = desk.upload(csv_of(rows))
    assert counts(view) == (4, 3, 1, 0)
    with transaction(desk.agency.id) as session:
        assert session.execute(text("SELECT code FROM batch_problem")).scalars().all() == ["day_is_first"]
    assert days_of(desk) == days(PROVING)


def test_a_choice_is_never_overruled_by_the_file(desk: Desk) -> None:
    batch_id = desk.receive(late_proof(US))
    orders = {"enquired_at": DAY_FIRST, "consent_at": DAY_FIRST}
    assert said(desk, batch_id, orders) == orders
    assert reading.read(desk.agency.id, batch_id)
    assert desk.view(batch_id).name_orders == orders
    with transaction(desk.agency.id) as session:
        start_check(session, desk.agency.owner, batch_id)
    check(desk.agency.id, batch_id)
    view = desk.view(batch_id)
    assert view.rejected >= 1, "the row that proves the other order"
    assert days(PROVING).isdisjoint(days_of(desk))
    told = {"enquired_at": MONTH_FIRST_TOLD, "consent_at": MONTH_FIRST_TOLD}
    assert said(desk, batch_id, {}) == told, "taken back, the file tells again"


def test_the_next_file_begins_with_the_order_unless_it_proves_another(desk: Desk) -> None:
    first = desk.receive(file_of(US, [OPEN]))
    assert said(desk, first, {"enquired_at": MONTH_FIRST}) == {"enquired_at": MONTH_FIRST}
    again = desk.receive(file_of(US, [OPEN, OPEN]))
    assert desk.view(again).name_orders == {"enquired_at": MONTH_FIRST_TOLD}
    assert said(desk, again, {}) == {"enquired_at": MONTH_FIRST_TOLD}, "nothing said is no word against it"
    other = desk.receive(file_of(EU, [OPEN, PROVING]))
    assert desk.view(other).name_orders == {}


def test_a_column_that_goes_elsewhere_takes_no_order_with_it(desk: Desk) -> None:
    batch_id = desk.receive(file_of(US, [OPEN]))
    said(desk, batch_id, {"enquired_at": MONTH_FIRST})
    with transaction(desk.agency.id) as session:
        mapping = {**MAPPING, ENQUIRED: "consent_at", CONSENT: "enquired_at"}
        set_mapping(session, desk.agency.owner, batch_id, mapping, orders={})
    assert desk.view(batch_id).name_orders == {}


@pytest.mark.parametrize(
    ("orders", "code"),
    [
        ({"enquired_at": "sideways"}, "unknown_date_order"),
        ({"enquired_at": MONTH_FIRST_TOLD}, "unknown_date_order"),
        ({"enquired_at": "last_first"}, "not_a_full_name"),
        ({"external_id": MONTH_FIRST}, "not_a_date"),
        ({"no_such": MONTH_FIRST}, "not_a_date"),
    ],
)
def test_only_a_mapped_date_has_an_order(desk: Desk, orders: dict[str, str], code: str) -> None:
    batch_id = desk.receive(file_of(US, [OPEN]))
    with pytest.raises(MappingIncomplete) as refused:
        said(desk, batch_id, orders)
    assert [one["code"] for one in refused.value.details["problems"]] == [code]
    assert desk.view(batch_id).state == "received"
