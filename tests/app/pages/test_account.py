"""Coming in: signing up, logging in and out, forgotten passwords, invitations, several organisations."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.guard import COOKIE
from app.pages import session_cookie
from tenants import invitations, letters
from tenants.db import transaction
from tests.app.pages.visitor import Visitor
from tests.tenants.post_box import posted
from tests.world import PASSWORD, World, make_member, make_person

NEW_PASSWORD = "thin ice near the shore"
FORM = {
    "kind": "company",
    "tenant_name": "Dune Energy",
    "country": "UA",
    "person_name": "Olena Hnatiuk",
    "email": "olena@dune.example",
    "password": NEW_PASSWORD,
}


def cookie(visitor: Visitor) -> str | None:
    found = visitor.client.get_cookie(COOKIE)
    return found.value if found else None


def invite(world: World, email: str) -> str:
    """Invites an agent into bolt; gives the path of the mailed link."""
    with transaction(world.bolt.id) as session:
        invitations.invite(session, world.bolt.owner, email, "agent")
    return letters.INVITATION_PATH + posted(email)[-1].token(letters.INVITATION_PATH)


def test_a_newcomer_signs_up_confirms_and_logs_in(visitor: Visitor) -> None:
    visitor.open("/sign-up")
    visitor.submit("/sign-up", **FORM)
    assert (visitor.status, "Look into your mailbox" in visitor.words) == (200, True)
    link = letters.CONFIRM_PATH + posted("olena@dune.example")[0].token(letters.CONFIRM_PATH)
    for _ in range(2):
        assert "Yes, this address is mine" in visitor.open(link), "opening a link must not use it up"
    visitor.submit(link)
    assert "Your address is confirmed" in visitor.words
    visitor.log_in("olena@dune.example", NEW_PASSWORD, "/settings/organisation")
    assert "Dune Energy" in visitor.words
    assert 'value="Europe/Kyiv" selected' in visitor.page


def test_a_known_address_gets_the_same_answer(visitor: Visitor) -> None:
    visitor.submit("/sign-up", **FORM)
    first = visitor.words
    visitor.submit("/sign-up", **FORM)
    assert visitor.words == first


def test_wrong_fields_are_marked_and_what_was_typed_stays(visitor: Visitor) -> None:
    visitor.submit("/sign-up", **{**FORM, "password": "short", "country": ""})
    assert visitor.status == 422
    assert "Use at least 12 characters." in visitor.words
    assert "Choose a country from the list." in visitor.words
    assert 'value="Dune Energy"' in visitor.page
    assert "short" not in visitor.page
    assert visitor.page.count('aria-invalid="true"') == 2
    visitor.submit("/sign-up")
    assert visitor.status == 422


def test_a_used_up_link_says_so(visitor: Visitor) -> None:
    visitor.submit("/sign-up", **FORM)
    link = letters.CONFIRM_PATH + posted()[0].token(letters.CONFIRM_PATH)
    visitor.submit(link)
    visitor.submit(link)
    assert (visitor.status, "does not work any more" in visitor.words) == (410, True)


def test_a_form_without_the_token_of_its_page_is_refused(client: FlaskClient) -> None:
    assert client.post("/sign-up", data=FORM).status_code == 400
    assert not posted()


def test_the_cookie_is_for_the_server_only_and_changes_with_every_log_in(
    world: World, visitor: Visitor
) -> None:
    visitor.submit("/log-in", follow=False, email=world.bolt.owner.email, password=PASSWORD)
    assert visitor.answer is not None
    header = next(line for line in visitor.answer.headers.getlist("Set-Cookie") if line.startswith(COOKIE))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Expires" not in header
    assert "Secure" not in header
    first = cookie(visitor)
    visitor.submit("/log-in", follow=False, email=world.bolt.owner.email, password=PASSWORD)
    assert cookie(visitor) not in (first, None)


def test_the_cookie_never_travels_unencrypted_where_the_site_speaks_https(
    app: Flask, world: World, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe = replace(app.config["FLOE"], base_url="https://floe.example")
    monkeypatch.setitem(app.config, "FLOE", safe)
    visitor.submit("/log-in", follow=False, email=world.bolt.owner.email, password=PASSWORD)
    assert visitor.answer is not None
    assert any("Secure" in line for line in visitor.answer.headers.getlist("Set-Cookie") if COOKIE in line)


def test_a_wrong_password_is_told_in_one_sentence_and_opens_nothing(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email, "wrong password")
    assert (visitor.status, cookie(visitor)) == (403, None)
    assert "The e-mail address or the password is wrong." in visitor.words
    assert f'value="{world.bolt.owner.email}"' in visitor.page
    assert "wrong password" not in visitor.page


def test_too_many_attempts_are_told_how_long_to_wait(world: World, visitor: Visitor) -> None:
    for _ in range(5):
        visitor.log_in(world.bolt.owner.email, "wrong password")
    visitor.log_in(world.bolt.owner.email)
    assert visitor.status == 429
    assert visitor.answer is not None
    assert 0 < int(visitor.answer.headers["Retry-After"]) <= 61


def test_who_asks_for_a_page_logs_in_first_and_arrives_there(world: World, visitor: Visitor) -> None:
    visitor.open("/settings/members")
    assert visitor.answer is not None
    assert visitor.answer.request.path == "/log-in"
    onward = re.search(r"next=([^&\s]+)", visitor.answer.request.query_string.decode())
    assert onward
    visitor.log_in(world.bolt.owner.email, onward=onward[1])
    assert visitor.answer.request.path == "/settings/members"
    visitor.open("/log-in?next=/settings/keys")
    assert visitor.answer.request.path == "/settings/keys"


def test_a_log_in_never_leads_to_another_site(world: World, visitor: Visitor) -> None:
    visitor.open("/log-in")
    path = "/log-in?next=https://evil.example/"
    visitor.submit(path, follow=False, email=world.bolt.owner.email, password=PASSWORD)
    assert visitor.answer is not None
    assert visitor.answer.location == "/"


def test_after_logging_out_the_old_cookie_opens_nothing(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email)
    kept = cookie(visitor)
    assert kept
    visitor.submit("/log-out")
    assert cookie(visitor) is None
    visitor.client.set_cookie(COOKIE, kept)
    visitor.open("/settings/person")
    assert visitor.answer is not None
    assert visitor.answer.request.path == "/log-in"


def test_a_forgotten_password_is_set_anew_by_mail(world: World, visitor: Visitor) -> None:
    email = world.bolt.owner.email
    visitor.open("/forgot")
    visitor.submit("/forgot", email=email)
    known = visitor.words.replace(email, "")
    visitor.submit("/forgot", email="nobody@example.com")
    assert visitor.words.replace("nobody@example.com", "") == known
    visitor.submit("/forgot", email="nonsense")
    assert visitor.status == 422
    link = letters.RESET_PATH + posted(email)[0].token(letters.RESET_PATH)
    visitor.open(link)
    visitor.submit(link, password="short")
    assert (visitor.status, "Use at least 12 characters." in visitor.words) == (422, True)
    visitor.submit(link, password=NEW_PASSWORD)
    assert "Your new password is set" in visitor.words
    assert "Bolt Energy" in visitor.log_in(email, NEW_PASSWORD)
    visitor.open(link)
    assert visitor.status == 410


def test_an_invited_newcomer_makes_an_account_and_is_in(world: World, visitor: Visitor) -> None:
    link = invite(world, "zoe@example.com")
    visitor.open(link)
    assert "Join Bolt Energy" in visitor.words
    visitor.submit(link, name="", password=NEW_PASSWORD)
    assert (visitor.status, "Please fill this in." in visitor.words) == (422, True)
    visitor.submit(link, follow=False, name="Zoe", password=NEW_PASSWORD)
    assert cookie(visitor)
    assert "Zoe" in visitor.open("/settings/person")
    visitor.submit("/log-out")
    visitor.open(link)
    assert visitor.status == 410


def test_an_invited_person_with_an_account_logs_in_and_joins(world: World, visitor: Visitor) -> None:
    make_person("Zoe", "zoe@example.com")
    link = invite(world, "zoe@example.com")
    visitor.open(link)
    assert "You have an account with zoe@example.com already" in visitor.words
    assert f"/log-in?next={link}" in visitor.page
    before = visitor.log_in("zoe@example.com", onward=link)
    assert "Make the account" not in before
    old = cookie(visitor)
    visitor.submit(link, follow=False)
    assert cookie(visitor) not in (old, None)
    assert "Bolt Energy" in visitor.open("/settings/person")


def test_an_invitation_is_no_use_to_somebody_else(world: World, visitor: Visitor) -> None:
    link = invite(world, "zoe@example.com")
    visitor.log_in(world.acme.owner.email, onward=link)
    assert "This invitation is for zoe@example.com" in visitor.words
    visitor.submit(link)
    assert visitor.status == 403


def test_a_person_of_several_organisations_goes_over_with_a_new_cookie(
    world: World, visitor: Visitor
) -> None:
    person = make_person("Both", "both@example.com")
    make_member(world.acme.card, "owner", person=person)
    make_member(world.bolt.card, "agent", person=person)
    visitor.log_in(person.email, onward="/organisations")
    assert {"Acme Leads", "Bolt Energy"} <= set(re.findall(r"<strong>([^<]+)</strong>", visitor.page))
    old = cookie(visitor)
    visitor.submit(f"/organisations/{world.bolt.id}/enter", follow=False)
    assert cookie(visitor) not in (old, None)
    assert "Bolt Energy" in visitor.open("/settings/person")
    visitor.submit(f"/organisations/{world.crane.id}/enter")
    assert visitor.status == 404


def test_a_person_without_an_organisation_opens_one(world: World, visitor: Visitor) -> None:
    make_person("Nobody", "nobody@example.com")
    visitor.log_in("nobody@example.com", onward="/")
    assert "You belong to no organisation yet" in visitor.words
    visitor.open("/settings/members")
    assert (visitor.status, "You do not belong to an organisation yet." in visitor.words) == (403, True)
    visitor.submit("/organisations", kind="operator", tenant_name="Mine", country="UA")
    assert visitor.status == 422
    visitor.submit("/organisations", kind="agency", tenant_name="Mine", country="PL")
    assert "Your organisation is open" in visitor.words
    assert 'value="Europe/Warsaw" selected' in visitor.page


def test_the_paths_of_mailed_links_are_pages(app: Flask) -> None:
    routes = app.url_map.bind("floe.example")
    for path in (letters.CONFIRM_PATH, letters.RESET_PATH, letters.INVITATION_PATH):
        assert routes.match(path + "token", "GET")[0].startswith("account.")
    for path in (letters.LOG_IN_PATH, letters.FORGOT_PATH):
        assert routes.match(path, "GET")[0].startswith("account.")


def test_everybody_can_read_the_terms(visitor: Visitor) -> None:
    assert "What the agency promises" in visitor.open("/terms")


def test_a_browser_says_where_it_comes_from(app: Flask) -> None:
    with app.test_request_context(
        "/", headers={"User-Agent": "Firefox"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    ):
        assert session_cookie.browser().address == "192.0.2.7"
        assert session_cookie.browser().agent == "Firefox"
