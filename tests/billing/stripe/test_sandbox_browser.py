"""A person pays on the hosted page in a real browser: by keyboard, without scripts, on a phone, in the dark."""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.billing.stripe.sandbox_wire import catching
from tests.billing.stripe.sandbox_world import SandboxWorld

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PHONE = {"width": 360, "height": 740}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_phone(
    sandbox: SandboxWorld, browser: Browser, scheme: str
) -> None:
    page = browser.new_page(viewport=PHONE, color_scheme=scheme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    open_one, closed = sandbox.session(description="Wallet top-up, Company GmbH"), sandbox.session()
    declined, waiting = sandbox.session(), sandbox.session()
    sandbox.gateway.expire_checkout(closed.id)
    sandbox.remote.pay(declined.id, card="4000000000009995")
    sandbox.remote.pay(waiting.id, card="4000000000003220", challenge="wait")
    for name, path in {
        "open": f"/c/pay/{open_one.id}",
        "declined": f"/c/pay/{declined.id}",
        "challenge": f"/c/pay/{waiting.id}/3ds",
        "expired": f"/c/pay/{closed.id}",
    }.items():
        page.goto(sandbox.url + path)
        shot(page, f"{name}_{scheme}")
        assert complaints == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        context = browser.new_context(viewport=PHONE, color_scheme=scheme, bypass_csp=True)
        checked = context.new_page()
        checked.goto(sandbox.url + path)
        found = Axe().run(checked)
        assert found.violations_count == 0, found.generate_report()
        context.close()
    page.close()


def test_a_person_pays_by_keyboard_without_scripts_and_comes_back(
    sandbox: SandboxWorld, browser: Browser
) -> None:
    with catching() as shop:
        session = sandbox.session(
            success_url=shop.url.replace("127.0.0.1", "localhost") + "?s={CHECKOUT_SESSION_ID}"
        )
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(session.url)
        page.get_by_role("radio", name="Asks for 3-D Secure").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Fail").click()
        assert "unable to authenticate" in page.get_by_role("alert").inner_text()
        page.get_by_role("radio", name="Succeeds").check()
        page.get_by_role("button", name="Pay 50.00 EUR").click()
        assert page.url.endswith(f"?s={session.id}")
        page.goto(sandbox.url + f"/c/pay/{session.id}")
        assert "Already paid" in page.get_by_role("heading").inner_text()
        context.close()
    assert sandbox.gateway.checkout(session.id).is_paid


def test_cancelling_goes_back_and_leaves_the_session_open(sandbox: SandboxWorld, browser: Browser) -> None:
    with catching() as shop:
        session = sandbox.session(cancel_url=shop.url)
        page = browser.new_page()
        page.goto(session.url)
        page.get_by_role("link", name="Cancel and go back").click()
        assert page.url == shop.url
        page.close()
    assert sandbox.gateway.checkout(session.id).status == "open"
