"""Quick entry of a couple or a company by keyboard: people added, taken out, kept over a reload and a lost connection."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text

from app.leads.reveal import reveal
from tenants.actor import Actor
from tenants.db import transaction
from tests.browser.quick.clerk import Site, come_in, is_clean, log_in, number, open_form, waiting

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]
SHOTS = os.environ.get("FLOE_SHOTS")
"""A folder for pictures to look at."""


def shot(page: Page, name: str) -> None:
    for scheme in ("light", "dark") if SHOTS else ():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.screenshot(path=Path(SHOTS or "") / f"{name}-{scheme}.png", full_page=True)


def contacts(site: Site, clerk: Actor) -> list[list[str]]:
    """The names of the people of each lead that somebody typed in, in order."""
    query = "SELECT lead_id FROM quick_entry WHERE person_id = :id AND lead_id IS NOT NULL ORDER BY received_at, id"
    with transaction(site.world.acme.id) as session:
        found = session.execute(text(query), {"id": clerk.id}).scalars().all()
        shown = [reveal(session, site.world.acme.owner, one).contacts for one in found]
    return [[person["name"] for person in one] for one in shown]


def type_first(page: Page, place: int) -> None:
    expect(page.locator("#q-name")).to_be_focused()
    page.keyboard.type(f"Person {place}")
    page.keyboard.press("Enter")
    page.keyboard.type(number(place))


def type_further(page: Page, person: int, place: int) -> None:
    page.keyboard.press("Alt+n")
    expect(page.locator(f"#q-contact_{person}_name")).to_be_focused()
    page.keyboard.type(f"Person {place}")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type(number(place))


def finish(page: Page) -> None:
    page.locator("#q-property_type").select_option("flat")
    page.locator("#q-is_owner").select_option("yes")
    page.keyboard.press("Alt+c")
    page.keyboard.press("Control+Enter")


def test_people_are_added_and_taken_out_by_keyboard(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    page = open_form(site, log_in(site, context, clerk))
    type_first(page, 801)
    type_further(page, 2, 802)
    type_further(page, 3, 803)
    type_further(page, 4, 804)
    shot(page, "quick-people")
    is_clean(page)
    page.locator("#q-contact_3_phone").focus()
    page.keyboard.press("Alt+x")
    expect(page.locator("[data-person]")).to_have_count(2)
    expect(page.locator("#q-contact_3_name")).to_have_value("Person 804")
    page.locator("#q-contact_3_phone").fill("12")
    finish(page)
    expect(page.locator("#q-contact_3_phone-error")).to_contain_text("not a valid phone number")
    expect(page.locator("#q-contact_3_phone")).to_be_focused()
    is_clean(page)
    page.keyboard.press("Control+a")
    page.keyboard.type(number(804))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#quick-last li")).to_have_count(1)
    expect(page.locator("[data-person]")).to_have_count(0)
    assert contacts(site, clerk) == [["Person 801", "Person 802", "Person 804"]]
    for person in range(2, 11):
        page.keyboard.press("Alt+n")
        expect(page.locator(f"#q-contact_{person}_name")).to_be_focused()
    page.keyboard.press("Alt+n")
    expect(page.locator("[data-person]")).to_have_count(9)
    expect(page.locator("#quick-said")).to_contain_text("at most 10")


def test_a_couple_survives_a_reload_and_a_lost_connection(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    page = open_form(site, log_in(site, context, clerk))
    type_first(page, 811)
    type_further(page, 2, 812)
    page.wait_for_timeout(600)
    open_form(site, page)
    expect(page.locator("#q-contact_2_phone")).to_have_value(number(812))
    context.set_offline(True)
    page.locator("#q-contact_2_name").focus()
    finish(page)
    waiting(page).to_have_text("1")
    expect(page.locator("[data-person]")).to_have_count(0)
    context.set_offline(False)
    waiting(page).to_have_text("0")
    expect(page.locator("#quick-last li")).to_have_count(1)
    assert contacts(site, clerk) == [["Person 811", "Person 812"]]
    page.locator("#q-name").focus()
    page.keyboard.press("Alt+u")
    expect(page.locator("#q-contact_2_name")).to_have_value("Person 812")


def test_a_further_person_on_a_phone_in_ukrainian(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    come_in(site, page, site.clerk())
    expect(page.locator("#quick[data-ready]")).to_be_visible()
    page.get_by_role("button", name="Ще одна людина").click()
    expect(page.get_by_role("group", name="Людина 2")).to_be_visible()
    shot(page, "quick-people-uk-phone")
    is_clean(page)
    page.get_by_role("button", name="Прибрати").click()
    expect(page.locator("[data-person]")).to_have_count(0)
    context.close()
