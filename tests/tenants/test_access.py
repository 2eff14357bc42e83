"""Guessing is slow: per account, per address, everywhere, and also when all guess at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tenants import access, clock
from tenants.access import Limit, TooManyAttempts, begin_attempt
from tenants.db import platform_transaction

START = datetime(2026, 11, 21, 9, tzinfo=UTC)


def try_at(seconds: float, email: str = "ann@example.com", address: str = "192.0.2.7") -> int:
    """0 when an attempt is let through, else the seconds to wait."""
    with clock.at(START + timedelta(seconds=seconds)):
        try:
            begin_attempt(email, address)
        except TooManyAttempts as refusal:
            return int(refusal.details["retry_after"])
    return 0


def attempts_of_a_patient_machine(attempt: Callable[[float], int], hours: int) -> list[float]:
    """When the attempts of somebody who always tries as soon as possible were let through."""
    now, through = 0.0, []
    while now < hours * 3600 and len(through) < 100:
        wait = attempt(now)
        if not wait:
            through.append(now)
        now += max(wait, 1)
    return through


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (4, 0), (5, 60), (6, 120), (8, 480), (40, 3600)])
def test_the_wait_doubles_up_to_the_longest(failures: int, seconds: int) -> None:
    assert Limit(5, 60, 3600).wait_seconds(failures) == seconds


@pytest.mark.usefixtures("doors")
def test_an_account_is_tried_ten_times_an_hour_at_most() -> None:
    addresses = iter(range(100_000))
    through = attempts_of_a_patient_machine(
        lambda now: try_at(now, address=f"10.0.0.{next(addresses) % 250}"), hours=6
    )
    busiest = max(sum(begin <= other < begin + 3600 for other in through) for begin in through)
    assert busiest <= 10
    assert len(through) > 10, "the wait must end some time"


@pytest.mark.usefixtures("doors")
def test_an_address_is_slowed_down_whatever_accounts_it_tries() -> None:
    assert not any(try_at(number, email=f"a{number}@example.com") for number in range(30))
    assert try_at(30, email="z@example.com") > 0
    assert try_at(30, email="z@example.com", address="192.0.2.8") == 0
    assert try_at(60, email="z@example.com") == 0


@pytest.mark.usefixtures("doors")
def test_everybody_waits_when_everything_is_tried_at_once() -> None:
    with platform_transaction("an attack") as session:
        attack = text("""INSERT INTO login_failure (email_hash, address, at)
            SELECT sha256(n::text::bytea), n::text, :at FROM generate_series(1, :count) n""")
        session.execute(attack, {"at": START, "count": access.EVERYWHERE_A_MINUTE})
    assert 0 < try_at(30) <= 61
    assert try_at(61) == 0


@pytest.mark.usefixtures("doors")
def test_a_refused_attempt_is_not_counted() -> None:
    for _ in range(5):
        assert try_at(0) == 0
    assert [try_at(second) for second in (10, 20, 30)] == [51, 41, 31]
    assert try_at(60) == 0


@pytest.mark.usefixtures("doors")
def test_attempts_are_forgotten_after_a_day() -> None:
    try_at(0)
    for hours, left in ((23, 1), (25, 0)):
        access.forget_old_attempts(START + timedelta(hours=hours))
        with platform_transaction("look") as session:
            assert session.execute(text("SELECT count(*) FROM login_failure")).scalar_one() == left


@pytest.mark.committed
@pytest.mark.usefixtures("doors")
def test_a_hundred_guesses_at_the_same_moment_are_counted_like_guesses_in_a_row() -> None:
    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda number: try_at(0, address=f"10.1.0.{number}"), range(40)))
    assert waits.count(0) == 5


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix socket", "unix socket"),
    ],
)
def test_one_customer_of_an_ipv6_network_is_one_address(address: str, counted_as: str) -> None:
    assert access.network(address) == counted_as
