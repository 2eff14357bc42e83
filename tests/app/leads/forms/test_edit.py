"""The builder's buttons on a form's questions, and what a form must be before people see it."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.leads import verticals
from app.leads.forms.edit import edited
from app.leads.forms.origin import taken, without_query
from app.leads.forms.questions import questions
from app.leads.forms.spec import FormSpec, demand_complete, demand_sound, from_json, to_json
from tenants.errors import Invalid

CONSENT = UUID(int=7)
SPEC = FormSpec(
    vertical="home_solar@1",
    country="UA",
    steps=(("property_type", "is_owner"), ("name", "phone")),
    languages=("uk",),
    consents={"uk": CONSENT},
    required=frozenset({"phone"}),
    texts={"uk": {"title": "Дах"}},
)


@pytest.mark.parametrize(
    ("deed", "name", "steps"),
    [
        ("add", "email", (("property_type", "is_owner"), ("name", "phone", "email"))),
        ("add", "phone", SPEC.steps),
        ("add", "castle", SPEC.steps),
        ("remove", "name", (("property_type", "is_owner"), ("phone",))),
        ("remove", "is_owner", SPEC.steps),
        ("remove", "email", SPEC.steps),
        ("up", "is_owner", (("is_owner", "property_type"), ("name", "phone"))),
        ("up", "property_type", SPEC.steps),
        ("up", "name", (("property_type", "is_owner", "name"), ("phone",))),
        ("down", "phone", SPEC.steps),
        ("down", "is_owner", (("property_type",), ("is_owner", "name", "phone"))),
        ("down", "property_type", (("is_owner", "property_type"), ("name", "phone"))),
        ("split", "phone", (("property_type", "is_owner"), ("name",), ("phone",))),
        ("split", "name", SPEC.steps),
        ("join", "name", (("property_type", "is_owner", "name", "phone"),)),
        ("join", "phone", SPEC.steps),
        ("burn", "phone", SPEC.steps),
    ],
)
def test_a_button_does_one_thing_or_nothing(deed: str, name: str, steps: tuple[tuple[str, ...], ...]) -> None:
    assert edited(SPEC, deed, name).steps == steps


def test_a_step_without_questions_is_gone_and_so_is_what_was_required() -> None:
    alone = edited(edited(SPEC, "remove", "name"), "remove", "phone")
    assert alone.steps == (("property_type", "is_owner"),)
    assert alone.required == frozenset()
    assert edited(replace(SPEC, steps=()), "add", "email").steps == (("email",),)


def test_a_language_without_words_of_its_own_borrows_them() -> None:
    spec = replace(
        SPEC, languages=("en", "uk"), texts={"uk": {"title": "Дах"}, "en": {"title": "Roof", "intro": ""}}
    )
    assert (spec.consent("en"), spec.consent("uk")) == (CONSENT, CONSENT)
    assert (spec.text("title", "en"), spec.text("title", "pl"), spec.text("intro", "en")) == (
        "Roof",
        "Roof",
        "",
    )
    demand_complete(spec)


def test_a_form_comes_back_as_it_was_stored() -> None:
    spec = replace(SPEC, sites=("https://a.example",), has_double_opt_in=True, addressee_id=CONSENT)
    assert from_json(to_json(spec)) == spec


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("steps", {"steps": (("phone", "phone"),)}),
        ("steps", {"steps": (("castle",),)}),
        ("steps", {"steps": tuple((f"x{n}",) for n in range(9))}),
        ("languages", {"languages": ()}),
        ("languages", {"languages": ("xx",)}),
        ("country", {"country": "XX"}),
        ("country", {"country": "Ukraine"}),
        ("lead_type", {"lead_type": "stolen"}),
        ("legal_basis", {"legal_basis": "luck"}),
        ("texts", {"texts": {"uk": {"title": "x" * 121}}}),
        ("redirect_url", {"redirect_url": "http://a.example"}),
        ("redirect_url", {"redirect_url": "https://user@a.example"}),
        ("redirect_url", {"redirect_url": "javascript:alert(1)"}),
        ("redirect_url", {"redirect_url": "https://a.example:x"}),
        ("sites", {"sites": ("a.example",)}),
        ("sites", {"sites": ("https://a.example/path",)}),
        ("sites", {"sites": ("https://a.example;script-src",)}),
        ("sites", {"sites": ("*",)}),
        ("sites", {"sites": ("https://*",)}),
        ("sites", {"sites": tuple(f"https://a{n}.example" for n in range(21))}),
    ],
)
def test_not_even_a_draft_may_be(field: str, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        demand_sound(replace(SPEC, **changes))  # type: ignore[arg-type]
    assert field in refused.value.details["fields"]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("steps", {"steps": (("name", "phone"),)}),
        ("steps", {"required": frozenset({"name"})}),
        ("steps", {"has_double_opt_in": True}),
        ("texts", {"languages": ("uk", "en")}),
        ("consents", {"consents": {}}),
        ("addressee_id", {"lead_type": "targeted"}),
    ],
)
def test_a_draft_may_be_but_people_do_not_see_it(field: str, changes: dict[str, object]) -> None:
    spec = replace(SPEC, **changes)  # type: ignore[arg-type]
    demand_sound(spec)
    demand_complete(SPEC)
    with pytest.raises(Invalid) as refused:
        demand_complete(spec)
    assert field in refused.value.details["fields"]


@pytest.mark.parametrize("code", [vertical.code for vertical in verticals.current()])
def test_every_vertical_can_be_asked(code: str) -> None:
    asked = questions(verticals.get(code))
    assert {"name", "phone", "email"} <= asked.keys()
    assert all(one.label("uk") and one.label("pl") for one in asked.values())


def test_only_what_is_listed_is_taken_from_an_address() -> None:
    given = {
        "utm_source": " a\u202eb\x00 ", "gclid": "x" * 900, "evil": "1", "landing": "javascript:x",
        "referrer": "https://a.example/p?mail=me#x",
    }  # fmt: skip
    assert taken(given) == {"utm_source": "ab", "gclid": "x" * 300, "referrer": "https://a.example/p"}
    assert without_query("https://u:p@a.example/") == without_query("http://[x") == ""
