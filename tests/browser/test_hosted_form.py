"""A hosted form in a real browser on a phone: a person becomes a lead with consent and campaign, a program does not."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.leads.forms import forms
from app.mailcatcher import caught
from tenants.db import transaction
from tests.app.leads.forms.desk import leads, make_form
from tests.servers import Servers
from tests.under_fire.ground import LOCAL, Ground, free_port, ground, wait_until
from tests.world import PASSWORD, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]

PHONE = {"width": 390, "height": 844}
CAMPAIGN = "utm_source=google&utm_medium=cpc&utm_campaign=autumn&gclid=EAIa"


@dataclass
class Site:
    """Floe with its mail, and a published form of acme."""

    ground: Ground
    world: World
    home: Path

    def form(self, name: str = "Solar", **changes: Any) -> str:
        form_id = make_form(self.world.acme, name, **changes)
        with transaction(self.world.acme.id) as session:
            return f"{self.ground.address}/f/{forms.get(session, self.world.acme.id, form_id).slug}"


@pytest.fixture(scope="module")
def site(
    servers: Servers, worker_number: int, app: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    smtp, home = free_port(), tmp_path_factory.mktemp("forms")
    told = {"SMTP_HOST": LOCAL, "SMTP_PORT": str(smtp), "FLOE_HOME": str(home)}
    with ground(servers, worker_number, home, **told) as made:
        made.environment["FLOE_BASE_URL"] = made.address
        made.start("mail", "app.mailcatcher")
        made.start("fast", "app.worker", "fast")
        made.start_web()
        world = World()
        assert world.floe
        yield Site(made, world, home)


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="uk-UA")
    context.set_default_timeout(15_000)
    yield context
    context.close()


def _first_step(page: Page) -> None:
    page.get_by_label("Окремий будинок").check()
    page.get_by_label("Так", exact=True).check()
    page.get_by_role("button", name="Далі").click()
    expect(page.get_by_text("Крок 2 із 2")).to_be_visible()


def _second_step(page: Page, phone: str, email: str = "") -> None:
    page.get_by_label("Ваше ім’я").fill("Олена Коваль")
    page.get_by_label("Телефон").fill(phone)
    page.get_by_label("Електронна пошта").fill(email)
    page.get_by_label("Погоджуюсь").check()


def _is_clean(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]  # type: ignore[index]


def test_a_person_on_a_phone_becomes_a_lead_and_the_agency_sees_whence(
    site: Site, phone: BrowserContext, browser: Browser
) -> None:
    address = site.form()
    page = phone.new_page()
    heard: list[str] = []
    page.on("console", lambda line: heard.append(line.text) if line.type in ("error", "warning") else None)
    page.on("request", lambda request: heard.append(request.url) if LOCAL not in request.url else None)
    page.goto(f"{address}?{CAMPAIGN}")
    _is_clean(page)
    page.get_by_role("button", name="Далі").click()
    expect(page.get_by_role("alert")).to_contain_text("Перегляньте, будь ласка, позначені відповіді.")
    _is_clean(page)
    _first_step(page)
    _is_clean(page)
    _second_step(page, "12")
    page.get_by_role("button", name="Надіслати").click()
    expect(page.get_by_text("Перевірте, будь ласка, номер телефону.")).to_be_visible()
    expect(page.get_by_label("Ваше ім’я")).to_have_value("Олена Коваль")
    page.get_by_label("Телефон").fill("067 123 45 67")
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Надіслати").dblclick()
    expect(page.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    _is_clean(page)
    assert phone.cookies() == []
    assert [line for line in heard if "422" not in line] == []
    found = [lead for lead in leads(site.world.acme) if lead.sub_id == "autumn"]
    assert [lead.language for lead in found] == ["uk"]
    agency = _agency(browser, site)
    agency.goto(f"{site.ground.address}/leads")
    agency.goto(f"{site.ground.address}/leads/{found[0].id}")
    for words in ("Solar, version 1", "autumn", "EAIa", "Solar form"):
        expect(agency.locator("main")).to_contain_text(words)
    agency.context.close()


def _agency(browser: Browser, site: Site) -> Page:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{site.ground.address}/log-in")
    page.get_by_label("E-mail").fill(site.world.acme.owner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    return page


def test_the_way_back_keeps_the_answers_and_makes_no_second_lead(site: Site, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(site.form("Back"))
    _first_step(page)
    _second_step(page, "050 111 22 33")
    page.go_back()
    expect(page.get_by_label("Окремий будинок")).to_be_checked()
    page.go_forward()
    expect(page.get_by_text("Крок 2 із 2")).to_be_visible()
    _second_step(page, "050 111 22 33")
    page.get_by_role("button", name="Назад").click()
    expect(page.get_by_label("Окремий будинок")).to_be_checked()
    page.get_by_role("button", name="Далі").click()
    expect(page.get_by_label("Телефон")).to_have_value("050 111 22 33")
    page.wait_for_timeout(2_000)
    page.get_by_role("button", name="Надіслати").click()
    expect(page.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    before = len(leads(site.world.acme))
    page.go_back()
    page.get_by_role("button", name="Надіслати").click()
    expect(page.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    assert len(leads(site.world.acme)) == before


def test_without_javascript_everything_works(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, locale="uk-UA")
    page = context.new_page()
    page.goto(site.form("Plain"))
    _first_step(page)
    _second_step(page, "050 222 33 44")
    page.wait_for_timeout(2_000)
    page.get_by_label("Телефон").press("Enter")
    expect(page.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    context.close()


def test_the_click_in_the_mail_makes_the_lead(site: Site, phone: BrowserContext) -> None:
    required = frozenset({"name", "phone", "email"})
    page = phone.new_page()
    page.goto(site.form("Mail", has_double_opt_in=True, required=required))
    _first_step(page)
    _second_step(page, "050 333 44 55", "olena.koval@example.com")
    page.wait_for_timeout(2_000)
    before = len(leads(site.world.acme))
    page.get_by_role("button", name="Надіслати").click()
    expect(page.get_by_text("відкрийте лист")).to_be_visible()
    assert wait_until(lambda: bool(caught(site.home)), 30)
    assert len(leads(site.world.acme)) == before
    [letter] = caught(site.home)
    assert letter.to == ("olena.koval@example.com",)
    page.goto(letter.links[0])
    _is_clean(page)
    page.get_by_role("button", name="Підтвердити").click()
    expect(page.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    assert len(leads(site.world.acme)) == before + 1


def test_programs_make_no_lead(site: Site, phone: BrowserContext) -> None:
    address, before = site.form("Bots"), len(leads(site.world.acme))
    page = phone.new_page()
    page.goto(address)
    trap = page.locator(".apart input")
    expect(trap).not_to_be_in_viewport()
    trap.evaluate("one => one.value = 'http://pills.example'")
    page.get_by_role("button", name="Далі").click()
    expect(page.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    page.goto(address)
    _first_step(page)
    carried = page.locator("[name=carried]").input_value()
    told = {"carried": carried, "do": "send", "name": "Bot", "phone": "0509998877", "agreed": "1"}
    answer = phone.request.post(address, form=told)
    assert "Це було дуже швидко" in answer.text()
    page.wait_for_timeout(2_000)
    for number in range(3):
        phone.request.post(address, form={**told, "phone": f"050999887{number}"})
    assert len(leads(site.world.acme)) == before + 1, "a page is one lead, however often it is replayed"


def test_another_site_shows_it_as_high_as_it_is(site: Site, phone: BrowserContext, tmp_path: Path) -> None:
    address = site.form("Embedded")
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.html").write_text(f'<title>Acme</title><script src="{address}/embed.js" async></script>')
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer((LOCAL, 0), partial(quiet, directory=str(other)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = phone.new_page()
    page.goto(f"http://{LOCAL}:{server.server_port}/?utm_campaign=framed")
    frame = page.frame_locator("iframe")
    frame.get_by_label("Окремий будинок").check()
    inner = frame.locator("html").evaluate("one => one.offsetHeight")
    assert abs(int(page.locator("iframe").get_attribute("height") or 0) - inner) <= 1
    frame.get_by_label("Так", exact=True).check()
    frame.get_by_role("button", name="Далі").click()
    frame.get_by_label("Ваше ім’я").fill("Олена")
    frame.get_by_label("Телефон").fill("050 444 55 66")
    frame.get_by_label("Погоджуюсь").check()
    page.wait_for_timeout(2_000)
    frame.get_by_role("button", name="Надіслати").click()
    expect(frame.get_by_role("heading", name="Дякуємо!")).to_be_visible()
    [lead] = [lead for lead in leads(site.world.acme) if lead.sub_id == "framed"]
    assert lead.consent_origin == f"http://{LOCAL}:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_builder_works_by_buttons_and_shows_a_preview(site: Site, browser: Browser) -> None:
    address = site.form("Built")
    page = _agency(browser, site)
    page.goto(f"{site.ground.address}/forms")
    page.get_by_role("link", name="Built").click()
    _is_clean(page)
    page.get_by_role("link", name="Change").click()
    _is_clean(page)
    preview = page.frame_locator("iframe[name=preview]")
    expect(preview.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_label("One more question").select_option("region")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Begin a new step with: Region").click()
    expect(page.get_by_role("group", name="Step 3")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".subtitle")).to_contain_text("version 2")
    page.goto(f"{address}?lang=uk")
    expect(page.get_by_text(re.compile("Крок 1 із 3"))).to_be_visible()
    page.context.close()
