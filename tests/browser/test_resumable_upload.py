"""A large file in a real browser: the network goes, the page is reloaded, the server dies, and every byte arrives once."""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect
from playwright.sync_api import TimeoutError as Late

from tests.app.leads.uploads import Desk, csv_of, people
from tests.browser.agency_site import Site, log_in, look_in_both
from tests.under_fire.ground import rows
from tests.world import Party, make_member

pytestmark = [
    pytest.mark.browser,
    pytest.mark.committed,
    pytest.mark.fire,
    pytest.mark.usefixtures("doors_of_the_site"),
]
SLOW_WORKERS = 0

MB = 1024 * 1024
SIZE = 30 * MB
SLICE_SECONDS = 0.4
PATIENCE = 60_000
"""In milliseconds: the machine may be busy."""

LEFT_OVER = """
SELECT count(*) FROM file_slice s JOIN file_upload u ON u.tenant_id = s.tenant_id AND u.id = s.upload_id
WHERE u.made_id IS NOT NULL
"""


@dataclass
class Person:
    """Somebody at the page of a new upload, with a file of 30 MB nobody sent before."""

    context: BrowserContext
    page: Page
    desk: Desk
    file: Path
    offsets: list[int] = field(default_factory=list)
    """Where the slices began that this page sent."""

    def __post_init__(self) -> None:
        self.watch(self.page)

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.file.read_bytes()).digest()

    def watch(self, page: Page) -> None:
        page.on("request", self._note)

    def slow_down(self, page: Page | None = None) -> None:
        """Every slice takes its time, so that there is a middle in which to break something."""

        def hold(route: Route) -> None:
            time.sleep(SLICE_SECONDS)
            route.continue_()

        (page or self.page).route("**/slices/*", hold)

    def speed_up(self) -> None:
        self.page.unroute("**/slices/*")

    def choose(self, page: Page | None = None) -> None:
        (page or self.page).locator("input[type=file]").set_input_files(self.file)

    def fill(self, page: Page | None = None) -> None:
        at = page or self.page
        at.locator("select[name=vertical]").select_option("home_solar")
        at.locator("select[name=source_id]").select_option(str(self.desk.source_id))
        at.locator("select[name=consent_text_id]").select_option(str(self.desk.consent_text_id))

    def send_form(self, page: Page | None = None) -> None:
        (page or self.page).locator("form.upload .btn-primary").click()

    def reach(self, share: float, page: Page | None = None) -> None:
        bar = "document.querySelector('[data-slices] progress')"
        (page or self.page).wait_for_function(f"() => {bar}.value >= {share}")

    def batches(self) -> list[str]:
        """The batches of exactly this file."""
        return [
            str(row["id"]) for row in rows("SELECT id FROM batch WHERE file_hash = :hash", hash=self.digest)
        ]

    def _note(self, request: Request) -> None:
        if request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))


