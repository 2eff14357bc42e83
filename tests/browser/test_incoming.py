"""A person connects another system in a browser: shares instructions, makes a connection, maps what arrived.

Every page on the way is open to everybody (axe, light and dark, wide and on a phone) and says nothing in the console.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from app.incoming import bodies
from app.incoming.process import process
from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.incoming.test_connections import FORM
from tests.app.leads.uploads import Desk
from tests.under_fire.conftest import new_ground, site
from tests.under_fire.ground import Ground
from tests.world import PASSWORD, Party, make_party

__all__ = ["new_ground", "site"]
pytestmark = [pytest.mark.browser, pytest.mark.fire, pytest.mark.committed]

SHOTS = os.environ.get("FLOE_SHOTS")
"""A folder for pictures to look at."""
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture
def agency(site: Ground) -> Party:
    made = make_party("agency", "Acme Leads", "UA")
    desk = Desk(made)
    with transaction(made.id) as session:
        set_price(session, made.owner, desk.source_id, "home_solar", Price(shared_minor=2000), clock.now())
    assert desk.consent_text_id
    site.start_web()
    return made


@pytest.fixture(params=["en", "uk"])
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    site: Ground,
    agency: Party,
) -> Iterator[Page]:
    with browser.new_context(locale=request.param, viewport=WIDE, base_url=site.address) as context:
        opened = context.new_page()
        opened.on("console", lambda said: said.type == "error" and pytest.fail(said.text))
        speak = f"UPDATE user_account SET language = '{request.param}'"
        site.execute(speak)
        opened.goto("/log-in")
        opened.fill("[name=email]", agency.owner.email)
        opened.fill("[name=password]", PASSWORD)
        opened.click("main form button[type=submit]")
        opened.wait_for_load_state()
        yield opened


def look(page: Page, name: str, *, is_answer: bool = False) -> None:
    """The page as it is, in both schemes and widths, has no barriers and fits a phone; one that answers a form is asked for anew."""
    language = page.locator("html").get_attribute("lang")
    for scheme, size in (("light", WIDE), ("dark", WIDE), ("light", PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size(size)  # type: ignore[arg-type]
        if size is PHONE:
            page.reload() if is_answer else page.goto(page.url)
        if SHOTS:
            width = size["width"]
            page.screenshot(path=Path(SHOTS) / f"{name}-{language}-{scheme}-{width}.png", full_page=True)
        found = Axe().run(page).response["violations"]
        assert not found, (name, scheme, [(one["id"], one["nodes"][0]["html"]) for one in found])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def choose_facts(page: Page) -> None:
    form = page.locator("form[method=post]:has([name=legal_basis])")
    form.locator("[name=vertical]").select_option("home_solar")
    form.locator("[name=consent_text_id]").select_option(index=1)


def test_instructions_are_shared(page: Page, agency: Party) -> None:
    page.goto("/sources")
    page.locator("a[href$='/instructions']").first.click()
    look(page, "instructions")
    choose_facts(page)
    page.click("form[method=post]:has([name=legal_basis]) button[type=submit]")
    address = page.locator(".reveal code").inner_text()
    page.goto(address[address.index("/instructions/") :])
    assert agency.name in page.locator("h1").inner_text()
    look(page, "instructions-public")


def test_another_system_is_connected(page: Page, agency: Party) -> None:
    page.goto("/connections/new")
    look(page, "connection-new")
    page.fill("[name=name]", "Landing page")
    choose_facts(page)
    page.locator("[name=source_id]").select_option(index=1)
    page.click("form[method=post]:has([name=legal_basis]) button[type=submit]")
    address = page.locator(".reveal code").inner_text()
    assert requests.post(
        page.url.split("/connections")[0] + address[address.index("/in/") :], json=FORM, timeout=30
    )
    page.goto("/connections")
    look(page, "connections")
    page.click("main td a.strong")
    page.click("a[href$='/mapping']")
    goes = {
        "form.fio": "contact_1_name",
        "form.phone": "contact_1_phone",
        "kind": "property_type",
        "owner": "is_owner",
    }
    for place, target in goes.items():
        row = page.locator("tr", has=page.locator(f"input[value='{place}']"))
        row.locator("select").select_option(target)
    page.click("form:has([name=fixed_value]) button[type=submit]")
    look(page, "mapping")
    for tenant_id, body_id in bodies.due(clock.now()):
        process(tenant_id, body_id)
    page.goto("/connections")
    page.click("main td a.strong")
    look(page, "connection")
    page.goto("/settings/keys")
    look(page, "keys")
    with transaction(agency.id) as session:
        connection_id = page.url and next(iter(bodies.tallies(session, agency.id)))
        (done,) = bodies.listed(session, agency.id, connection_id)
    assert done.result == "accepted", done.problems
