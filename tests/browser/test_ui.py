"""The design system in a real browser: readable for everybody, nothing against the policy, useful without scripts."""

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.app.face import face

pytestmark = pytest.mark.browser

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    site = face()
    site.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def complaints(page: Page) -> list[str]:
    """Everything the page and the browser complain about, also breaches of the content policy."""
    heard: list[str] = []
    page.on("console", lambda line: heard.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", DESK), ("light", PHONE)])
def test_axe_and_the_policy_find_nothing_and_nothing_sticks_out(
    browser: Browser, address: str, scheme: str, size: dict[str, int]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    heard = complaints(page)
    page.goto(f"{address}/ui?status=pending")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_rows_are_picked_the_palette_finds_and_the_theme_stays(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=DESK)
    heard = complaints(page)
    page.goto(f"{address}/ui")
    page.locator("[data-pick-all]").first.check()
    assert page.locator(".bulk strong").inner_text() == "12 selected"
    page.keyboard.press("Control+k")
    page.keyboard.type("payo")
    page.locator("#palette [aria-selected=true]", has_text="Payouts").wait_for()
    page.keyboard.press("Escape")
    page.locator("[data-theme-switch] button").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    # the palette asks for records, which this small site does not have
    assert [line for line in heard if "404" not in line] == []
    page.close()


def test_a_form_is_sent_once(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=DESK)
    page.goto(f"{address}/ui")
    page.fill("#name", "Olena")
    let_through, is_busy = page.evaluate(
        """() => {
          const form = document.querySelector("form.form:not(.upload)"), save = form.querySelector(".btn-primary");
          let letThrough = 0;
          addEventListener("submit", (event) => { letThrough += !event.defaultPrevented; event.preventDefault(); });
          form.requestSubmit(save);
          form.requestSubmit(save);
          return [letThrough, save.getAttribute("aria-busy")];
        }"""
    )
    assert (let_through, is_busy) == (1, "true")
    page.close()


def test_without_scripts_dialogs_menus_picking_and_theme_still_work(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESK)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/ui")
    page.locator("button[commandfor=confirm]").click()
    assert page.locator("#confirm").is_visible()
    page.keyboard.press("Escape")
    page.locator("button[popovertarget=chip-status]").click()
    assert page.locator("#chip-status").is_visible()
    page.keyboard.press("Escape")
    page.locator("tbody .pick input").first.check()
    assert page.locator(".bulk").is_visible()
    page.locator("[data-theme-switch] button").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    context.close()


def test_on_a_phone_the_side_is_a_sheet(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport=PHONE)
    page.goto(f"{address}/ui")
    assert not page.locator("#side").is_visible()
    page.locator(".top-menu").click()
    assert page.locator("#side").is_visible()
    page.close()
