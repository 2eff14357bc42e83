"""What the tests of the market share."""

from collections.abc import Iterator

import pytest

from app.leads import verticals
from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.stock import fill_wallet
from tests.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    """An agency with prices, and a company with money."""
    assert world.floe.id
    made = Desk(world.acme)
    with transaction(world.acme.id) as session:
        set_price(
            session, world.acme.owner, made.source_id, "home_solar", Price(shared_minor=2000), clock.now()
        )
    fill_wallet(world.bolt, 100_000, clock.now())
    return made


@pytest.fixture
def rules() -> Iterator[dict[int, verticals.Vertical]]:
    """The versions of home_solar, to be added to; afterwards they are as shipped."""
    versions = verticals._shipped()["home_solar"]
    before = dict(versions)
    yield versions
    versions.clear()
    versions.update(before)
