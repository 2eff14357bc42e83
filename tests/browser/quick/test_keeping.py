"""What the browser keeps of quick entry: later refusals, an ended log-in, another person, logging out; and without a script."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.quick.clerk import Site, come_in, is_clean, log_in, number, open_form, type_one, waiting

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]


KEPT = """async () => {
  const base = await new Promise((good) => { indexedDB.open("floe-quick").onsuccess = (e) => good(e.target.result); });
  const all = await new Promise((good) => { base.transaction("entries").objectStore("entries").getAll().onsuccess = (e) => good(e.target.result); });
  base.close();
  return all.map((one) => new TextDecoder().decode(one.sealed) + JSON.stringify(one)).join();
}"""
KEY = """async () => {
  const base = await new Promise((good) => { indexedDB.open("floe-quick").onsuccess = (e) => good(e.target.result); });
  const all = await new Promise((good) => { base.transaction("keys").objectStore("keys").getAll().onsuccess = (e) => good(e.target.result); });
  base.close();
  return all.some((one) => one.key.extractable);
}"""
COUNT = """async () => {
  const base = await new Promise((good) => { indexedDB.open("floe-quick").onsuccess = (e) => good(e.target.result); });
  const count = (name) => new Promise((good) => { base.transaction(name).objectStore(name).count().onsuccess = (e) => good(e.target.result); });
  const found = await Promise.all(["entries", "drafts", "keys"].map(count));
  base.close();
  return found.reduce((all, one) => all + one);
}"""


def test_a_refusal_that_comes_later_waits_to_be_corrected(site: Site, context: BrowserContext) -> None:
    clerk = site.clerk()
    page = open_form(site, log_in(site, context, clerk))
    context.set_offline(True)
    type_one(page, 401, "067 12")
    type_one(page, 402)
    context.set_offline(False)
    expect(page.locator("#quick-waiting li")).to_have_count(1)
    expect(page.locator("#quick-waiting")).to_contain_text("To be corrected")
    is_clean(page)
    page.keyboard.type("Begun meanwhile")
    page.get_by_role("button", name="Correct").click()
    expect(page.locator("#q-phone-error")).to_contain_text("not a valid phone number")
    page.keyboard.press("Control+a")
    page.keyboard.type(number(401))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#quick-waiting li")).to_contain_text(["Begun meanwhile"])
    expect(page.locator("#quick-last li")).to_have_count(2)
    assert site.phones(clerk) == [f"+38{number(402)}", f"+38{number(401)}"]


def test_an_ended_log_in_loses_nothing_and_nobody_else_sends_it(site: Site, context: BrowserContext) -> None:
    first, second = site.clerk(), site.clerk()
    page = open_form(site, log_in(site, context, first))
    context.clear_cookies()
    type_one(page, 501)
    expect(page.locator("#quick-note")).to_contain_text("Your log-in has ended")
    waiting(page).to_have_text("1")
    other = open_form(site, log_in(site, context, second))
    waiting(other).to_have_text("0")
    expect(other.locator("#quick-waiting")).to_be_hidden()
    page.bring_to_front()
    expect(page.locator("#quick-note")).to_contain_text("Somebody else is logged in")
    other.bring_to_front()
    type_one(other, 502)
    expect(other.locator("#quick-last li")).to_have_count(1)
    assert site.phones(first) == []
    other.close()
    context.clear_cookies()
    log_in(site, context, first).close()
    page.bring_to_front()
    waiting(page).to_have_text("0")
    expect(page.locator("#quick-last li")).to_have_count(1)
    assert (site.phones(first), site.phones(second)) == ([f"+38{number(501)}"], [f"+38{number(502)}"])


def test_what_is_kept_is_sealed_and_logging_out_asks_and_deletes(site: Site, context: BrowserContext) -> None:
    page = open_form(site, log_in(site, context, site.clerk()))
    context.set_offline(True)
    type_one(page, 601)
    waiting(page).to_have_text("1")
    assert "Person 601" not in page.evaluate(KEPT)
    assert page.evaluate(KEY) is False
    context.set_offline(False)
    context.route("**/leads/quick", lambda route: route.abort())
    page.wait_for_timeout(200)
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    context.route("**/leads/quick/who", lambda route: route.abort())
    type_one(page, 602)
    page.once("dialog", stay)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_timeout(500)
    assert re.search(r"wait to be sent or corrected: \d", asked[0])
    expect(page.locator("#q-name")).to_be_visible()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert page.evaluate(COUNT) == 0


def test_without_a_script_it_is_a_plain_form(site: Site, browser: Browser) -> None:
    clerk = site.clerk()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    come_in(site, page, clerk)
    page.fill("#q-name", "Олена")
    page.fill("#q-phone", "067 12")
    page.select_option("#q-property_type", "flat")
    page.select_option("#q-is_owner", "no")
    page.check("#q-agreed")
    page.press("#q-phone", "Enter")
    expect(page.locator("#q-phone-error")).to_be_visible()
    page.fill("#q-phone", number(701))
    page.press("#q-phone", "Enter")
    expect(page.locator("#toasts")).to_contain_text("Лід збережено")
    assert site.phones(clerk) == [f"+38{number(701)}"]
    context.close()


def test_on_a_phone_and_in_ukrainian_nothing_is_in_the_way(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    come_in(site, page, site.clerk())
    expect(page.locator("#quick[data-ready]")).to_be_visible()
    is_clean(page)
    page.goto(f"{site.ground.address}/leads/quick/setup")
    is_clean(page)
    context.close()
