"""Floe in a browser for one agency: its site, the way in, and a careful look at a page.

A module that asks for the fixture `site` says as `SLOW_WORKERS` how many workers for slow deeds it needs.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.app.leads.uploads import Desk
from tests.under_fire.ground import Ground
from tests.world import PASSWORD


@dataclass
class Site:
    """Floe, and the desk of the agency acme with its source and consent text."""

    ground: Ground
    desk: Desk


def look(page: Page, name: str) -> None:
    """Axe finds nothing; where a folder is named, a picture is kept for a person to look at."""
    found = Axe().run(page).response["violations"]
    assert not found, (name, [(one["id"], one["nodes"][0]["html"][:200]) for one in found])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        f"{name}: nothing is wider than the screen"
    )
    if folder := os.environ.get("FLOE_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def look_in_both(page: Page, name: str) -> None:
    """The same in the light and in the dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        look(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")


def log_in(page: Page, desk: Desk) -> None:
    page.goto("/log-in")
    page.locator("input[name=email]").fill(desk.agency.owner.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile("^(?!.*log-in)"))
