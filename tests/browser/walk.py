"""Walks through all pages that a reader can reach by links, and notes what is wrong with each."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page

OF_A_ROUTE = 2
"""So many pages of one route are looked at, each with other names in its query while there are such."""

CONTRAST: dict[str, Any] = {
    "runOnly": {"type": "rule", "values": ["color-contrast"]},
    "resultTypes": ["violations"],
}

LINKS = """[...document.querySelectorAll("a[href]:not([download])")]
  .map(link => new URL(link.getAttribute("href"), location).href)"""
WORDS = """() => {
  const found = [], skipped = "script, style, code, pre, textarea, [translate=no]";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement.closest(skipped)) found.push(walker.currentNode.data);
  for (const name of ["title", "aria-label", "placeholder", "alt", "data-tip", "content"])
    for (const one of document.querySelectorAll(`[${name}]:not(meta:not([name=description]))`))
      found.push(one.getAttribute(name));
  return found.map(text => text.replace(/[ \\t\\n]+/g, " ").trim()).filter(text => text);
}"""


@dataclass
class Seen:
    """What one reader saw, and what was wrong with it."""

    endpoints: set[str] = field(default_factory=set)
    pages: int = 0
    complaints: list[str] = field(default_factory=list)
    barriers: list[str] = field(default_factory=list)
    words: dict[str, set[str]] = field(default_factory=dict)
    opening: str = ""


@dataclass(frozen=True)
class Reader:
    """Somebody with a browser that keeps their log-in."""

    context: BrowserContext
    site: str
    endpoint_of: Callable[[str], str]
    language: str
    files: frozenset[str]
    """Endpoints that are no pages: never opened."""


def log_in(browser: Browser, site: str, email: str, password: str) -> list[dict[str, str]]:
    """The cookies of somebody who logged in by the form."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/log-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.locator("form .btn-primary").click()
    page.wait_for_url(lambda address: "/log-in" not in address)
    cookies = [{"name": one["name"], "value": one["value"], "url": site} for one in context.cookies()]
    context.close()
    return cookies


def walk(reader: Reader, starts: list[str]) -> Seen:
    """Follow every link within the site, each kind of page a few times."""
    seen, waiting, known, looked = Seen(), list(starts), set(starts), Counter[tuple[str, ...]]()
    page = reader.context.new_page()
    _listen(page, seen)
    while waiting:
        path = waiting.pop(0)
        route = reader.endpoint_of(path)
        kind = (route, *sorted(parse_qs(urlsplit(path).query)))
        is_new = not looked[kind] if len(kind) > 1 else looked[kind] < OF_A_ROUTE
        if route in reader.files or not is_new or looked[route, "in all"] >= OF_A_ROUTE:
            continue
        looked.update([kind, (route, "in all")])
        if not _open(page, reader.site + path, seen, path not in starts):
            continue
        seen.endpoints.add(route)
        seen.pages += 1
        _look(page, path, seen, reader.language)
        for found in _links(page, reader.site):
            if found not in known:
                known.add(found)
                waiting.append(found)
    page.close()
    return seen


def _listen(page: Page, seen: Seen) -> None:
    def note(words: str) -> None:
        seen.complaints.append(f"{urlsplit(page.url).path}: {words}")

    def hear(line: ConsoleMessage) -> None:
        # a page may itself be an error; what it loads may not
        is_the_page = line.text.startswith("Failed to load resource") and line.location["url"] == seen.opening
        if line.type in ("error", "warning") and not is_the_page:
            note(line.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: note(str(error)))


def _open(page: Page, address: str, seen: Seen, is_linked: bool) -> bool:
    """Whether it is a page; a file that is offered for download is none. A link to an error is a complaint."""
    seen.opening = address
    try:
        answer = page.goto(address)
    except Error as error:
        if "ERR_ABORTED" in error.message or "Download is starting" in error.message:
            return False
        raise
    assert answer is not None, address
    if answer.status >= (400 if is_linked else 500):
        seen.complaints.append(f"{address} answers {answer.status}")
    return "text/html" in (answer.header_value("content-type") or "")


def _look(page: Page, path: str, seen: Seen, language: str) -> None:
    seen.words[path] = set(page.evaluate(WORDS))
    if language != "en":
        return
    seen.barriers += _barriers(page, f"{path} light", {"resultTypes": ["violations"]})
    page.emulate_media(color_scheme="dark")
    seen.barriers += _barriers(page, f"{path} dark", CONTRAST)
    page.emulate_media(color_scheme="light")


def _barriers(page: Page, where: str, options: dict[str, Any]) -> Iterator[str]:
    for found in Axe().run(page, options=options).response["violations"]:
        nodes = [(node["html"][:160], node.get("failureSummary", "")[:200]) for node in found["nodes"][:3]]
        yield f"{where}: {found['id']} {json.dumps(nodes)}"


def _links(page: Page, site: str) -> Iterator[str]:
    for link in page.evaluate(LINKS):
        parts = urlsplit(link)
        if f"{parts.scheme}://{parts.netloc}" == site:
            yield parts.path + (f"?{parts.query}" if parts.query else "")
