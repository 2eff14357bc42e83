"""The one Chromium of the browser tests, and the site of one agency."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine

from tenants import db
from tests.app.leads.uploads import Desk
from tests.browser.agency_site import Site
from tests.servers import Servers
from tests.under_fire.ground import ground
from tests.world import World

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest,
    servers: Servers,
    worker_number: int,
    app: object,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Floe with as many workers for slow deeds as the module asks for; other modules have sites of their own."""
    with ground(servers, worker_number, tmp_path_factory.mktemp("site")) as made:
        for lane in range(request.module.SLOW_WORKERS):
            made.start(f"slow-{lane}", "app.worker", "slow")
        made.start_web()
        world = World()
        assert world.floe
        desk = Desk(world.acme)
        assert desk.source_id
        assert desk.consent_text_id
        yield Site(made, desk)


@pytest.fixture
def doors_of_the_site(
    request: pytest.FixtureRequest, _no_door_by_accident: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The test's own doors lead to the database of the module's site."""
    engine = create_engine(request.getfixturevalue("site").ground.urls.app)
    monkeypatch.setattr(db, "_bind", engine)
    yield
    engine.dispose()
