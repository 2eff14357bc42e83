"""When a delivery is tried again, and when a destination is left in peace."""

from datetime import UTC, datetime, timedelta

import pytest

from app.delivery.schedule import DELAYS_SECONDS, Health, Tally, health_after, is_hopeless, next_try_at

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_schedule_has_ten_tries_over_two_days() -> None:
    waits = []
    for tries in range(1, 10):
        due_at = next_try_at(tries, NOW, 0.0)
        assert due_at is not None
        waits.append(int((due_at - NOW).total_seconds()))
    assert waits == [5, 30, 300, 1800, 7200, 18000, 36000, 36000, 86400]
    assert next_try_at(10, NOW, 0.0) is None
    assert len(DELAYS_SECONDS) == 10


@pytest.mark.parametrize(("luck", "seconds"), [(-1.0, 240), (1.0, 360)])
def test_tries_spread_by_a_fifth_either_way(luck: float, seconds: int) -> None:
    assert next_try_at(3, NOW, luck) == NOW + seconds * SECOND


@pytest.mark.parametrize(("asked", "seconds"), [(120, 120), (1, 5), (10**8, 86_400), (None, 5)])
def test_retry_after_moves_a_try_later_never_earlier_and_a_day_at_most(
    asked: int | None, seconds: int
) -> None:
    assert next_try_at(1, NOW, 0.0, asked) == NOW + seconds * SECOND


def test_the_breaker_stays_closed_below_ten_requests() -> None:
    assert health_after(Health(), Tally(failures=9), NOW).open_until is None


def test_the_breaker_opens_when_seventy_percent_of_ten_fail() -> None:
    assert health_after(Health(), Tally(successes=3, failures=7), NOW).open_until == NOW + 60 * SECOND
    assert health_after(Health(), Tally(successes=4, failures=6), NOW).open_until is None


def test_failures_of_several_rounds_add_up_within_five_minutes() -> None:
    first = health_after(Health(), Tally(failures=5), NOW)
    assert health_after(first, Tally(failures=5), NOW + 299 * SECOND).open_until is not None
    assert health_after(first, Tally(failures=5), NOW + 300 * SECOND).open_until is None


def test_successes_alone_keep_no_books() -> None:
    assert health_after(Health(), Tally(successes=50), NOW) == Health()


def test_a_lost_probe_opens_the_breaker_again_and_a_won_one_closes_it() -> None:
    half_open = health_after(Health(), Tally(failures=10), NOW)
    later = NOW + 61 * SECOND
    assert health_after(half_open, Tally(failures=1), later).open_until == later + 60 * SECOND
    assert health_after(half_open, Tally(successes=1), later) == Health()


def test_a_receiver_may_ask_for_peace_an_hour_at_most() -> None:
    assert health_after(Health(), Tally(failures=1, throttle_seconds=90), NOW).open_until == NOW + 90 * SECOND
    assert (
        health_after(Health(), Tally(failures=1, throttle_seconds=10**6), NOW).open_until
        == NOW + 3600 * SECOND
    )


def test_five_days_of_nothing_but_failures_switch_a_destination_off() -> None:
    failing = health_after(Health(), Tally(failures=1), NOW)
    again = health_after(failing, Tally(failures=1), NOW + timedelta(days=5))
    assert again.failing_since == NOW
    assert again.consecutive_failures == 2
    assert is_hopeless(again, NOW + timedelta(days=5))
    assert not is_hopeless(again, NOW + timedelta(days=5) - SECOND)
    saved = health_after(failing, Tally(successes=1), NOW + timedelta(days=3))
    assert not is_hopeless(saved, NOW + timedelta(days=30))
