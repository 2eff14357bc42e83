"""Business time stands still when it is told to, and only there."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tenants import clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_present_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_within_the_block_time_stands_still_and_blocks_nest() -> None:
    with clock.at(NOON):
        with clock.at(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON
    assert clock.now() != NOON


def test_another_zone_is_the_same_instant() -> None:
    with clock.at(NOON.astimezone(timezone(timedelta(hours=2)))):
        assert clock.now().isoformat() == "2026-11-21T12:00:00+00:00"


def test_another_thread_has_its_own_time() -> None:
    seen: list[datetime] = []
    with clock.at(NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen[0] != NOON


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"), clock.at(NOON.replace(tzinfo=None)):
        pass
