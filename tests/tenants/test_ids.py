"""Ids are of version 7, in time order, and nobody guesses the next."""

import time

import pytest

from tenants.ids import new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((made.int >> 80) / 1000 - time.time()) < 5


def test_later_ids_sort_later_and_no_two_are_equal() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000


def test_the_random_part_differs_within_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_999_999)
    made = {new_id().int for _ in range(100)}
    assert len(made) == 100
    assert {one >> 62 for one in made} == {1_800_000_000_000 << 18 | 0x7FFF << 2 | 0x2}
