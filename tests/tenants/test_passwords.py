"""Passwords: long ones, kept as slow hashes, two at a time."""

import threading
import time
from statistics import median

import pytest

from tenants import passwords
from tenants.errors import Busy, Invalid

GOOD = "lake ice in november"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short words", passwords.TOO_SHORT),
        ("x7" * 65, passwords.TOO_LONG),
        ("Password1234", passwords.TOO_COMMON),
        ("йцукен123456", passwords.TOO_COMMON),
        ("abababababab", passwords.TOO_COMMON),
        ("Ann@Example.com", passwords.TOO_COMMON),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.demand_good(password, "ann@example.com")
    assert refusal.value.details["fields"] == {"password": why}


@pytest.mark.parametrize("password", [GOOD, "пес і кіт у човні", "x" * 4 + "yzabcdefgh", "a1b2c3d4" * 16])
def test_a_long_password_needs_no_digits_or_capitals(password: str) -> None:
    passwords.demand_good(password, "ann@example.com")


def test_every_password_among_the_worst_is_long_enough_to_matter() -> None:
    assert all(len(word) >= passwords.SHORTEST and word == word.casefold() for word in passwords._WORST)


def test_only_the_hashed_password_is_right() -> None:
    kept = passwords.hash_password(GOOD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right(GOOD, kept)
    assert not passwords.is_right(GOOD + "!", kept)
    assert not passwords.is_right(GOOD, "not a hash")
    assert not passwords.is_right(GOOD, None)


def test_the_same_letters_composed_differently_are_the_same_password() -> None:
    kept = passwords.hash_password("Cafe\u0301 am See, bitte")
    assert passwords.is_right("Café am See, bitte", kept)


def test_an_unknown_user_costs_as_much_time_as_a_known_one() -> None:
    kept = passwords.hash_password(GOOD)

    def seconds(password_hash: str | None) -> float:
        began = time.thread_time()
        passwords.is_right("a wrong password", password_hash)
        return time.thread_time() - began

    times = [(seconds(kept), seconds(None)) for _ in range(5)]
    known, unknown = (median(column) for column in zip(*times, strict=True))
    assert unknown > known / 2


def test_a_hash_with_weaker_settings_is_outdated() -> None:
    from argon2 import PasswordHasher

    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD))
    assert not passwords.is_outdated(passwords.hash_password(GOOD))


def test_at_most_two_hashes_run_at_once_and_who_waits_too_long_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "PATIENCE_SECONDS", 0.05)
    with passwords._turn():
        passwords.hash_password(GOOD)
        with passwords._turn(), pytest.raises(Busy):
            passwords.hash_password(GOOD)
    assert passwords.is_right(GOOD, passwords.hash_password(GOOD))


def test_a_turn_is_given_back_to_the_next_in_line() -> None:
    done: list[str] = []
    threads = [threading.Thread(target=lambda: done.append(passwords.hash_password(GOOD))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(done)) == 4
