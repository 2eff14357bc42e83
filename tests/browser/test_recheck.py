"""A re-check in a real browser, in English on a desk and in Ukrainian on a phone in the dark: from an upload to its
report, from a count to its leads, applied by a real worker."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person
from tests.app.market.recheck_desk import published, row, states, suppress
from tests.servers import Servers
from tests.under_fire.ground import Ground, ground
from tests.world import PASSWORD, World

pytestmark = [pytest.mark.browser, pytest.mark.committed, pytest.mark.fire]

SAID = {
    "en": ("1 unsold lead would not come in today.", "What became of it", "The name has digits."),
    "uk": ("1 непроданий лід сьогодні не прийняли б.", "Що з цього вийшло", "В імені є цифри."),
}
PHONE = {"width": 390, "height": 844}


@dataclass
class Site:
    """Floe with a worker for slow deeds, and the agency acme."""

    ground: Ground
    desk: Desk


@pytest.fixture(scope="module")
def site(
    servers: Servers, worker_number: int, app: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with ground(servers, worker_number, tmp_path_factory.mktemp("recheck")) as made:
        made.start("slow", "app.worker", "slow")
        made.start_web()
        world = World()
        assert world.floe
        yield Site(made, Desk(world.acme))


@pytest.fixture(autouse=True)
def _doors_of_the_site(
    site: Site, _no_door_by_accident: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    from sqlalchemy import create_engine

    from tenants import db

    engine = create_engine(site.ground.urls.app)
    monkeypatch.setattr(db, "_bind", engine)
    yield
    engine.dispose()


def look(page: Page, name: str) -> None:
    """Axe finds nothing; where a folder is named, a picture is kept for a person to look at."""
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"][:200]) for one in found]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "nothing is wider than the screen"
    )
    if folder := os.environ.get("FLOE_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def log_in(page: Page, desk: Desk) -> None:
    page.goto("/log-in")
    page.locator("input[name=email]").fill(desk.agency.owner.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile("^(?!.*log-in)"))


def ended(page: Page) -> None:
    """Wait for the worker, by the page alone."""
    page.wait_for_url(re.compile("/rechecks/[0-9a-f-]{36}$"))
    page.wait_for_function("() => !document.querySelector('#recheck progress')")
    if page.locator("#recheck .note a").count():
        page.locator("#recheck .note a").click()


@pytest.mark.parametrize("language", ["en", "uk"])
def test_an_upload_is_rechecked_and_cleaned(site: Site, browser: Browser, language: str) -> None:
    refused, became, digits = SAID[language]
    desk, start = site.desk, 300 if language == "en" else 400
    with transaction(desk.agency.id) as session:
        set_price(
            session, desk.agency.owner, desk.source_id, "home_solar", Price(shared_minor=2000), clock.now()
        )
    batch = published(desk, [row(start), row(start + 1), Person(start + 2)])
    suppress(desk, f"o{start + 1}@example.com", name=f"List {language}")
    context = browser.new_context(
        base_url=site.ground.address,
        locale=language,
        color_scheme="dark" if language == "uk" else "light",
        viewport=PHONE if language == "uk" else None,  # type: ignore[arg-type]
    )
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "floe_language", "value": language, "url": site.ground.address}])
    page = context.new_page()
    log_in(page, desk)
    page.goto(f"/uploads/{batch}")
    look(page, f"{language}-1-upload")
    page.locator("form[action$='/rechecks'] button").click()
    ended(page)
    expect(page.get_by_text(refused)).to_be_visible()
    look(page, f"{language}-2-report")
    page.locator("a[href*='code=name_digits']").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text(f"A-{start + 2}")
    look(page, f"{language}-3-leads")
    page.go_back()
    expect(page.get_by_text(digits)).to_be_visible()
    page.locator("button[commandfor=apply]").click()
    page.locator("form[action$='/apply'] button[type=submit]:not([formmethod=dialog])").last.click()
    ended(page)
    expect(page.get_by_role("heading", name=became)).to_be_visible()
    look(page, f"{language}-4-applied")
    assert states(desk)[f"A-{start + 1}"] == "withdrawn"
    page.goto("/rechecks")
    look(page, f"{language}-5-list")
    context.close()
