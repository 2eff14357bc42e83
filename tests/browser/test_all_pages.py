"""Every page as every audience sees it: open to everybody, within the policy, quiet, and in the reader's language."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.exceptions import HTTPException

from app.demo.cast import DEMO_PASSWORD
from tests import servers as running
from tests.browser.demo_site import Site, demo_site
from tests.browser.walk import Reader, Seen, log_in, walk
from tests.source import PROJECT

pytestmark = pytest.mark.browser

AUDIENCES = ("agency", "company", "finance", "operator", "both")
NOBODY = "nobody"
STARTS = ["/", "/ui", "/log-in", "/sign-up", "/nothing-here"]


@pytest.fixture(scope="module")
def site(
    servers: running.Servers, worker_number: int, app: Flask, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with demo_site(servers, worker_number, tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest.fixture(scope="module")
def seen(site: Site, browser: Browser, app: Flask) -> dict[tuple[str, str], Seen]:
    """What each audience saw, by audience and language."""
    found = {}
    for audience in (NOBODY, *AUDIENCES):
        cookies = (
            []
            if audience == NOBODY
            else log_in(browser, site.address, f"{audience}@floe.test", DEMO_PASSWORD)
        )
        for language in ("en", "uk"):
            context = browser.new_context(locale="en-GB")
            context.add_cookies(
                [*cookies, {"name": "floe_language", "value": language, "url": site.address}]  # type: ignore[list-item]
            )
            reader = Reader(context, site.address, lambda path: _endpoint(app, path), language)
            found[audience, language] = walk(reader, STARTS)
            context.close()
    return found


def _endpoint(app: Flask, path: str) -> str:
    try:
        endpoint, _values = app.url_map.bind("127.0.0.1").match(path.partition("?")[0])
    except HTTPException:
        return "missing"
    return str(endpoint)


def test_walk(seen: dict[tuple[str, str], Seen]) -> None:
    import json
    from pathlib import Path

    Path("/tmp/uk/seen.json").write_text(
        json.dumps(
            {
                " ".join(who): {
                    "endpoints": sorted(one.endpoints),
                    "pages": one.pages,
                    "complaints": one.complaints,
                    "barriers": one.barriers,
                    "words": {path: sorted(words) for path, words in one.words.items()},
                }
                for who, one in seen.items()
            },
            ensure_ascii=False,
        )
    )
