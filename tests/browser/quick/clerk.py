"""A clerk at quick entry in a real browser: the site, the log-in, one person typed in by keyboard."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import text

from app.leads.quick.choice import Choice
from app.leads.reveal import reveal
from app.market.quick_entry import choose
from tenants.actor import Actor
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.under_fire.ground import Ground
from tests.world import PASSWORD, World, make_member

expect.set_options(timeout=20_000)


@dataclass
class Site:
    """Floe with one agency that may type in."""

    ground: Ground
    world: World
    desk: Desk

    def clerk(self) -> Actor:
        """Somebody new who has chosen what they type in."""
        made = make_member(self.world.acme.card, "agent")
        with transaction(self.world.acme.id) as session:
            choose(session, made, Choice(self.desk.facts, consent_origin="Stand"))
        return made

    def phones(self, clerk: Actor) -> list[str]:
        """The numbers of the leads somebody typed in, in the order they were stored."""
        query = """SELECT lead_id FROM quick_entry WHERE person_id = :id AND lead_id IS NOT NULL AND undone_at IS NULL
          ORDER BY received_at, id"""
        with transaction(self.world.acme.id) as session:
            found = session.execute(text(query), {"id": clerk.id}).scalars().all()
            return [reveal(session, self.world.acme.owner, one).contacts[0]["phones"][0] for one in found]


def log_in(site: Site, context: BrowserContext, who: Actor) -> Page:
    page = context.new_page()
    page.goto(f"{site.ground.address}/log-in")
    page.get_by_label("E-mail").fill(who.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    return page


def open_form(site: Site, page: Page) -> Page:
    page.goto(f"{site.ground.address}/leads/quick")
    expect(page.locator("#quick[data-ready]")).to_be_visible()
    return page


def number(place: int) -> str:
    return f"067{4_000_000 + place:07d}"


def type_one(page: Page, place: int, phone: str | None = None) -> None:
    """One person by keyboard alone, from the first line to the last."""
    keys = page.keyboard
    expect(page.locator("#q-name")).to_be_focused()
    keys.type(f"Person {place}")
    keys.press("Enter")
    keys.type(phone or number(place))
    for _ in ("phone", "email", "messenger"):
        keys.press("Enter")
    keys.type("fl" if place % 2 else "1")
    keys.press("Enter")
    keys.type("+")
    keys.press("Alt+c")
    keys.press("Control+Enter")


def waiting(page: Page) -> Any:
    return expect(page.locator("#quick-count"))


def is_clean(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]  # type: ignore[index]


def come_in(site: Site, page: Page, clerk: Actor) -> None:
    """Log in, in Ukrainian, and open the form."""
    spoken = {"name": "floe_language", "value": "uk", "url": site.ground.address}
    page.context.add_cookies([spoken])  # type: ignore[list-item]
    page.goto(f"{site.ground.address}/log-in?next=/leads/quick")
    page.fill("[name=email]", clerk.email)
    page.fill("[name=password]", PASSWORD)
    page.locator("form .btn-primary").click()
    expect(page.get_by_role("heading", name="Швидке введення")).to_be_visible()
