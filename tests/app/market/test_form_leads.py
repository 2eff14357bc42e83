"""A hosted form from the first page to the lead, and everything that must not become one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import redis

from app.leads import consents
from app.leads.forms import counting, forms, origin, published
from app.leads.forms.published import FormClosed
from app.market import form_leads
from app.market.form_leads import Page, Thanked
from app.market.prices import Price, set_price
from tenants import clock, crypto, jobs
from tenants.db import transaction
from tenants.errors import NotFound
from tests.app.leads.forms.desk import OLENA, PHONE, Person, counts, leads, live, make_form
from tests.world import World

FIRST = {"property_type": "detached", "is_owner": "yes"}
CAME = {
    "utm_source": "google", "utm_medium": "cpc", "utm_campaign": "autumn", "gclid": "EAIa", "evil": "x",
    "landing": "https://acme.example/solar?mail=o@example.com", "referrer": "https://www.google.com/",
}  # fmt: skip


def test_a_filled_form_is_a_lead_with_consent_and_campaign(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    person = Person(form, CAME)
    done = person.fills()
    assert isinstance(done, Thanked)
    [lead] = leads(world.acme)
    assert (lead.state, lead.language, lead.sub_id, lead.country) == ("draft", "uk", "autumn", "UA")
    assert lead.consent_text_id == form.spec.consents["uk"]
    assert lead.consent_at == lead.enquired_at
    assert lead.consent_origin == "https://acme.example/solar"
    with transaction(world.acme.id) as session:
        came = origin.of_lead(session, world.acme.id, lead.id)
    assert came is not None
    assert came.campaign == {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "autumn"}
    assert came.traces["gclid"] == "EAIa"
    assert came.traces["landing"] == "https://acme.example/solar"
    assert came.traces["ip"] == PHONE.ip
    assert (came.form_id, came.version) == (form.id, 1)
    assert counts(world.acme) == {"visit": 1, "start": 1, "submit": 1, "lead": 1}


def test_the_consent_that_was_shown_is_the_one_that_is_recorded(world: World) -> None:
    form_id = make_form(world.acme)
    form = live(world.acme, form_id)
    person = Person(form)
    person.opens()
    page = person.sends(OLENA)
    assert isinstance(page, Page)
    assert page.consent == "Погоджуюсь…"
    with transaction(world.acme.id) as session:
        newer = consents.new_version(
            session, world.acme.owner, form.spec.consents["uk"], consents.Wording("uk", "Інше", "Others", 5)
        )
        spec = replace(forms.get(session, world.acme.id, form_id).spec, consents={"uk": newer})
        forms.save(session, world.acme.owner, form_id, "Solar", form.source_id, spec)
        assert forms.publish(session, world.acme.owner, form_id) == 2
    assert isinstance(person.sends(OLENA), Thanked)
    [lead] = leads(world.acme)
    assert lead.consent_text_id == form.spec.consents["uk"]


def test_without_the_tick_nothing_is_taken(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    person.sends(FIRST)
    page = person.sends({name: text for name, text in OLENA.items() if name != "agreed"})
    assert isinstance(page, Page)
    assert set(page.shown.problems) == {"agreed"}
    assert leads(world.acme) == []


def test_wrong_answers_are_named_and_kept(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    page = person.sends({"property_type": "castle"})
    assert isinstance(page, Page)
    assert {name: one.code for name, one in page.shown.problems.items()} == {
        "property_type": "not_a_choice", "is_owner": "missing"}  # fmt: skip
    person.sends(FIRST)
    wrong = {"name": "buy at www.pills.com", "phone": "12", "email": "x@mail.yopmail.com", "agreed": "1"}
    page = person.sends(wrong)
    assert isinstance(page, Page)
    assert {name: one.code for name, one in page.shown.problems.items()} == {
        "name": "link_in_name", "phone": "bad_phone", "email": "disposable_email"}  # fmt: skip
    assert page.shown.progress.values["name"] == wrong["name"]
    assert isinstance(person.sends(OLENA), Thanked)
    assert counts(world.acme)["disposable_email"] == counts(world.acme)["link_in_name"] == 1


def test_going_back_keeps_what_was_typed_and_checks_nothing(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    person.sends(FIRST)
    page = person.sends({"phone": "12"}, do="back")
    assert isinstance(page, Page)
    assert (page.shown.progress.step, page.shown.problems) == (0, {})
    assert page.shown.progress.values == {**FIRST, "phone": "12"}


def test_what_the_address_says_is_not_asked_unless_it_is_wrong(world: World) -> None:
    known = {
        "email": "olena@example.com",
        "phone": "12",
        "property_type": "flat",
        "is_owner": "yes",
        "agreed": "1",
    }
    person = Person(live(world.acme, make_form(world.acme)), known)
    page = person.opens()
    assert page.shown.progress.step == 1
    assert set(page.shown.progress.known) == {"email", "property_type", "is_owner"}
    page = person.sends({}, do="change:property_type")
    assert isinstance(page, Page)
    assert page.shown.progress.step == 0
    assert page.shown.progress.values["property_type"] == "flat"
    person.sends({"property_type": "detached"})
    person.sends({"name": "Олена", "phone": "0671234567", "agreed": "1"})
    [lead] = leads(world.acme)
    assert lead.facts["property_type"] == "detached"


def test_a_double_click_and_the_way_back_are_one_lead(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    last = person.sends(FIRST)
    assert isinstance(last, Page)
    for phone in ("067 123 45 67", "067 123 45 67", "050 765 43 21"):
        answers = {**OLENA, "phone": phone, "email": ""}
        assert isinstance(person.sends_page(last, answers, "send", timedelta(seconds=40)), Thanked)
    assert len(leads(world.acme)) == 1
    assert counts(world.acme)["replayed"] == 2


def test_whom_we_know_is_thanked_all_the_same(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    first, second = Person(form).fills(), Person(form).fills()
    assert first == second
    assert len(leads(world.acme)) == 1
    assert counts(world.acme)["duplicate"] == 1


def test_a_program_that_fills_the_trap_is_thanked_and_leaves_nothing(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    person = Person(form)
    page = person.opens()
    assert isinstance(person.sends({**OLENA, page.shown.progress.trap: "http://x"}), Thanked)
    assert leads(world.acme) == []
    assert counts(world.acme) == {"visit": 1, "trapped": 1}


def test_a_program_that_answers_at_once_makes_no_lead_but_a_person_may_send_again(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    person.sends(FIRST, after=timedelta(seconds=0.2))
    page = person.sends(OLENA, after=timedelta(seconds=0.4))
    assert isinstance(page, Page)
    assert page.shown.notice == "too_fast"
    assert page.shown.progress.values == OLENA
    assert leads(world.acme) == []
    assert isinstance(person.sends(OLENA, after=timedelta(seconds=3)), Thanked)
    assert len(leads(world.acme)) == 1


def test_a_page_of_yesterday_is_shown_again_with_its_answers(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    person.sends(FIRST)
    page = person.sends(OLENA, after=timedelta(hours=25))
    assert isinstance(page, Page)
    assert page.shown.notice == "too_old"
    assert page.shown.progress.values == OLENA
    assert isinstance(person.sends(OLENA), Thanked)


@pytest.mark.parametrize("carried", ["", "x", "AAAA", "é" * 30, "A" * 300_000])
def test_a_damaged_page_keeps_the_answers_it_came_with(world: World, carried: str) -> None:
    form = live(world.acme, make_form(world.acme))
    person = Person(form)
    damaged = replace(person.opens(), carried=carried)
    page = person.sends_page(damaged, OLENA, "send", timedelta(seconds=9))
    assert isinstance(page, Page)
    assert page.shown.progress.values["phone"] == OLENA["phone"]
    assert leads(world.acme) == []


def test_a_page_of_another_form_does_not_open_here(world: World) -> None:
    here = Person(live(world.acme, make_form(world.acme)))
    there = Person(live(world.acme, make_form(world.acme, "Other")))
    here.opens()
    page = here.sends_page(there.opens(), FIRST, "next", timedelta(seconds=9))
    assert isinstance(page, Page)
    assert page.shown.notice == "too_old"


def test_too_many_from_one_address_are_asked_to_wait(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    for number in range(20):
        Person(form).fills({**OLENA, "phone": f"067 123 40 {number:02}", "email": ""})
    page = Person(form).fills({**OLENA, "phone": "067 123 45 99", "email": ""})
    assert isinstance(page, Page)
    assert page.shown.notice == "too_many"
    assert page.shown.progress.values["phone"] == "067 123 45 99"
    assert len(leads(world.acme)) == 20


def test_without_valkey_people_are_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    form = live(world.acme, make_form(world.acme))
    nowhere = redis.Redis(port=1, retry=None, socket_connect_timeout=0.2)
    monkeypatch.setattr(jobs, "_redis", nowhere)
    assert isinstance(Person(form).fills(), Thanked)
    nowhere.close()
    assert len(leads(world.acme)) == 1


def test_a_paused_form_takes_nothing(world: World) -> None:
    form_id = make_form(world.acme)
    person = Person(live(world.acme, form_id))
    person.opens()
    with transaction(world.acme.id) as session:
        forms.pause(session, world.acme.owner, form_id)
    with pytest.raises(FormClosed):
        live(world.acme, form_id)
    with pytest.raises(NotFound):
        published.find("nowhere")


def test_a_form_offers_at_once_where_there_is_a_price_and_keeps_a_draft_where_there_is_none(
    world: World,
) -> None:
    form = live(world.acme, make_form(world.acme, is_offered=True))
    Person(form).fills()
    assert [lead.state for lead in leads(world.acme)] == ["draft"]
    price = Price(shared_minor=2_000)
    with transaction(world.acme.id) as session:
        set_price(session, world.acme.owner, form.source_id, "home_solar", price, clock.now())
    Person(form).fills({**OLENA, "phone": "050 111 22 33", "email": ""})
    assert [lead.state for lead in leads(world.acme)] == ["draft", "offered"]


def test_a_visitor_counts_once_a_day_and_a_machine_never(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    tomorrow = clock.now() + timedelta(days=1)
    for _ in range(3):
        Person(form).opens()
    Person(form, visitor=replace(PHONE, ip="203.0.113.8")).opens()
    Person(form, visitor=replace(PHONE, agent="Googlebot/2.1")).opens()
    Person(form).opens(tomorrow)
    with transaction(world.acme.id) as session:
        days = counting.by_day(session, world.acme.id, form.id, clock.now().date() - timedelta(days=1))
    assert [one.of("visit") for one in days.values()] == [2, 1]


def test_what_a_page_carries_says_nothing_of_the_person(world: World) -> None:
    person = Person(live(world.acme, make_form(world.acme)))
    person.opens()
    page = person.sends(FIRST)
    assert isinstance(page, Page)
    assert "detached" not in page.carried
    assert len(page.carried) > crypto.SALT_BYTES


@pytest.mark.committed
def test_two_clicks_at_the_same_instant_are_one_lead(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    person = Person(form)
    with clock.at(clock.now() - timedelta(minutes=1)):
        person.opens()
    last = person.sends(FIRST)
    assert isinstance(last, Page)
    posted = {**OLENA, "carried": last.carried, "do": "send"}

    def click(_: int) -> Page | Thanked:
        return form_leads.answer(form, "uk", posted, PHONE)

    with ThreadPoolExecutor(4) as fingers:
        assert all(isinstance(one, Thanked) for one in fingers.map(click, range(8)))
    assert len(leads(world.acme)) == 1
    assert counts(world.acme)["replayed"] == 7
