"""The six steps of an upload in a real browser, in English and in Ukrainian: a Windows-1251 file with title rows, a fix
of many rows, the file of rejects mended and sent back, publishing, pausing, undoing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.leads.uploads import HEADERS, Desk, Person, people
from tests.browser.agency_site import Site, log_in, look

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]
SLOW_WORKERS = 2

SAID = {
    "en": ("8 leads are published.", "8 leads are withdrawn"),
    "uk": ("8 лідів опубліковано.", "8 лідів відкликано."),
}
"""What the pages say at the end."""
LAYOUT = {"encoding": "cp1251", "delimiter": ";", "header_row": "4"}
"""What is recognised of the file."""


def messy_file(start: int) -> bytes:
    """Three title rows, semicolons, Windows-1251; five good rows, two that can be put right, one to mend by hand.

    Its headings are its own: what was said of the values of another file is not remembered for it.
    """
    rows = [
        *people(5, start),
        Person(start + 5, property_type="Хата"),
        Person(start + 6, phone=f"067 {start} 45 6О", email=""),
        Person(start + 7, phone="17", email=""),
    ]
    lines = ["Звіт за листопад", "Агенція «Acme»;;", "", ";".join([*HEADERS[:-1], f"Comment {start}"])]
    lines += [";".join(row.row()) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode("cp1251")


def tile(page: Page, place: int) -> str:
    return page.locator(".kpis .kpi").nth(place).locator(".kpi-value").inner_text()


def checked(page: Page) -> None:
    """Wait for the check, by the page alone."""
    page.wait_for_url(re.compile("/check$"))
    page.wait_for_function("() => !document.querySelector('#check progress')")
    if page.locator("#check .note a").count():
        page.locator("#check .note a").click()
    page.locator("a.btn-primary[href$='/offer']").wait_for()


def sent(page: Page, button: str) -> None:
    """Press a button of this page and wait for what comes instead of it: another page, or a new middle of this one."""
    page.evaluate("document.querySelector('#main > *').dataset.before = ''")
    page.locator(button).click()
    page.locator("[data-before]").wait_for(state="detached")


def send(page: Page, desk: Desk, file: Path, name: str) -> None:
    """Steps one to three: the file, how it is read, its columns."""
    page.goto("/uploads/new")
    look(page, f"{name}-1-file")
    _receive(page, desk, file)
    chosen = {one: page.locator(f"select[name={one}]").input_value() for one in LAYOUT}
    assert chosen == LAYOUT
    look(page, f"{name}-2-headers")
    page.locator("a.btn-primary[href$='/columns']").click()
    page.wait_for_url(re.compile("/columns$"))
    look(page, f"{name}-3-columns")
    page.locator("button[form=columns]").click()
    checked(page)


def put_right(page: Page, rejects: Path, start: int, name: str) -> None:
    """Step four: two rows at once, and the last by hand."""
    assert [tile(page, place) for place in range(4)] == ["8", "5", "0", "3"]
    pictures(page, f"{name}-4-check")
    page.locator("[name=repair-phone]").check()
    page.locator("select[name^=value-property_type]").select_option("detached")
    sent(page, "form[action$='/fixes'] button[type=submit]")
    checked(page)
    assert tile(page, 1) == "7"
    with page.expect_download() as download:
        page.locator("a.btn[href$='rejects.csv']").click()
    download.value.save_as(rejects)
    rejects.write_text(rejects.read_text("utf-8-sig").replace(";17;", f";+38067{start}9911;"), "utf-8")
    page.locator("input[name=corrected]").set_input_files(rejects)
    sent(page, "form[action$='/corrected'] button[type=submit]")
    checked(page)
    look(page, f"{name}-4-mended")
    assert tile(page, 1) == "8"


def offer(page: Page, name: str) -> None:
    """Steps five and six."""
    page.locator("a.btn-primary[href$='/offer']").click()
    page.wait_for_url(re.compile("/offer$"))
    page.locator("[name=shared_minor]").fill("20")
    pictures(page, f"{name}-5-offer")
    page.locator("button[form=offer]").click()
    page.wait_for_url(re.compile("/publish$"))
    look(page, f"{name}-6-publish")
    page.locator("form[action$='/publish'] button").click()


@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_messy_file_becomes_leads_and_is_taken_back(
    site: Site, browser: Browser, tmp_path: Path, language: str
) -> None:
    published, undone = SAID[language]
    desk, start = site.desk, 100 if language == "en" else 200
    file = tmp_path / "звіт.csv"
    file.write_bytes(messy_file(start))
    context = browser.new_context(base_url=site.ground.address, locale=language, accept_downloads=True)
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "floe_language", "value": language, "url": site.ground.address}])
    page = context.new_page()
    log_in(page, desk)
    send(page, desk, file, language)
    put_right(page, tmp_path / "rejects.csv", start, language)
    offer(page, language)
    expect(page.get_by_text(published)).to_be_visible()
    look(page, f"{language}-7-published")
    page.locator("form[action$='/pause'] button").click()
    page.locator("form[action$='/resume'] button").click()
    page.locator("form[action$='/pause'] button").wait_for()
    page.locator("button[commandfor=undo]").click()
    page.locator("form[action$='/undo'] .btn-danger").click()
    expect(page.get_by_text(undone).first).to_be_visible()
    context.close()


def typed_file(start: int) -> bytes:
    """Full names, two columns of phones, sixty names for a house that nobody knows."""
    heading = [*HEADERS, "Phone 2", f"Note {start}"]
    rows = []
    for number in range(60):
        row = Person(start + number, property_type=f"Дім {number}").row()
        row[1] = ("Петренко Олена Іванівна", "Шевчук Тарас Петрович", "Nowak Anna")[number % 3]
        rows.append(";".join([*row, f"+38050{start + number:07d}", "передзвонити"]))
    return "\r\n".join([";".join(heading), *rows]).encode("cp1251")


def pictures(page: Page, name: str) -> None:
    """As `look`, in the light, in the dark and on a phone."""
    look(page, name)
    page.emulate_media(color_scheme="dark")
    look(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    look(page, f"{name}-phone")
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.parametrize("language", ["en", "uk"])
def test_the_columns_follow_what_is_chosen(
    site: Site, browser: Browser, tmp_path: Path, language: str
) -> None:
    desk, start = site.desk, 5_000 if language == "en" else 6_000
    file = tmp_path / "typed.csv"
    file.write_bytes(typed_file(start))
    page = _newcomer(site, browser, language)
    _receive(page, desk, file)
    page.goto(page.url.replace("/headers", "/columns"))
    assert page.locator("select[name=order-1]").input_value() == "last_first_patronymic"
    page.locator("select[name=column-5]").select_option("property_type")
    values = page.locator("li[data-values]", has=page.locator("select[name=column-5]")).locator(".meanings")
    expect(values.locator(".meaning-list li")).to_have_count(50)
    values.locator("[data-find]").fill("Дім 59")
    expect(values.locator(".meaning-list li")).to_have_count(1)
    values.locator("select").select_option("detached")
    values.locator("[data-find]").fill("Дім 58")
    expect(values.locator(".meaning-list li")).to_have_count(2)
    values.locator("select").nth(1).select_option("!")
    page.locator("select[name=column-12]").select_option("contact_2_phone")
    page.locator("select[name=column-13]").select_option("")
    pictures(page, f"{language}-columns")
    page.locator("select[name=column-8]").select_option("")
    page.locator("button[form=columns]").click()
    page.locator(".note-bad li").first.wait_for()
    pictures(page, f"{language}-columns-refused")
    assert values.locator(".score-info").count() == 2, "what was said of values is kept in the page"
    page.locator("select[name=column-8]").select_option("enquired_at")
    page.locator("button[form=columns]").click()
    checked(page)
    assert [tile(page, place) for place in (0, 1, 3)] == ["60", "1", "59"]
    look(page, f"{language}-check")
    page.context.close()


def _newcomer(site: Site, browser: Browser, language: str) -> Page:
    """Somebody of the agency with a browser of their own, logged in."""
    context = browser.new_context(
        base_url=site.ground.address, locale=language, viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": "floe_language", "value": language, "url": site.ground.address}])
    page = context.new_page()
    log_in(page, site.desk)
    return page


def _receive(page: Page, desk: Desk, file: Path) -> None:
    page.goto("/uploads/new")
    page.locator("input[type=file]").set_input_files(file)
    page.locator("select[name=vertical]").select_option("home_solar")
    page.locator("select[name=source_id]").select_option(str(desk.source_id))
    page.locator("select[name=country]").select_option("UA")
    page.locator("select[name=consent_text_id]").select_option(str(desk.consent_text_id))
    page.locator("form.upload .btn-primary").click()
    page.wait_for_url(re.compile("/headers$"))
