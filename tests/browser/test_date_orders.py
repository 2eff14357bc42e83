"""The order of dates on the columns step, in a real browser: on a wide screen and on a phone, in the light and in the dark."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.app.leads.uploads import csv_of, people
from tests.browser.agency_site import Site, log_in, look_in_both

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]
SLOW_WORKERS = 0
ENQUIRED, CONSENT = 8, 9


def two_orders(folder: Path) -> Path:
    """The enquiry has the month first; the consent has both orders."""
    rows = [one.row() for one in people(3)]
    for row, enquired, consent in zip(
        rows, ("11/10/2026 09:00", "11/20/2026 2:03 PM", "11/12/2026"), ("11/10/2026", "11/20/2026", "20.11.2026"),
        strict=True,
    ):  # fmt: skip
        row[ENQUIRED], row[CONSENT] = enquired, consent
    file = folder / "dates.csv"
    file.write_bytes(csv_of(rows))
    return file


def test_the_order_of_dates_is_shown_and_follows_the_column(
    browser: Browser, site: Site, tmp_path: Path
) -> None:
    page = browser.new_page(
        base_url=site.ground.address, viewport={"width": 1440, "height": 900}, locale="en"
    )
    log_in(page, site.desk)
    page.goto("/uploads/new")
    page.locator("input[type=file]").set_input_files(two_orders(tmp_path))
    page.locator("select[name=vertical]").select_option("home_solar")
    page.locator("select[name=source_id]").select_option(str(site.desk.source_id))
    page.locator("select[name=country]").select_option("UA")
    page.locator("select[name=consent_text_id]").select_option(str(site.desk.consent_text_id))
    page.locator("form.upload .btn-primary").click()
    page.wait_for_url(re.compile("/headers$"))
    page.locator("a.btn-primary[href$='/columns']").click()
    page.wait_for_url(re.compile("/columns$"))
    expect(page.get_by_text("The file proves it: the month comes first")).to_be_visible()
    expect(page.get_by_text("Some dates have the day first")).to_be_visible()
    look_in_both(page, "dates-wide")
    page.set_viewport_size({"width": 390, "height": 844})
    look_in_both(page, "dates-phone")
    page.locator(f"select[name=column-{ENQUIRED}]").select_option("comment")
    expect(page.locator(f"select[name=dates-{ENQUIRED}]")).to_be_hidden()
    page.locator(f"select[name=column-{ENQUIRED}]").select_option("enquired_at")
    expect(page.locator(f"select[name=dates-{ENQUIRED}]")).to_be_visible()
    page.close()
