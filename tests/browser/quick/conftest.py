"""The site of one agency that may type in, and a browser to do it in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.browser.quick.clerk import Site
from tests.servers import Servers
from tests.under_fire.ground import ground
from tests.world import World


@pytest.fixture(scope="module")
def site(
    servers: Servers, worker_number: int, app: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with ground(servers, worker_number, tmp_path_factory.mktemp("quick")) as made:
        made.environment["FLOE_BASE_URL"] = made.address
        made.start_web()
        world = World()
        assert world.floe
        desk = Desk(world.acme)
        with transaction(world.acme.id) as session:
            price = Price(shared_minor=2000)
            set_price(session, world.acme.owner, desk.source_id, "home_solar", price, clock.now())
        yield Site(made, world, desk)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 1000})
    made.set_default_timeout(30_000)
    yield made
    made.close()
