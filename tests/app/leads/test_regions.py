"""Regions, postcodes, countries and languages as people write them."""

import pytest

from app.leads import countries, regions
from app.leads.problems import Unreadable


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("Київська", "UA", "UA-32"),
        ("київська обл.", "UA", "UA-32"),
        ("Киевская область", "UA", "UA-32"),
        ("Kyiv Oblast", "UA", "UA-32"),
        ("м. Київ", "UA", "UA-30"),
        ("Kyiv", "UA", "UA-30"),
        ("Lviv oblast", "UA", "UA-46"),
        ("UA-46", "UA", "UA-46"),
        ("woj. mazowieckie", "PL", "PL-14"),
        ("Lodz", "PL", "PL-10"),
        ("Wales", "GB", "GB-WLS"),
        ("Kent", "GB", "GB-KEN"),
        ("DE-BY", "DE", "DE-BY"),
    ],
)
def test_a_region_is_known_by_code_and_by_its_names(text: str, country: str, code: str) -> None:
    assert regions.find(text, country) == code


@pytest.mark.parametrize(
    ("text", "country"), [("UA-99", "UA"), ("Нарнія", "UA"), ("Bavaria", "DE"), ("PL-14", "UA")]
)
def test_what_is_no_region_of_the_country_is_refused(text: str, country: str) -> None:
    with pytest.raises(Unreadable):
        regions.find(text, country)


@pytest.mark.parametrize("country", ["UA", "PL"])
def test_every_region_is_found_by_each_of_its_four_names(country: str) -> None:
    for code, region in regions.of_country(country).items():
        assert {regions.find(name, country) for name in region.names} == {code}
        assert len({region.name(language) for language in countries.LANGUAGES}) >= 2
    assert len(regions.of_country(country)) == {"UA": 27, "PL": 16}[country]


@pytest.mark.parametrize(
    ("text", "country", "normal", "region"),
    [
        ("01001", "UA", "01001", "UA-30"),
        ("00950", "PL", "00-950", "PL-14"),
        ("sw1a1aa", "GB", "SW1A 1AA", "GB-ENG"),
        ("CH7 1AA", "GB", "CH7 1AA", None),
        ("10115", "DE", "10115", None),
    ],
)
def test_postcodes_have_one_form_and_tell_the_region_where_it_is_sure(
    text: str, country: str, normal: str, region: str | None
) -> None:
    assert regions.postcode(text, country) == normal
    assert regions.of_postcode(normal, country) == region


@pytest.mark.parametrize(("text", "country"), [("123", "UA"), ("0095", "PL"), ("SW1", "GB"), ("!!", "DE")])
def test_a_wrong_postcode_is_refused(text: str, country: str) -> None:
    with pytest.raises(Unreadable):
        regions.postcode(text, country)


def test_countries_and_languages_are_known_in_four_languages() -> None:
    assert {countries.country_code(text) for text in ("Україна", "Ukraina", "ua", "Украина", "Ukraine")} == {
        "UA"
    }
    assert countries.country_code("UK") == "GB"
    assert [countries.language_code(text) for text in ("українська", "UA", "en-GB", "polski", "русский")] == [
        "uk",
        "uk",
        "en",
        "pl",
        "ru",
    ]
    for read in (countries.country_code, countries.language_code):
        with pytest.raises(Unreadable):
            read("Atlantis")


def test_a_country_with_one_currency_tells_it() -> None:
    assert [countries.currency_of(country) for country in ("UA", "PL", "GB")] == ["UAH", "PLN", "GBP"]
