"""An upload that a forgotten one stands in the way of, in a real browser: named, cancelled, checked again by a worker."""

import pytest
from playwright.sync_api import Browser, expect

from tests.app.leads.uploads import Person, csv_of, people
from tests.browser.agency_site import Site, log_in, look, look_in_both

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]
SLOW_WORKERS = 1

SAID = {
    "en": ("3 rows met leads of “forgotten.csv”", "Cancel this upload", "Check again", "In quarantine"),
    "uk": ("3 рядки збіглися з лідами", "Скасувати це завантаження", "Перевірити ще раз", "У карантині"),
}


@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_forgotten_upload_is_named_and_given_up(site: Site, browser: Browser, language: str) -> None:
    met, cancel, again, waits = SAID[language]
    desk, start = site.desk, 700 if language == "en" else 800
    first = desk.upload(csv_of(people(3, start=start)), file_name="forgotten.csv")
    rows = [
        *people(4, start=start),
        Person(start + 50, name="Test Test"),
        Person(start + 51, phone="1", email=""),
    ]
    second = desk.upload(csv_of(rows), file_name="new.csv")
    context = browser.new_context(
        base_url=site.ground.address, viewport={"width": 390, "height": 844} if language == "uk" else None
    )
    page = context.new_page()
    log_in(page, desk)
    context.add_cookies([{"name": "floe_language", "value": language, "url": site.ground.address}])
    page.goto(f"/uploads/{second.id}/check")
    expect(page.locator(".note-warn", has_text=met)).to_be_visible()
    look_in_both(page, f"met-{language}")
    page.locator(".kpi", has_text=waits).get_by_role("link").click()
    look(page, f"met-quarantine-{language}")
    page.go_back()
    page.locator(f"a[href='/uploads/{first.id}']").click()
    page.get_by_role("button", name=cancel).click()
    page.goto(f"/uploads/{second.id}/check")
    look_in_both(page, f"given-up-{language}")
    page.get_by_role("button", name=again, exact=True).click()
    page.wait_for_function("() => !document.querySelector('progress')", timeout=30_000)
    page.goto(f"/uploads/{second.id}/check")
    expect(page.get_by_text("forgotten.csv")).to_have_count(0)
    assert desk.view(second.id).accepted == 4
    assert desk.view(first.id).state == "cancelled"
    context.close()
