"""Verticals: what is shipped, what may be public, and that old versions stay readable."""

from datetime import date
from pathlib import Path

import pytest

from app.leads import verticals
from app.leads.countries import LANGUAGES
from app.leads.fields import FREE_TEXT, Field, Setting, VerticalFileError
from app.leads.targets import lead_target_names
from app.leads.verticals import Attributes, UnknownVertical

UKRAINE = Setting("UA", "UAH", date(2026, 11, 21))
FILE = """
code = "boats"
version = {version}
names = ["Boats", "Човни", "Łodzie", "Лодки"]
is_b2b = false
demands_consent = true

[[fields]]
name = "length"
type = "integer"
labels = ["Length", "Довжина", "Długość", "Длина"]
{more}
"""


def read(code: str, setting: Setting = UKRAINE, **values: str) -> Attributes:
    found = verticals.get(code).read(values, setting)
    assert isinstance(found, Attributes), found
    return found


def problems(code: str, setting: Setting = UKRAINE, **values: str) -> list[tuple[str | None, str]]:
    found = verticals.get(code).read(values, setting)
    assert isinstance(found, tuple)
    return [(one.target, one.code) for one in found]


def write(folder: Path, version: int = 1, more: str = "", name: str = "") -> Path:
    (folder / (name or f"boats.{version}.toml")).write_text(FILE.format(version=version, more=more), "utf-8")
    return folder


def test_six_verticals_are_shipped_and_one_is_for_businesses() -> None:
    shipped = {one.code: one for one in verticals.current()}
    assert set(shipped) == {
        "consumer_loans",
        "home_solar",
        "home_windows",
        "insurance",
        "it_outsourcing",
        "private_education",
    }
    assert [code for code, one in shipped.items() if one.is_b2b] == ["it_outsourcing"]
    assert not shipped["it_outsourcing"].demands_consent


def every_field() -> list[tuple[str, Field]]:
    return [(one.key, field) for one in verticals.current() for field in one.fields]


@pytest.mark.parametrize(("key", "field"), every_field(), ids=lambda value: getattr(value, "name", value))
def test_no_shipped_field_shows_free_text_or_shares_a_name_with_a_lead_fact(key: str, field: Field) -> None:
    assert not (field.type in FREE_TEXT and (field.is_previewed or field.is_searchable))
    assert field.name not in lead_target_names()
    assert all(field.label(language) for language in LANGUAGES)
    for choice in field.choices:
        assert {field.spellings[label] for label in choice.labels.values()} == {choice.value}


def test_an_answer_is_public_or_personal_and_never_both_exactly() -> None:
    found = read(
        "consumer_loans",
        loan_amount="120 000,50 грн",
        purpose="Авто",
        term_months="24",
        has_overdue="ні",
        birth_date="03.04.1985",
        comment="call after six",
    )
    assert found.personal == {"birth_date": "1985-04-03", "comment": "call after six"}
    assert found.public == {
        "loan_amount": 12_000_050,
        "currency": "UAH",
        "purpose": "car",
        "term_months": 24,
        "has_overdue": False,
        "birth_date": "1980-1989",
    }


def test_a_preview_shows_bands_and_closed_values_only() -> None:
    loans = verticals.get("consumer_loans")
    found = read(
        "consumer_loans", loan_amount="9 999", birth_date="31.12.1990", purpose="ремонт", term_months="60"
    )
    assert verticals.preview(loans, found.public) == {
        "loan_amount": "<10000",
        "currency": "UAH",
        "birth_date": "1990-1999",
        "purpose": "renovation",
        "term_months": "60+",
    }


def test_money_without_bands_in_its_currency_is_left_out_of_the_preview() -> None:
    loans = verticals.get("consumer_loans")
    found = read("consumer_loans", Setting("CZ", "CZK"), loan_amount="5000")
    assert verticals.preview(loans, found.public) == {}


def test_a_postcode_becomes_a_region_in_public() -> None:
    found = read("insurance", Setting("GB", "GBP"), cover="home", home_postcode="SW1A 1AA")
    assert (found.public["home_postcode"], found.personal["home_postcode"]) == ("GB-ENG", "SW1A 1AA")


def test_a_future_day_of_birth_is_refused_and_a_wanted_start_is_not() -> None:
    tomorrow = "22.11.2026"
    assert problems("private_education", programme="school", learner_birth_date=tomorrow) == [
        ("learner_birth_date", "in_future")
    ]
    assert read("private_education", programme="school", start_on=tomorrow).public["start_on"] == "2026-11-22"


def test_everything_wrong_is_named_at_once() -> None:
    assert problems("consumer_loans", purpose="yacht", term_months="9999", wings="2") == [
        ("purpose", "not_a_choice"),
        ("term_months", "out_of_range"),
        ("wings", "unknown_field"),
        ("loan_amount", "missing"),
    ]


def test_an_unknown_vertical_or_version_is_refused() -> None:
    for code, version in (("boats", None), ("insurance", 99), ("insurance@99", None)):
        with pytest.raises(UnknownVertical):
            verticals.get(code, version)


def test_old_versions_stay_loadable_beside_the_new(tmp_path: Path) -> None:
    loaded = verticals.load(write(write(tmp_path, 1), 2, "low = 3"))
    assert sorted(loaded["boats"]) == [1, 2]
    assert verticals.get("insurance@1") is verticals.get("insurance", 1) is verticals.get("insurance")
    assert loaded["boats"][1].key == "boats@1"
    assert loaded["boats"][1].lead_days == 30


@pytest.mark.parametrize(
    "more",
    [
        "preview = true",  # a number without bands
        "searchable = true",
        'type2 = 1\n[[fields]]\nname = "note"\ntype = "text"\nlabels = ["N", "Н", "N", "Н"]',  # text, not personal
        '[[fields]]\nname = "note"\ntype = "text"\npersonal = true\npreview = true\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "sex"\ntype = "boolean"\npersonal = true\npreview = true\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "zip"\ntype = "postcode"\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "born"\ntype = "date"\npersonal = true\ndate_band = "month"\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "length"\ntype = "integer"\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "currency"\ntype = "integer"\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "wide"\ntype = "integer"\nlabels = ["only English"]',
        'bands = { "" = [5, 3] }',
        '[[fields]]\nname = "kind"\ntype = "choice"\nlabels = ["N", "Н", "N", "Н"]',
        '[[fields]]\nname = "kind"\ntype = "colour"\nlabels = ["N", "Н", "N", "Н"]',
    ],
)
def test_a_file_that_breaks_a_rule_is_not_loaded(tmp_path: Path, more: str) -> None:
    with pytest.raises(VerticalFileError):
        verticals.load(write(tmp_path, 1, more))


def test_free_text_is_refused_by_its_own_sentence(tmp_path: Path) -> None:
    text = '[[fields]]\nname = "note"\ntype = "url"\npersonal = true\nsearchable = true\nlabels = ["N", "Н", "N", "Н"]'
    with pytest.raises(VerticalFileError, match="free text is never previewed or searched"):
        verticals.load(write(tmp_path, 1, text))


def test_a_field_that_is_searched_but_not_previewed_stays_out_of_the_preview(tmp_path: Path) -> None:
    boats = verticals.load(write(tmp_path, 1, 'searchable = true\nbands = { "" = [5, 10] }'))["boats"][1]
    found = boats.read({"length": "7"}, UKRAINE)
    assert isinstance(found, Attributes)
    assert (found.public, verticals.preview(boats, found.public)) == ({"length": 7}, {})


def test_a_file_must_carry_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(VerticalFileError):
        verticals.load(write(tmp_path, 1, name="ships.1.toml"))
