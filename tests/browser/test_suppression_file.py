"""A suppression list's file in a real browser, in English on a desk and in Ukrainian on a phone in the dark: sent, read by
a real worker while its page looks on, and what it refused."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.leads import suppression
from tenants.db import transaction
from tests.servers import Servers
from tests.under_fire.ground import Ground, ground
from tests.world import PASSWORD, Party, World

pytestmark = [pytest.mark.browser, pytest.mark.committed, pytest.mark.fire]

SAID = {
    "en": ("list.csv: 3,000 added, 0 on the list already, 2 refused.", "2 places in the file hold no entry."),
    "uk": ("list.csv: додано 3\u00a0000, уже в списку 0, відхилено 2.", "2 місця у файлі не містять запису."),
}  # fmt: skip
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def site(
    servers: Servers, worker_number: int, app: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Ground, Party]]:
    with ground(servers, worker_number, tmp_path_factory.mktemp("lists")) as made:
        made.start_web()
        world = World()
        assert world.floe
        yield made, world.acme


@pytest.fixture(autouse=True)
def _doors_of_the_site(
    site: tuple[Ground, Party], _no_door_by_accident: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    from sqlalchemy import create_engine

    from tenants import db

    engine = create_engine(site[0].urls.app)
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


def log_in(page: Page, party: Party) -> None:
    page.goto("/log-in")
    page.locator("input[name=email]").fill(party.owner.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile("^(?!.*log-in)"))


def page_in(site: Ground, browser: Browser, language: str) -> Page:
    """A tab of a new person's browser."""
    context = browser.new_context(
        base_url=site.address,
        locale=language,
        color_scheme="dark" if language == "uk" else "light",
        viewport=PHONE if language == "uk" else None,  # type: ignore[arg-type]
    )
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": "floe_language", "value": language, "url": site.address}])
    return context.new_page()


def test_a_file_is_sent_and_read_while_its_page_looks_on(
    site: tuple[Ground, Party], browser: Browser, tmp_path: Path
) -> None:
    made, acme = site
    file = tmp_path / "list.csv"
    phones = "".join(f"+38067{number:07d}\n" for number in range(3_000))
    file.write_text(f"{phones}nobody\n+38067\n")
    pages = {language: page_in(made, browser, language) for language in SAID}
    for language, page in pages.items():
        with transaction(acme.id) as session:
            list_id = suppression.create(session, acme.owner, f"List {language}")
        log_in(page, acme)
        page.goto(f"/suppression/{list_id}")
        page.locator("input[type=file]").set_input_files(file)
        page.locator("form[action$='/add'] button[type=submit]").click()
        expect(page.locator("[data-poll] progress")).to_be_visible()
        look(page, f"lists-{language}-1-waits")
    made.start("slow", "app.worker", "slow")
    for language, page in pages.items():
        ended, refused = SAID[language]
        expect(page.locator(".progress .note")).to_contain_text(ended, timeout=60_000)
        look(page, f"lists-{language}-2-read")
        page.locator(".progress .note a").click()
        expect(page.get_by_text(refused)).to_be_visible()
        expect(page.locator("table").last.locator("tbody tr")).to_have_count(2)
        look(page, f"lists-{language}-3-result")
        page.go_back()
        page.reload()
        expect(page.locator("table tbody tr")).to_have_count(1)
        look(page, f"lists-{language}-4-list")
        page.context.close()
