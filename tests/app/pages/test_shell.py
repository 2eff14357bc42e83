"""The frame of the pages: links that stay here, a theme that is remembered, assets that are never stale."""

import re

import pytest
from flask import url_for
from flask.testing import FlaskClient

from app.pages import shell
from tests.app.face import face

SITE = face()


def at(query: str) -> str:
    return f"/ui?{query}"


def test_a_changed_argument_keeps_the_others_and_starts_the_pager_anew() -> None:
    with SITE.test_request_context(at("status=open&status=paid&sort=at&after=LE-1&before=LE-9")):
        assert shell.url_with(sort="-at") == "?status=open&status=paid&sort=-at"
        assert shell.url_with(status=None) == "?sort=at"
        assert shell.url_with(after="LE-2") == "?status=open&status=paid&sort=at&after=LE-2"


def test_a_filter_value_is_added_and_removed() -> None:
    with SITE.test_request_context(at("status=open&q=a%26b")):
        assert shell.url_toggle("status", "paid") == "?q=a%26b&status=open&status=paid"
        assert shell.url_toggle("status", "open") == "?q=a%26b"
        assert shell.url_toggle("status", "paid", many=False) == "?q=a%26b&status=paid"


def test_the_rest_of_the_query_goes_into_hidden_fields() -> None:
    with SITE.test_request_context(at("q=x&status=open&after=1")):
        assert shell.query_rest("q") == [("status", "open")]


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\nb"]
)
def test_a_redirect_never_leaves_this_site(target: str) -> None:
    assert shell.local_path(target) == "/"
    assert shell.local_path("/ui?a=1") == "/ui?a=1"


def post_theme(client: FlaskClient, chosen: str) -> str | None:
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/ui").get_data(as_text=True))
    assert token
    answer = client.post("/theme", data={"theme": chosen, "next": "/ui?a=1", "csrf_token": token[1]})
    assert (answer.status_code, answer.location) == (303, "/ui?a=1")
    return answer.headers.get("Set-Cookie")


def test_the_chosen_theme_is_on_the_next_page_at_once() -> None:
    client = SITE.test_client()
    assert "data-theme=" not in client.get("/ui").get_data(as_text=True)
    assert "floe_theme=dark" in (post_theme(client, "dark") or "")
    assert '<html lang="en" data-theme="dark">' in client.get("/ui").get_data(as_text=True)
    post_theme(client, "auto")
    assert "data-theme=" not in client.get("/ui").get_data(as_text=True)


def test_an_unknown_theme_changes_nothing() -> None:
    assert "floe_theme" not in (post_theme(SITE.test_client(), "pink") or "")


def test_the_theme_needs_the_token_of_a_form() -> None:
    assert SITE.test_client().post("/theme", data={"theme": "dark"}).status_code == 400


def test_an_asset_is_asked_for_by_its_content() -> None:
    with SITE.test_request_context("/"):
        assert shell.asset_url("app.css").startswith(url_for("static", filename="app.css") + "?v=")
        assert shell.asset_url("app.css") != shell.asset_url("app.js").replace("app.js", "app.css")
