"""Limits of a key: what may be typed, where a key may call from, who may change it."""

import pytest

from tenants import api_keys, key_limits
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tenants.key_limits import KeyLimits, is_inside, read_limits
from tests.world import World, make_member


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["203.0.113.7"], ("203.0.113.7",)),
        (["203.0.113.7/24", "203.0.113.0/24"], ("203.0.113.0/24",)),
        (["2001:DB8::1", ""], ("2001:db8::1",)),
        (["2001:db8::/32"], ("2001:db8::/32",)),
        (["10.0.0.1/32"], ("10.0.0.1",)),
        ([], ()),
    ],
)
def test_addresses_are_read(typed: list[str], read: tuple[str, ...]) -> None:
    assert read_limits(typed, "").networks == read


@pytest.mark.parametrize("typed", ["300.1.1.1", "10.0.0.0/33", "example.com", "10.0.0.1/", "::1::", "1"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_limits([typed], "")
    assert set(refusal.value.details["fields"]) == {"networks"}


def test_there_are_not_too_many_addresses() -> None:
    with pytest.raises(Invalid):
        read_limits([f"10.0.0.{number}" for number in range(51)], "")


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "many", "100001", "²"])
def test_a_pace_is_a_whole_number(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_limits([], typed)
    assert set(refusal.value.details["fields"]) == {"calls_a_minute"}


def test_a_pace_is_read() -> None:
    assert (read_limits([], " 60 ").calls_a_minute, read_limits([], "").calls_a_minute) == (60, None)


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("203.0.114.9", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_where_an_address_lies(address: str, is_in: bool) -> None:
    assert is_inside(address, ("203.0.113.0/24", "2001:db8::/32")) is is_in


def test_limits_are_changed_and_listed(world: World) -> None:
    limits = KeyLimits(("10.0.0.0/8",), 60)
    with transaction(world.bolt.id) as session:
        made, _secret = api_keys.create(session, world.bolt.owner, "CRM", ["leads:read"], None, limits=limits)
        assert [key.limits for key in api_keys.keys(session, world.bolt.owner)] == [limits]
        key_limits.limit(session, world.bolt.owner, made.id, KeyLimits())
        assert [key.limits for key in api_keys.keys(session, world.bolt.owner)] == [KeyLimits()]
        with pytest.raises(Forbidden):
            key_limits.limit(session, make_member(world.bolt.card, "agent"), made.id, KeyLimits())
        with pytest.raises(NotFound):
            key_limits.limit(session, world.bolt.owner, new_id(), KeyLimits())
        api_keys.revoke(session, world.bolt.owner, made.id)
        with pytest.raises(NotFound):
            key_limits.limit(session, world.bolt.owner, made.id, KeyLimits())


def test_a_stranger_cannot_limit_a_key(world: World) -> None:
    with transaction(world.bolt.id) as session:
        made, _secret = api_keys.create(session, world.bolt.owner, "CRM", ["leads:read"], None)
    with transaction(world.crane.id) as session, pytest.raises(NotFound):
        key_limits.limit(session, world.crane.owner, made.id, KeyLimits())