@pytest.fixture
def person(site: Site, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Person]:
    language = getattr(request, "param", "en")
    context = browser.new_context(base_url=site.ground.address, locale=language)
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": "floe_language", "value": language, "url": site.ground.address}])
    file = tmp_path / "листопад.csv"
    rows_of_people = csv_of(people(1_000))
    own = f"# {tmp_path}".encode() + b"\n"
    file.write_bytes(own + rows_of_people * (SIZE // len(rows_of_people)))
    page = context.new_page()
    somebody = Party(site.desk.agency.card, make_member(site.desk.agency.card, "manager"))
    log_in(page, Desk(somebody))
    page.goto("/uploads/new")
    yield Person(context, page, site.desk, file)
    context.close()


def arrives(person: Person) -> None:
    """The next step opens, and the batch is exactly the file."""
    try:
        person.page.wait_for_url(re.compile("/headers$"), timeout=PATIENCE)
    except Late as late:
        raise AssertionError(person.page.locator("#main").inner_text()) from late
    assert len(person.batches()) == 1
    assert rows(LEFT_OVER)[0]["count"] == 0


@pytest.mark.parametrize("person", ["en", "uk"], indirect=True)
def test_the_network_goes_and_comes_back(person: Person, request: pytest.FixtureRequest) -> None:
    language = request.node.callspec.params["person"]
    look_in_both(person.page, f"upload-{language}-1-empty")
    person.slow_down()
    person.choose()
    person.reach(0.3)
    person.context.set_offline(True)
    lost = {"en": "The connection is gone. It goes on by itself.", "uk": "Зв’язок зник. Продовжиться само."}[
        language
    ]
    expect(person.page.locator("[data-slices-state]")).to_have_text(lost, timeout=PATIENCE)
    look_in_both(person.page, f"upload-{language}-2-lost")
    person.page.set_viewport_size({"width": 380, "height": 800})
    look_in_both(person.page, f"upload-{language}-3-phone")
    person.fill()
    person.send_form()
    person.page.evaluate("document.querySelector('form.upload').requestSubmit()")
    person.speed_up()
    person.context.set_offline(False)
    arrives(person)
    assert person.offsets.count(0) == 1


def test_the_page_is_reloaded(person: Person) -> None:
    person.slow_down()
    person.choose()
    person.reach(0.4)
    person.page.reload()
    expect(person.page.locator(".begun li")).to_contain_text("листопад.csv")
    look_in_both(person.page, "upload-en-4-reloaded")
    before = len(person.offsets)
    person.choose()
    person.reach(0.99)
    assert min(person.offsets[before:]) >= 8 * MB, "what had arrived is not sent again"
    expect(person.page.locator(".begun li")).to_have_count(0)
    person.fill()
    person.send_form()
    arrives(person)


def test_the_server_dies(person: Person, site: Site) -> None:
    person.slow_down()
    person.choose()
    person.fill()
    person.reach(0.3)
    site.ground.kill("web")
    person.page.wait_for_timeout(1_500)
    site.ground.start_web()
    person.speed_up()
    person.send_form()
    arrives(person)
    assert person.offsets.count(0) == 1


def test_two_tabs_make_one_batch(person: Person) -> None:
    other = person.context.new_page()
    person.watch(other)
    other.goto("/uploads/new")
    for page in (person.page, other):
        person.choose(page)
        person.fill(page)
    for page in (person.page, other):
        page.evaluate("document.querySelector('form.upload').requestSubmit()")
    for page in (person.page, other):
        page.wait_for_url(re.compile("/headers$"))
    assert len(person.batches()) == 1
    assert person.page.url == other.url


def test_a_tab_that_still_sends_goes_where_the_one_that_finished_went(person: Person) -> None:
    other = person.context.new_page()
    person.watch(other)
    other.goto("/uploads/new")
    person.slow_down()
    for page in (person.page, other):
        person.choose(page)
        person.fill(page)
    person.send_form(other)
    person.send_form()
    for page in (other, person.page):
        page.wait_for_url(re.compile("/headers$"))
    assert len(person.batches()) == 1
    assert person.page.url == other.url


SLOW_DISK = """() => {
  const read = Blob.prototype.arrayBuffer;
  Blob.prototype.arrayBuffer = async function () {
    await new Promise((done) => setTimeout(done, 1000));
    return read.call(this);
  };
}"""


def test_what_is_being_read_when_somebody_pauses_is_not_sent(person: Person) -> None:
    page = person.page
    page.evaluate(SLOW_DISK)
    person.choose()
    person.reach(0.1)
    page.locator("[data-slices-pause]").press("Enter")
    sent = len(person.offsets)
    page.wait_for_timeout(2_000)
    assert len(person.offsets) == sent
    page.locator("[data-slices-pause]").press("Enter")
    person.fill()
    person.send_form()
    arrives(person)


def test_it_is_paused_gone_on_with_refused_and_removed(person: Person) -> None:
    page = person.page
    person.slow_down()
    person.choose()
    person.reach(0.2)
    page.locator("[data-slices-pause]").press("Enter")
    expect(page.locator("[data-slices-state]")).to_have_text("Paused")
    sent = len(person.offsets)
    page.wait_for_timeout(1_000)
    assert len(person.offsets) == sent
    look_in_both(page, "upload-en-5-paused")
    person.speed_up()
    page.locator("[data-slices-pause]").press("Enter")
    person.reach(1)
    expect(page.locator("[data-slices-state]")).to_have_text("The file is here")
    page.locator("select[name=vertical]").evaluate("one => one.required = false")
    page.locator("select[name=source_id]").select_option(str(person.desk.source_id))
    person.send_form()
    expect(page.locator("form.upload [role=alert]")).to_be_visible()
    expect(page.locator("form.upload .note-ok")).to_contain_text("is here already")
    look_in_both(page, "upload-en-6-refused")
    person.fill()
    person.send_form()
    arrives(person)
    page.goto("/uploads/new")
    person.choose()
    person.reach(0.5)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.locator("[data-slices-remove]").click()
    expect(page.locator("[data-slices]")).to_be_hidden()
    page.reload()
    expect(page.locator(".begun")).to_have_count(0)
