"""Quick entry by keyboard alone: through a lost connection, with wrong numbers, double keys and two tabs."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.quick.clerk import Site, is_clean, log_in, number, open_form, type_one, waiting

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]


def test_twenty_by_keyboard_five_of_them_without_a_connection(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    heard: list[str] = []
    page = open_form(site, log_in(site, context, clerk))
    page.on("console", lambda line: heard.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    for place in range(1, 9):
        type_one(page, place)
        expect(page.locator("#quick-last li").first).to_contain_text(f"Person {place} ·")
    is_clean(page)
    context.set_offline(True)
    for place in range(9, 14):
        type_one(page, place)
        waiting(page).to_have_text(str(place - 8))
    expect(page.locator("#quick-note")).to_contain_text("No connection")
    is_clean(page)
    page.keyboard.type("Begun before the reload")
    page.wait_for_timeout(600)
    context.set_offline(False)
    open_form(site, page)
    expect(page.locator("#q-name")).to_have_value("Begun before the reload")
    waiting(page).to_have_text("0")
    page.locator("#q-name").fill("")
    for place in range(14, 21):
        type_one(page, place)
        expect(page.locator("#quick-last li").first).to_contain_text(f"Person {place} ·")
    assert site.phones(clerk) == [f"+38{number(place)}" for place in range(1, 21)]
    assert page.locator("#quick-last li").count() == 5
    assert not [line for line in heard if "ERR_INTERNET_DISCONNECTED" not in line]


def test_a_wrong_phone_is_said_early_and_the_entry_stays(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    page = open_form(site, log_in(site, context, clerk))
    type_one(page, 101, "067 12")
    expect(page.locator("#q-phone")).to_be_focused()
    expect(page.locator("#q-phone-error")).to_contain_text("not a valid phone number")
    expect(page.locator("#q-name")).to_have_value("Person 101")
    waiting(page).to_have_text("0")
    is_clean(page)
    page.keyboard.press("Control+a")
    page.keyboard.type(number(101))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#q-name")).to_have_value("")
    expect(page.locator("#quick-last li")).to_have_count(1)
    page.locator("#q-phone").fill("12")
    page.keyboard.press("Enter")
    expect(page.locator("#q-phone-error")).to_contain_text("Not a valid number")
    page.locator("#q-phone").fill(number(101))
    page.keyboard.press("Enter")
    expect(page.locator("[data-had]").first).to_contain_text("You have this person already")
    assert site.phones(clerk) == [f"+38{number(101)}"]


def test_double_keys_store_once_and_the_last_is_taken_back(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    page = open_form(site, log_in(site, context, clerk))
    type_one(page, 201)
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Store").dblclick()
    expect(page.locator("#quick-last li")).to_have_count(1)
    waiting(page).to_have_text("0")
    page.locator("#q-name").focus()
    page.keyboard.press("Alt+u")
    expect(page.locator("#quick-last")).to_contain_text("Taken back")
    expect(page.locator("#q-phone")).to_have_value(number(201))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#quick-last li")).to_have_count(2)
    assert site.phones(clerk) == [f"+38{number(201)}"]
    page.locator("#q-region").select_option("UA-30")
    page.locator("#q-region").press("Alt+p")
    page.locator("#q-name").focus()
    type_one(page, 202)
    expect(page.locator("#quick-last li")).to_have_count(3)
    expect(page.locator("#q-region")).to_have_value("UA-30")
    page.locator("#q-property_type").dispatch_event("keydown", {"key": "к"})
    expect(page.locator("#q-property_type")).to_have_value("flat")
    page.locator("#q-name").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    is_clean(page)


def test_two_tabs_send_each_entry_once_and_keep_drafts_apart(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    one = open_form(site, log_in(site, context, clerk))
    two = open_form(site, context.new_page())
    context.set_offline(True)
    for place in range(301, 305):
        page = one if place % 2 else two
        page.bring_to_front()
        type_one(page, place)
        waiting(page).to_have_text(str(place - 300))
    two.keyboard.type("Draft of two")
    two.wait_for_timeout(600)
    context.set_offline(False)
    waiting(one).to_have_text("0")
    waiting(two).to_have_text("0")
    assert site.phones(clerk) == [f"+38{number(place)}" for place in range(301, 305)]
    open_form(site, one)
    expect(one.locator("#q-name")).to_have_value("")
    open_form(site, two)
    expect(two.locator("#q-name")).to_have_value("Draft of two")
