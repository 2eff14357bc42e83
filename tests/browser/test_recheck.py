"""A re-check in a real browser, in English on a desk and in Ukrainian on a phone in the dark: from an upload to its
report, from a count to its leads, applied by a real worker."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.market.prices import Price, set_price
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Person
from tests.app.market.recheck_desk import published, row, states, suppress
from tests.browser.agency_site import Site, log_in, look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]
SLOW_WORKERS = 1

SAID = {
    "en": ("1 unsold lead would not come in today.", "What became of it", "The name has digits."),
    "uk": ("1 непроданий лід сьогодні не прийняли б.", "Що з цього вийшло", "В імені є цифри."),
}
PHONE = {"width": 390, "height": 844}


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
