"""Every page as every audience sees it: open to everybody, within the policy, quiet, and in the reader's language."""

from collections.abc import Iterator
from functools import cache

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.exceptions import HTTPException

from app.demo.cast import DEMO_PASSWORD
from tests import servers as running
from tests.browser.demo_site import Site, demo_site
from tests.browser.english import english_in
from tests.browser.walk import Reader, Seen, log_in, walk
from tests.source import PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.fire]

AUDIENCES = ("nobody", "agency", "company", "finance", "operator", "both")
STARTS = {
    "nobody": [
        "/", "/ui", "/log-in", "/sign-up", "/nothing-here", "/dev/mail", "/docs/problems",
        "/confirm/x", "/reset/x", "/invitation/x", "/addressee/x",
    ],
    "company": ["/", "/addressee/confirm/x"],
}  # fmt: skip
"""Where a walk begins, beside the front page: what no page links to."""

NO_PAGES = frozenset({
    "static", "icons.sprite", "palette.find", "health.alive", "health.ready", "api_docs.document",
    "uploads.file_so_far", "upload_check.progress", "upload_offer.staging", "uploads.template", "wallet.top_up_state", "upload_check.rejected_rows", "purchases.download",
    "instructions.download", "instructions.public_download", "incoming.verify",
    "hosted_form.embed", "quick.who", "rechecks.progress", "list_uploads.progress",
})  # fmt: skip
"""Files, and parts of pages that scripts ask for."""

AFTER_A_DEED = {
    "basket.bought": "what was bought just now: test_main_job.py buys",
    "hosted_form.thanks": "after sending a form: test_hosted_form.py sends",
    "hosted_form.confirm": "a link in a mail to a stranger: test_hosted_form.py clicks it",
    "quick.setup": "shown where the menu leads until it is chosen what is typed in: tests/browser/quick looks at it",
    "upload_offer.publishing": "after price and consent are given: test_six_steps.py gives them",
    "dev_mail.mail": "one caught mail: the demo of this test sends none",
    "connection_bodies.download": "a file",
    "mail_rules.show": "the demo has no mail connection: test_mail_connection.py makes one",
    "list_uploads.show": "the demo's lists were typed in: test_suppression_file.py sends a file",
    "instructions.public": "behind a secret link: test_incoming.py makes one",
}
"""Pages that no link leads to."""

INVENTED = {"ui.components", "api_docs.docs", "api_docs.problems"}
"""The style guide's invented data and the API's own words are English in every language."""

UPLOADED_WORDS = {
    "Address", "Claimed temperature", "Language", "Time of the consent", "Time of the enquiry", "When", "Your own ID",
    "Region", "no", "yes",
}  # fmt: skip
"""The agency's file of the demo has English headings and values; they are shown as they are."""

LABELS_OF_SOURCES = {"E-mail"}
"""So an agency of the demo calls one of its sources; buyers see it."""

Walks = dict[tuple[str, str], Seen]


@pytest.fixture(scope="module")
def site(
    servers: running.Servers, worker_number: int, app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with demo_site(servers, worker_number, tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(scope="module")
def walks(site: Site, browser: Browser, app: Flask) -> Walks:
    """What each audience saw, in each language."""
    found = {}
    for audience in AUDIENCES:
        email = f"{audience}@floe.test"
        cookies = [] if audience == "nobody" else log_in(browser, site.address, email, DEMO_PASSWORD)
        for language in ("en", "uk"):
            context = browser.new_context(locale="en-GB")
            spoken = {"name": "floe_language", "value": language, "url": site.address}
            context.add_cookies([*cookies, spoken])  # type: ignore[list-item]
            reader = Reader(context, site.address, lambda path: _endpoint(app, path), language, NO_PAGES)
            found[audience, language] = walk(reader, STARTS.get(audience, ["/"]))
            context.close()
    return found


def _endpoint(app: Flask, path: str) -> str:
    try:
        endpoint, _values = app.url_map.bind("127.0.0.1").match(path.partition("?")[0])
    except HTTPException:
        return "missing"
    return str(endpoint)


def _of(walks: Walks, what: str) -> list[str]:
    return [
        f"{audience} ({language}) {one}"
        for (audience, language), seen in walks.items()
        for one in getattr(seen, what)
    ]


def test_no_page_has_a_barrier_in_the_light_or_in_the_dark(walks: Walks) -> None:
    assert _of(walks, "barriers") == []


def test_no_page_breaks_the_policy_or_complains(walks: Walks) -> None:
    assert _of(walks, "complaints") == []


def test_every_page_was_seen(walks: Walks, app: Flask) -> None:
    seen = set().union(*(one.endpoints for one in walks.values()))
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/v1/")
    }
    assert pages - seen - NO_PAGES - AFTER_A_DEED.keys() == set()


def test_in_ukrainian_no_english_is_left(walks: Walks, app: Flask) -> None:
    left = [
        (audience, path, text)
        for (audience, language), seen in walks.items()
        if language != "en"
        for path, texts in seen.words.items()
        if _endpoint(app, path) not in INVENTED
        for text in english_in(texts, language)
        if not _is_written_by_people(text, _endpoint(app, path))
    ]
    assert left == []


def _is_written_by_people(text: str, endpoint: str) -> bool:
    head, _, reason = text.partition(": ")
    is_uploaded = (
        endpoint.startswith("upload") and head in UPLOADED_WORDS and not list(english_in([reason], "uk"))
    )
    is_prose_of_the_demo = len(text.split()) > 2 and text in _demo()
    return is_uploaded or is_prose_of_the_demo or text in LABELS_OF_SOURCES


@cache
def _demo() -> str:
    folder = PROJECT / "app" / "demo"
    return " ".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.*")))


def test_the_check_of_the_language_sees_english() -> None:
    page = [
        "Ліди",
        "Choose a reason from the list.",
        "What the new page says is not known.",
        "Floe",
        "Anna Kowalska",
    ]
    assert list(english_in(page, "uk")) == page[1:3]
