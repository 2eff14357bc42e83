"""A user's account: one name in all tenants."""

from dataclasses import replace

import pytest

from tenants import accounts, members
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid
from tests.world import Person, World, make_member


def test_another_name_stands_in_all_tenants_of_the_person(world: World) -> None:
    owner = world.bolt.owner
    assert owner.id
    make_member(world.acme.card, "viewer", person=Person(owner.id, owner.name, owner.email))
    with transaction(world.bolt.id) as session:
        accounts.rename_self(session, owner, "  Ann   Lee ", "uk")
    for party in (world.bolt, world.acme):
        with transaction(party.id) as session:
            assert "Ann Lee" in [each.name for each in members.members(session, party.owner)]


@pytest.mark.parametrize(("name", "language"), [(" ", "en"), ("x" * 121, "en"), ("Ann", "tlh")])
def test_a_wrong_name_or_language_is_refused(world: World, name: str, language: str) -> None:
    with pytest.raises(Invalid), transaction(world.bolt.id) as session:
        accounts.rename_self(session, world.bolt.owner, name, language)


def test_a_key_has_no_name_to_change(world: World) -> None:
    with pytest.raises(Forbidden), transaction(world.bolt.id) as session:
        accounts.rename_self(session, replace(world.bolt.owner, kind="key"), "Ann", "en")
