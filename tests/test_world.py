"""What tests stand on must itself stand."""

import socket
import threading
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tenants.db import NoDoor, platform_transaction, transaction
from tenants.errors import Refused
from tenants.models import Tenant
from tests.network import Unreachable
from tests.world import World

_seen: list[UUID] = []


@pytest.mark.parametrize("again", [1, 2])
def test_what_a_test_writes_is_gone_in_the_next(world: World, again: int) -> None:
    with platform_transaction("look") as session:
        assert not session.scalars(select(Tenant.id)).all()
    _seen.append(world.acme.id)
    with platform_transaction("look") as session:
        assert session.scalars(select(Tenant.id)).all() == [_seen[-1]]


@pytest.mark.committed
@pytest.mark.parametrize("again", [1, 2])
def test_what_a_committed_test_writes_is_seen_by_others_and_gone_in_the_next(
    world: World, again: int
) -> None:
    with platform_transaction("look") as session:
        assert not session.scalars(select(Tenant.id)).all()
    found: list[UUID] = []
    acme = world.acme.id

    def look() -> None:
        with platform_transaction("look from another connection") as session:
            found.extend(session.scalars(select(Tenant.id)).all())

    other = threading.Thread(target=look)
    other.start()
    other.join()
    assert found == [acme]


def test_a_door_within_a_door_gives_back_tenant_and_role(world: World) -> None:
    acme, asked = world.acme.id, text("SELECT current_user::text, current_setting('app.tenant')")
    with transaction(acme) as session:
        with platform_transaction("meanwhile") as other:
            assert tuple(other.execute(asked).one()) == ("platform", "")
        assert tuple(session.execute(asked).one()) == ("app", str(acme))
        with pytest.raises(Refused), platform_transaction("meanwhile, in vain"):
            raise Refused("no")
        assert tuple(session.execute(asked).one()) == ("app", str(acme))


def test_a_request_goes_through_the_same_doors(client: FlaskClient) -> None:
    assert client.get("/no-such-page").status_code == 404


def test_without_the_fixture_there_is_no_door() -> None:
    with pytest.raises(NoDoor), platform_transaction("by accident"):
        pass


def test_the_network_ends_at_this_machine() -> None:
    with socket.socket() as here, pytest.raises(Unreachable):
        here.connect(("192.0.2.1", 80))
    with pytest.raises(Unreachable):
        socket.create_connection(("floe.example", 80), timeout=1)
