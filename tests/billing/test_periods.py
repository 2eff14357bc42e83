"""Days, weeks and months of a zone, without gap or overlap."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import Period, day_of, last_weeks, midnight, month_of, read_period, week_of
from tenants.errors import Invalid

KYIV = "Europe/Kyiv"
USUAL = Period(date(2026, 6, 1), date(2026, 11, 20), KYIV)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
zones = st.sampled_from((KYIV, "UTC", "America/New_York", "Pacific/Auckland"))


@given(days, st.integers(0, 400), zones)
def test_neighbouring_periods_neither_overlap_nor_leave_a_gap(first: date, length: int, zone: str) -> None:
    period = Period(first, first + timedelta(days=length), zone)
    assert period.before().end_at == period.start_at
    assert period.before().days == period.days == length + 1
    assert day_of(period.start_at, zone) == first
    assert day_of(period.end_at - timedelta(microseconds=1), zone) == period.last_on


def test_a_day_is_as_long_as_its_clocks_say() -> None:
    spring = Period(date(2026, 3, 29), date(2026, 3, 29), KYIV)
    autumn = Period(date(2026, 10, 25), date(2026, 10, 25), KYIV)
    assert spring.end_at - spring.start_at == timedelta(hours=23)
    assert autumn.end_at - autumn.start_at == timedelta(hours=25)
    assert midnight(date(2026, 7, 1), KYIV) == datetime(2026, 6, 30, 21, tzinfo=UTC)


@given(days)
def test_weeks_begin_on_monday_and_months_on_the_first(on: date) -> None:
    assert week_of(on).isoweekday() == 1
    assert timedelta(0) <= on - week_of(on) < timedelta(days=7)
    assert (month_of(on).day, month_of(on).month) == (1, on.month)


def test_the_last_weeks_end_today_in_the_zone() -> None:
    just_after_midnight = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # Monday in Kyiv, Sunday in UTC
    assert last_weeks(1, just_after_midnight, KYIV) == Period(date(2026, 11, 23), date(2026, 11, 23), KYIV)
    assert last_weeks(2, just_after_midnight, "UTC") == Period(date(2026, 11, 9), date(2026, 11, 22), "UTC")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("", "", USUAL),
        ("2026-11-02", " 2026-11-03 ", Period(date(2026, 11, 2), date(2026, 11, 3), KYIV)),
        ("2026-11-02", "", Period(date(2026, 11, 2), date(2026, 11, 20), KYIV)),
        ("2026-12-02", "", Period(date(2026, 12, 2), date(2026, 12, 2), KYIV)),
        ("", "2026-05-03", Period(date(2026, 5, 3), date(2026, 5, 3), KYIV)),
        ("", "2026-12-31", Period(date(2026, 6, 1), date(2026, 12, 31), KYIV)),
    ],
)
def test_a_person_may_leave_out_either_end(first: str, last: str, expected: Period) -> None:
    assert read_period(first, last, USUAL) == expected


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("yesterday", "", "from"),
        ("", "2026-02-30", "to"),
        ("0001-01-01", "", "from"),
        ("", "9999-12-31", "to"),
        ("2026-11-03", "2026-11-02", "to"),
        ("2020-01-01", "2026-01-01", "from"),
    ],
)
def test_a_senseless_period_is_refused_with_its_field(first: str, last: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_period(first, last, USUAL)
    assert set(refused.value.details["fields"]) == {field}
