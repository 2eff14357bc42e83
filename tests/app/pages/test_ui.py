"""The design system's page and the refusal pages render whole, in every language, without anything inline."""

from html.parser import HTMLParser

import pytest
from flask import flash, render_template
from flask_babel import force_locale

from tests.app.face import face

SITE = face()


class Outline(HTMLParser):
    """Ids, headings, inline things and references of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.wanted: set[str] = set()
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.inline += [
            name for name in found if name == "style" or (name.startswith("on") and len(name) > 2)
        ]
        for name in (
            "for",
            "aria-labelledby",
            "aria-describedby",
            "popovertarget",
            "commandfor",
            "aria-controls",
        ):
            self.wanted |= set((found.get(name) or "").split())


def test_the_page_of_components_is_whole() -> None:
    answer = SITE.test_client().get("/ui?status=pending&from=2026-11-01&mine=1")
    assert answer.status_code == 200
    page = Outline(answer.get_data(as_text=True))
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))
    assert page.wanted - set(page.ids) == set()
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("language", ["en", "uk", "pl", "ru"])
def test_every_refusal_has_a_page_with_a_sentence(status: int, language: str) -> None:
    with SITE.test_request_context("/"), force_locale(language):
        page = render_template("errors/error.html", status=status)
    assert f'<html lang="{language}">' in page
    assert '<p class="subtitle"></p>' not in page
    assert Outline(page).tags.count("h1") == 1


def test_a_refusal_shows_its_own_message_and_the_fields() -> None:
    with SITE.test_request_context("/"):
        page = render_template(
            "errors/error.html",
            status=422,
            message="The price is <low>.",
            details={"fields": {"price": ["Too low."]}},
        )
    assert "The price is &lt;low&gt;." in page
    assert "Too low." in page


def test_flash_messages_become_toasts_with_undo() -> None:
    with SITE.test_request_context("/"):
        flash("Saved", "ok")
        flash({"text": "Withdrawn", "undo": "/batches/1/undo"}, "ok")
        flash("Old category", "message")
        page = render_template("plain.html")
    assert page.count("data-toast") == 3
    assert 'action="/batches/1/undo"' in page
    assert "toast-info" in page
