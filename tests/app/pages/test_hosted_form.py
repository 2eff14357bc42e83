"""A hosted form over HTTP: no cookie, a strict policy, four languages, mail confirmations, embedding."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.leads import quarantine
from app.leads.forms import confirmation, forms, origin, waiting
from tenants import clock, mail
from tenants.db import platform_transaction, transaction
from tests.app.leads.forms.desk import OLENA, counts, leads, link_in, make_form, submissions
from tests.tenants.smtp_server import Server, smtp_server
from tests.world import World

FIRST = {"property_type": "detached", "is_owner": "yes"}


@pytest.fixture
def post_box(app: Flask) -> Iterator[Server]:
    with smtp_server() as server:
        before = mail._smtp
        mail.use_smtp(mail.SmtpSettings("127.0.0.1", server.port, "", "", "Floe <floe@floe.test>"))
        yield server
        mail._smtp = before


def _slug(world: World, form_id: UUID) -> str:
    with transaction(world.acme.id) as session:
        return forms.get(session, world.acme.id, form_id).slug


def _carried(page: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', page)
    assert found, page
    return found[1]


def _fill(client: FlaskClient, slug: str, **answers: str):  # type: ignore[no-untyped-def]
    """The first step a minute ago, the second one now."""
    with clock.at(clock.now() - timedelta(minutes=1)):
        page = client.get(f"/f/{slug}?lang=uk&utm_source=meta").text
        page = client.post(f"/f/{slug}", data={**FIRST, "carried": _carried(page), "do": "next"}).text
    return client.post(f"/f/{slug}", data={**OLENA, **answers, "carried": _carried(page), "do": "send"})


def test_a_person_without_script_and_cookie_is_thanked(world: World, client: FlaskClient) -> None:
    slug = _slug(world, make_form(world.acme))
    opened = client.get(f"/f/{slug}?lang=uk")
    assert "Set-Cookie" not in opened.headers
    assert "Сонячна станція" in opened.text
    assert "Тип житла" in opened.text
    assert "Крок 1 із 2" in opened.text
    done = _fill(client, slug)
    assert (done.status_code, done.location) == (303, f"/f/{slug}/thanks?lang=uk")
    assert "Дякуємо!" in client.get(done.location).text
    assert not client._cookies
    [lead] = leads(world.acme)
    assert lead.consent_origin.endswith(f"/f/{slug}")


def test_only_the_agencys_sites_may_frame_it(world: World, client: FlaskClient) -> None:
    anywhere = _slug(world, make_form(world.acme))
    named = _slug(world, make_form(world.acme, "B", sites=("https://acme.example", "https://b.example:8443")))
    assert "frame-ancestors *" in client.get(f"/f/{anywhere}").headers["Content-Security-Policy"]
    policy = client.get(f"/f/{named}").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://acme.example https://b.example:8443")
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert client.get("/log-in").headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_the_script_is_ours_and_may_be_loaded_by_others(world: World, client: FlaskClient) -> None:
    answer = client.get(f"/f/{_slug(world, make_form(world.acme))}/embed.js")
    assert answer.content_type.startswith("text/javascript")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert b"postMessage" not in answer.data
    answer.close()


def test_wrong_answers_come_back_beside_their_sentences(world: World, client: FlaskClient) -> None:
    answer = _fill(client, _slug(world, make_form(world.acme)), phone="12", agreed="")
    assert answer.status_code == 422
    assert "Перевірте, будь ласка, номер телефону." in answer.text
    assert 'value="12"' in answer.text
    assert 'aria-describedby="phone-error"' in answer.text
    assert "Позначте, якщо ви згодні" in answer.text


@pytest.mark.parametrize(
    ("language", "words"), [("pl", "Krok 1 z 2"), ("ru", "Шаг 1 из 2"), ("en", "Step 1 of 2")]
)
def test_it_speaks_the_language_that_is_asked_for(
    world: World, client: FlaskClient, language: str, words: str
) -> None:
    texts = {one: {"title": f"T {one}"} for one in ("uk", "pl", "ru", "en")}
    slug = _slug(world, make_form(world.acme, languages=("uk", "pl", "ru", "en"), texts=texts))
    page = client.get(f"/f/{slug}?lang={language}").text
    assert words in page
    assert f'<html lang="{language}"' in page
    assert f"T {language}" in page
    assert f"T {language}" in client.get(f"/f/{slug}", headers={"Accept-Language": language}).text


@pytest.mark.parametrize("path", ["/f/nowhere", "/f/nowhere/thanks", "/f/nowhere/start"])
def test_what_is_not_there_is_no_error_of_ours(client: FlaskClient, world: World, path: str) -> None:
    assert world.floe
    answer = client.post(path) if path.endswith("start") else client.get(path)
    assert answer.status_code == 404


def test_a_paused_form_says_so(world: World, client: FlaskClient) -> None:
    form_id = make_form(world.acme)
    slug = _slug(world, form_id)
    with transaction(world.acme.id) as session:
        forms.pause(session, world.acme.owner, form_id)
    assert client.get(f"/f/{slug}").status_code == 410
    answer = client.post(f"/f/{slug}", data=FIRST, headers={"Accept-Language": "uk"})
    assert answer.status_code == 410
    assert "Цю форму закрито" in answer.text


def test_the_beginning_is_counted_once(world: World, client: FlaskClient) -> None:
    slug = _slug(world, make_form(world.acme))
    carried = _carried(client.get(f"/f/{slug}").text)
    for _ in range(2):
        assert client.post(f"/f/{slug}/start", data={"carried": carried}).status_code == 204
    assert client.post(f"/f/{slug}/start", data={"carried": "x"}).status_code == 204
    assert counts(world.acme) == {"visit": 1, "start": 1}


def test_thanks_may_lead_to_a_page_of_the_agency(world: World, client: FlaskClient) -> None:
    slug = _slug(world, make_form(world.acme, redirect_url="https://acme.example/thanks"))
    assert _fill(client, slug).location == "https://acme.example/thanks"
    policy = client.get(f"/f/{slug}").headers["Content-Security-Policy"]
    assert "form-action 'self' https://acme.example;" in policy


def test_a_lead_waits_for_the_click_in_the_mail(world: World, client: FlaskClient, post_box: Server) -> None:
    slug = _slug(world, _opt_in(world))
    thanked = client.get(_fill(client, slug).location)
    assert "відкрийте лист" in thanked.text
    assert leads(world.acme) == []
    [waiting_one] = submissions()
    assert waiting_one.state == "awaiting_confirmation"
    [resting] = _resting()
    assert (resting.id, resting.reasons) == (waiting_one.quarantined_id, ["awaiting_confirmation"])
    assert b"olena" not in bytes(resting.sealed)
    confirmation.send_due(clock.now())
    [letter] = post_box.taken
    assert letter["To"] == "olena@example.com"
    assert "Підтвердьте" in letter["Subject"]
    path = link_in(letter.get_content())
    assert client.get(path).status_code == 200
    assert leads(world.acme) == [], "scanners look at links"
    assert "Дякуємо!" in client.post(path).text
    [lead] = leads(world.acme)
    assert lead.consent_at == waiting_one.received_at
    assert client.post(path).status_code == 200
    assert len(leads(world.acme)) == 1
    [settled], [gone] = submissions(), _resting()
    assert (settled.state, settled.lead_id, gone.state, gone.sealed) == ("stored", lead.id, "released", None)
    assert settled.confirmed_at is not None
    with transaction(world.acme.id) as session:
        came = origin.of_lead(session, world.acme.id, lead.id)
    assert came is not None
    assert came.traces.keys() >= {"ip", "sent_at", "consent_at", "confirmed_at"}
    assert {kind: counts(world.acme)[kind] for kind in ("awaiting", "confirmed", "lead")} == dict.fromkeys(
        ("awaiting", "confirmed", "lead"), 1
    )
    confirmation.send_due(clock.now())
    assert len(post_box.taken) == 1


def _resting() -> list[Any]:
    with platform_transaction("a test looks") as session:
        return list(session.execute(text("SELECT * FROM quarantined_lead")).all())


def test_a_confirmed_lead_that_somebody_has_to_look_at_rests_on(
    world: World, client: FlaskClient, post_box: Server
) -> None:
    slug = _slug(world, _opt_in(world))
    _fill(client, slug, name="Test")
    confirmation.send_due(clock.now())
    path = link_in(post_box.taken[0].get_content())
    assert "Дякуємо!" in client.post(path).text
    assert "Дякуємо!" in client.post(path).text
    assert leads(world.acme) == []
    [waits], [one] = _resting(), submissions()
    assert (waits.state, waits.reasons, one.state) == ("resting", ["name_test"], "quarantined")
    assert counts(world.acme)["quarantined"] == 1


def test_a_confirmation_that_the_agencys_records_no_longer_allow_keeps_waiting(
    world: World, client: FlaskClient, post_box: Server
) -> None:
    _fill(client, _slug(world, _opt_in(world)))
    confirmation.send_due(clock.now())
    with platform_transaction("an agency archives its source, in a test") as session:
        session.execute(text("UPDATE source SET archived_at = now()"))
    assert client.post(link_in(post_box.taken[0].get_content())).status_code == 410
    assert [one.state for one in (*submissions(), *_resting())] == ["awaiting_confirmation", "resting"]


def test_whom_we_know_confirms_and_is_thanked(world: World, client: FlaskClient, post_box: Server) -> None:
    _fill(client, _slug(world, make_form(world.acme, "Plain")))
    _fill(client, _slug(world, _opt_in(world)))
    confirmation.send_due(clock.now())
    assert "Дякуємо!" in client.post(link_in(post_box.taken[0].get_content())).text
    assert len(leads(world.acme)) == 1
    assert [(one.state, one.sealed) for one in _resting()] == [("discarded", None)]
    assert sorted(one.state for one in submissions()) == ["duplicate", "stored"]


def _opt_in(world: World) -> UUID:
    required = frozenset({"name", "phone", "email"})
    return make_form(world.acme, has_double_opt_in=True, required=required)


def test_a_confirmed_lead_comes_also_when_the_form_was_paused_since(
    world: World, client: FlaskClient, post_box: Server
) -> None:
    form_id = _opt_in(world)
    _fill(client, _slug(world, form_id))
    with transaction(world.acme.id) as session:
        forms.pause(session, world.acme.owner, form_id)
    confirmation.send_due(clock.now())
    client.post(link_in(post_box.taken[0].get_content()))
    assert len(leads(world.acme)) == 1


def test_what_nobody_confirms_is_wiped_after_fourteen_days(
    world: World, client: FlaskClient, post_box: Server
) -> None:
    slug = _slug(world, _opt_in(world))
    _fill(client, slug)
    confirmation.send_due(clock.now())
    path = link_in(post_box.taken[0].get_content())
    late = clock.now() + timedelta(days=14, minutes=1)
    with clock.at(late):
        assert client.post(path).status_code == 410
        quarantine.expire(late)
    [expired] = _resting()
    assert (expired.state, expired.sealed, expired.came_sealed) == ("expired", None, None)
    with transaction(world.acme.id) as session:
        assert waiting.waiting_count(session, world.acme.id, expired.origin_id) == 0
    answer = client.post(path, headers={"Accept-Language": "uk"})
    assert answer.status_code == 410
    assert "Це посилання вже не діє" in answer.text


def test_a_mailbox_that_does_not_exist_ends_the_waiting(
    world: World, client: FlaskClient, post_box: Server
) -> None:
    post_box.replies["olena@example.com"] = "550 No such mailbox"
    _fill(client, _slug(world, _opt_in(world)))
    confirmation.send_due(clock.now())
    assert [one.state for one in submissions()] == ["undeliverable"]
    assert [(one.state, one.sealed) for one in _resting()] == [("discarded", None)]


def test_a_busy_mail_server_is_asked_again(world: World, client: FlaskClient, post_box: Server) -> None:
    post_box.replies["olena@example.com"] = "451 Later"
    _fill(client, _slug(world, _opt_in(world)))
    confirmation.send_due(clock.now())
    post_box.replies.clear()
    confirmation.send_due(clock.now())
    assert post_box.taken == []
    with clock.at(clock.now() + timedelta(minutes=6)):
        confirmation.send_due(clock.now())
    assert len(post_box.taken) == 1


def test_a_mailbox_gets_three_mails_a_day(world: World, client: FlaskClient, post_box: Server) -> None:
    slug = _slug(world, _opt_in(world))
    answers = [_fill(client, slug).status_code for _ in range(4)]
    assert answers == [303, 303, 303, 429]


@pytest.mark.parametrize("token", ["x", "x.y", "0" * 32, f"{'0' * 32}.", f"{'0' * 32}.é"])
def test_an_invented_confirmation_is_dead(
    world: World, client: FlaskClient, post_box: Server, token: str
) -> None:
    slug = _slug(world, _opt_in(world))
    assert client.get(f"/f/{slug}/confirm/{token}").status_code == 410
    assert client.post(f"/f/{slug}/confirm/{token}").status_code == 410
