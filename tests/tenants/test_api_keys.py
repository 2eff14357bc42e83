"""API keys: shown once, limited, revocable."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tenants import api_keys, clock, permissions
from tenants.actor import Actor
from tenants.audit import Wanted, read
from tenants.db import drop, keep, open_session, platform_transaction, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.permissions import PERSONS_ONLY, Permission
from tests.world import World, make_member


def who(secret: str) -> Actor | None:
    session = open_session(None)
    found = api_keys.actor_for_key(session, secret)
    keep(session)
    return found


def make(world: World, *scopes: str, days: int | None = None) -> tuple[api_keys.ApiKey, str]:
    ends = clock.now() + timedelta(days=days) if days else None
    with transaction(world.bolt.id) as session:
        return api_keys.create(session, world.bolt.owner, "CRM", scopes or ["leads:read"], ends)


def test_a_key_acts_for_its_tenant_with_its_scopes_only(world: World) -> None:
    key, secret = make(world, "leads:read", "purchases:write")
    found = who(secret)
    assert found is not None
    assert (found.kind, found.id, found.name, found.role) == ("key", key.id, "CRM", None)
    assert found.tenant == world.bolt.card
    assert found.permissions == {Permission.LEAD_READ, Permission.LEAD_BUY}


def test_the_secret_is_kept_nowhere(world: World) -> None:
    key, secret = make(world)
    assert secret.startswith(key.prefix)
    with platform_transaction("look") as session:
        row = session.execute(text("SELECT api_key::text FROM api_key")).scalar_one()
        record = session.execute(text("SELECT audit::text FROM audit")).scalar_one()
    assert secret not in row + record
    assert secret[len(key.prefix) :] not in row + record


def test_a_key_has_a_mark_thirty_letters_and_a_checksum() -> None:
    secret = api_keys.new_secret()
    assert secret.startswith("floe_live_")
    assert len(secret) == len("floe_live_") + 36
    assert api_keys.is_well_formed(secret)
    assert len({api_keys.new_secret() for _ in range(100)}) == 100


@pytest.mark.usefixtures("doors")
def test_a_mistyped_key_is_refused_without_asking_the_database() -> None:
    secret = api_keys.new_secret()
    wrong = secret[:20] + ("A" if secret[20] != "A" else "B") + secret[21:]
    for typed in (wrong, secret[:-1], secret + "A", secret.replace("live", "test"), "", "Bearer " + secret):
        assert not api_keys.is_well_formed(typed)
        session = open_session(None)
        assert api_keys.actor_for_key(session, typed) is None
        assert not session.in_transaction()
        drop(session)


def test_an_unknown_key_is_nobody(world: World) -> None:
    assert who(api_keys.new_secret()) is None


def test_a_revoked_key_is_refused_at_its_next_request(world: World) -> None:
    key, secret = make(world)
    with transaction(world.bolt.id) as session:
        api_keys.revoke(session, world.bolt.owner, key.id)
        with pytest.raises(NotFound):
            api_keys.revoke(session, world.bolt.owner, key.id)
    assert who(secret) is None


def test_a_key_expires(world: World) -> None:
    _, secret = make(world, days=1)
    assert who(secret)
    with clock.at(clock.now() + timedelta(days=1)):
        assert who(secret) is None
    with pytest.raises(Invalid):
        make(world, days=-1)


def test_no_key_does_what_needs_a_person(world: World) -> None:
    for scope in PERSONS_ONLY:
        with pytest.raises(Forbidden):
            make(world, scope.value)


def test_a_key_holds_no_more_than_its_maker(world: World) -> None:
    manager = replace(world.bolt.owner, permissions=frozenset({Permission.KEY_WRITE, Permission.LEAD_READ}))
    with transaction(world.bolt.id) as session:
        assert api_keys.grantable(manager) == [Permission.LEAD_READ]
        with pytest.raises(Forbidden) as refusal:
            api_keys.create(session, manager, "CRM", ["leads:read", "purchases:write"], None)
        assert refusal.value.details == {"scopes": "purchases:write"}
        with pytest.raises(Forbidden):
            api_keys.create(session, world.bolt.owner, "CRM", ["leads:write"], None)


def test_an_old_key_loses_what_the_table_of_permissions_no_longer_gives(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = make(world, "leads:read", "purchases:write")
    less = {**permissions.ROLES, "company": {"owner": frozenset({Permission.LEAD_READ})}}
    monkeypatch.setattr(permissions, "ROLES", less)
    found = who(secret)
    assert found is not None
    assert found.permissions == {Permission.LEAD_READ}


@pytest.mark.parametrize("scopes", [[], ["leads:eat"]])
def test_a_key_needs_known_scopes(world: World, scopes: list[str]) -> None:
    with pytest.raises(Invalid), transaction(world.bolt.id) as session:
        api_keys.create(session, world.bolt.owner, "CRM", scopes, None)


def test_keys_are_listed_without_secrets_and_the_revoked_ones_last(world: World) -> None:
    first, secret = make(world)
    time.sleep(0.002)  # ids are in time order by the millisecond
    second, _ = make(world)
    third, _ = make(world)
    who(secret)
    with transaction(world.bolt.id) as session:
        api_keys.revoke(session, world.bolt.owner, third.id)
        found = api_keys.keys(session, world.bolt.owner)
        records = read(session, world.bolt.id, Wanted(actions=("key.revoked",)))
    assert [key.id for key in found] == [second.id, first.id, third.id]
    assert found[1].last_used_at is not None
    assert found[1].scopes == (Permission.LEAD_READ,)
    assert [record.subject_id for record in records] == [third.id]


def test_only_who_may_keep_keys_makes_and_revokes_them(world: World) -> None:
    key, _ = make(world)
    agent = make_member(world.bolt.card, "agent")
    with transaction(world.bolt.id) as session:
        with pytest.raises(Forbidden):
            api_keys.create(session, agent, "CRM", ["leads:read"], None)
        with pytest.raises(Forbidden):
            api_keys.revoke(session, agent, key.id)


def test_the_command_line_makes_a_key_for_any_tenant(world: World) -> None:
    slug = world.acme.card.slug
    found = who(api_keys.create_by_operator(slug, ["all"]))
    assert found is not None
    assert (found.tenant_id, found.permissions) == (world.acme.id, permissions.scopes("agency"))
    found = who(api_keys.create_by_operator(slug, ["leads:write"]))
    assert found is not None
    assert found.permissions == {Permission.LEAD_WRITE}
    with pytest.raises(NotFound):
        api_keys.create_by_operator("nobody", ["all"])
    with pytest.raises(Forbidden):
        api_keys.create_by_operator(slug, ["members:write"])
