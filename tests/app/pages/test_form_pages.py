"""An agency builds, publishes and pauses its forms by buttons alone, and reads their figures."""

import re

import pytest

from app.leads.forms import forms
from tenants.db import transaction
from tests.app.leads.forms.desk import Person, leads, live, make_form
from tests.app.leads.uploads import Desk
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member


@pytest.fixture
def agency(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


def _typed(desk: Desk, **more: object) -> dict[str, object]:
    return {
        "name": "Roofs", "source_id": str(desk.source_id), "country": "UA", "lead_type": "consumer",
        "legal_basis": "consent", "languages": ["uk"], "title-uk": "Дах", "consent-uk": str(desk.consent_text_id),
        "required": ["name", "phone"], "is_offered": "1", "do": "save", **more,
    }  # fmt: skip


def _begin(agency: Visitor, desk: Desk) -> str:
    agency.open("/forms")
    assert "No forms yet" in agency.words
    agency.open("/forms/new")
    first = {"name": "Roofs", "source_id": str(desk.source_id), "vertical": "home_solar", "country": "UA"}
    agency.submit("/forms/new", **first, language="uk")
    found = re.search(r'action="(/forms/[0-9a-f-]{36})/edit"', agency.page)
    assert found, agency.words
    return found[1]


def _order(page: str) -> list[list[str]]:
    steps = re.findall(r'<fieldset class="builder-step">(.*?)</fieldset>', page, re.DOTALL)
    return [
        list(dict.fromkeys(re.findall(r'value="(?:up|down|split|join|remove):(\w+)"', step)))
        for step in steps
    ]


def test_a_form_is_built_by_buttons_and_published(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    path = _begin(agency, desk)
    assert _order(agency.page) == [["property_type", "is_owner"], ["name", "phone", "email"]]
    agency.submit(f"{path}/edit", **_typed(desk, do="add", more="region"))
    agency.submit(f"{path}/edit", **_typed(desk, do="up:region"))
    agency.submit(f"{path}/edit", **_typed(desk, do="remove:email"))
    agency.submit(f"{path}/edit", **_typed(desk, do="remove:is_owner"))
    assert _order(agency.page) == [["property_type", "is_owner"], ["name", "phone", "region"]]
    agency.submit(f"{path}/edit", **_typed(desk, do="split:region"))
    assert _order(agency.page)[2] == ["region"]
    agency.submit(f"{path}/edit", **_typed(desk, do="join:region"))
    assert len(_order(agency.page)) == 2
    agency.open(f"{path}/preview?step=2")
    assert "Поштовий" not in agency.words
    assert "Область" in agency.words
    assert "Це попередній перегляд" in agency.words
    agency.submit(f"{path}/edit", **_typed(desk, do="publish"))
    assert "The form is published." in agency.words
    assert "version 1" in agency.words
    assert "&lt;script src=" in agency.page


def test_what_is_missing_is_said_and_what_was_typed_stays(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    path = _begin(agency, desk)
    broken = {"consent-uk": "", "title-uk": "", "redirect_url": "http://x"}
    agency.submit(f"{path}/edit", **_typed(desk, do="publish", **broken))
    assert agency.status == 422
    assert "begins with https://" in agency.words
    assert 'value="http://x"' in agency.page
    agency.submit(f"{path}/edit", **_typed(desk, do="publish", **{**broken, "redirect_url": ""}))
    assert "Choose the consent text that the form shows." in agency.words
    assert "Give the form a title" in agency.words
    for wrong in (
        {"languages": []},
        {"sites": "javascript:x"},
        {"sites": "https://a.example; x"},
        {"name": " "},
    ):
        agency.submit(f"{path}/edit", **_typed(desk, **wrong))
        assert agency.status == 422, wrong
    agency.submit(f"{path}/edit", **_typed(desk, required=["phone"], do="remove:phone"))
    agency.submit(f"{path}/edit", **_typed(desk, required=[], do="publish"))
    assert "Ask for a phone or an e-mail" in agency.words


def test_people_see_the_published_version_until_the_next(world: World, agency: Visitor) -> None:
    form_id = make_form(world.acme)
    agency.open(f"/forms/{form_id}/edit")
    with transaction(world.acme.id) as session:
        source_id = forms.get(session, world.acme.id, form_id).source_id
        consent = forms.get(session, world.acme.id, form_id).spec.consents["uk"]
    typed = {
        "name": "Solar", "source_id": str(source_id), "country": "UA", "lead_type": "consumer",
        "legal_basis": "consent", "languages": ["uk"], "title-uk": "Новий заголовок", "consent-uk": str(consent),
        "required": ["name", "phone"], "do": "save",
    }  # fmt: skip
    agency.submit(f"/forms/{form_id}/edit", **typed)
    assert live(world.acme, form_id).spec.texts["uk"]["title"] == "Сонячна станція"
    assert "There are changes that people do not see yet." in agency.open(f"/forms/{form_id}")
    agency.open(f"/forms/{form_id}/edit")
    agency.submit(f"/forms/{form_id}/edit", **{**typed, "do": "publish"})
    assert live(world.acme, form_id).spec.texts["uk"]["title"] == "Новий заголовок"
    assert live(world.acme, form_id).version == 2


def test_the_figures_and_the_lead_say_where_it_came_from(world: World, agency: Visitor) -> None:
    form = live(world.acme, make_form(world.acme))
    Person(form, {"utm_source": "google", "gclid": "EAIa"}).fills()
    Person(form).opens()
    agency.open(f"/forms/{form.id}")
    assert "Visits" in agency.words
    assert "100" in agency.words
    agency.open("/forms")
    assert "Solar" in agency.words
    [lead] = leads(world.acme)
    agency.open(f"/leads/{lead.id}")
    assert "Solar, version 1" in agency.words
    assert "EAIa" in agency.words
    assert "203.0.113.7" not in agency.words
    agency.submit(f"/leads/{lead.id}/contacts")
    assert "203.0.113.7" in agency.words


def test_a_form_is_paused_and_opened_again(world: World, agency: Visitor) -> None:
    form_id = make_form(world.acme)
    agency.open("/forms")
    assert agency.status == 200, "a form that nobody has visited yet is listed too"
    agency.open(f"/forms/{form_id}")
    agency.submit(f"/forms/{form_id}/pause", paused="1")
    assert "The form is paused." in agency.words
    agency.submit(f"/forms/{form_id}/pause", paused="0")
    assert live(world.acme, form_id).version == 1


def test_a_viewer_reads_and_a_company_has_no_forms(world: World, visitor: Visitor, stranger: Visitor) -> None:
    form_id = make_form(world.acme)
    visitor.log_in(make_member(world.acme.card, "viewer").email)
    visitor.open(f"/forms/{form_id}")
    assert visitor.status == 200
    assert visitor.client.get(f"/forms/{form_id}/edit").status_code == 403
    enter(stranger, world.bolt)
    stranger.open("/forms")
    assert stranger.status == 404


def test_a_name_stands_for_one_form(world: World, agency: Visitor) -> None:
    desk = Desk(world.acme)
    _begin(agency, desk)
    agency.open("/forms/new")
    first = {"name": "Roofs", "source_id": str(desk.source_id), "vertical": "home_solar", "country": "UA"}
    agency.submit("/forms/new", **first, language="uk")
    assert agency.status == 409
    agency.submit("/forms/new", **{**first, "vertical": "castles", "name": "X"}, language="uk")
    assert agency.status == 422
    agency.submit("/forms/new", **{**first, "country": "XX", "name": "X"}, language="xx")
    assert agency.status == 422


@pytest.mark.parametrize("source", ["", "x", "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11"])
def test_a_form_without_a_source_is_marked_and_keeps_what_was_typed(
    world: World, agency: Visitor, source: str
) -> None:
    desk = Desk(world.acme)
    path = _begin(agency, desk)
    agency.submit(f"{path}/edit", **_typed(desk, source_id=source, name="Kept name"))
    assert agency.status == 422
    assert _error_of(agency.page, "source_id") == "Choose one of your sources."
    assert 'value="Kept name"' in agency.page
    agency.submit(f"{path}/edit", **_typed(desk, name="Kept name", **{"consent-uk": "x"}))
    assert (agency.status, "Choose one of your consent texts." in agency.words) == (422, True)
    agency.submit(
        "/forms/new", name="Second", source_id=source, vertical="home_solar", country="UA", language="uk"
    )
    assert agency.status == 422
    assert _error_of(agency.page, "source_id") == "Choose one of your sources."
    assert 'value="Second"' in agency.page


def _error_of(page: str, field: str) -> str:
    """The sentence that stands at a field, which names it as its own."""
    named = re.search(rf'name="{field}"[^>]*aria-describedby="([^"]+)"', page)
    assert named, field
    said = [re.search(rf'id="{one}"[^>]*>(.*?)</p>', page, re.DOTALL) for one in named[1].split()]
    return " ".join(re.sub("<[^>]+>", "", one[1]).strip() for one in said if one)
