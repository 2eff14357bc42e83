"""Ids are of version 7, in time order, and nobody guesses the next."""

import time

from tenants.ids import new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    made = new_id()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((made.int >> 80) / 1000 - time.time()) < 5


def test_later_ids_sort_later_and_no_two_are_equal() -> None:
    first = [new_id() for _ in range(500)]
    time.sleep(0.002)
    second = [new_id() for _ in range(500)]
    assert max(first) < min(second)
    assert len({*first, *second}) == 1000
