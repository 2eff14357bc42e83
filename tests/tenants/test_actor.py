"""What an actor may do."""

from dataclasses import replace

import pytest

from tenants.actor import SYSTEM
from tenants.errors import Forbidden
from tenants.permissions import Permission
from tests.world import World


def test_an_actor_may_what_the_permissions_hold(world: World) -> None:
    owner = world.bolt.owner
    assert owner.may(Permission.LEAD_BUY)
    owner.demand(Permission.LEAD_BUY)
    with pytest.raises(Forbidden) as refusal:
        owner.demand(Permission.LEAD_WRITE)
    assert refusal.value.details == {"permission": "leads:write"}


def test_an_actor_without_a_tenant_is_refused_what_needs_one(world: World) -> None:
    assert world.bolt.owner.card() == world.bolt.card
    with pytest.raises(Forbidden):
        replace(world.bolt.owner, tenant=None, tenant_id=None).card()


def test_the_system_holds_no_permission() -> None:
    assert not SYSTEM.permissions
