"""Phones: the fast path never says anything the library would not say."""

import random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from app.leads import phones

COUNTRIES = ("UA", "PL", "GB")
BEGINNINGS = {
    "UA": ["67", "50", "44", "93"],
    "PL": ["50", "60", "79", "22"],
    "GB": ["7911", "20", "7400", "161"],
}


def by_library(raw: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def written(seed: int) -> tuple[str, str]:
    """A number as people write it: right or wrong, with prefixes and separators of all kinds."""
    dice = random.Random(seed)
    country = dice.choice(COUNTRIES)
    code = PhoneMetadata.metadata_for_region(country).country_code
    digits = dice.choice([*BEGINNINGS[country], ""]) + "".join(dice.choices("0123456789", k=10))
    digits = digits[: dice.choice([9, 9, 9, 10, 10, 8, 11])]
    raw = dice.choice([f"+{code}", "0", "", f"{code}", f"00{code}", f"+{code} (0)", "8", "(0"]) + digits
    if dice.random() < 0.5:
        marks = [" ", "-", "(", ")", ".", " - ", "+", "\u00a0"]
        raw = "".join(letter + (dice.choice(marks) if dice.random() < 0.2 else "") for letter in raw)
    return raw, country


def test_fast_path_agrees_with_the_library_on_generated_numbers() -> None:
    for seed in range(3000):
        raw, country = written(seed)
        assert phones.to_e164(raw, country) == by_library(raw, country), (raw, country)


@given(st.text(alphabet="0123456789+-() .\u00a0/x٣", max_size=20), st.sampled_from(COUNTRIES))
def test_any_scribble_reads_as_the_library_reads_it(raw: str, country: str) -> None:
    assert phones.to_e164(raw, country) == by_library(raw, country)


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        ("067 123 45 67", "UA", "+380671234567"),
        ("+38(067)123-45-67", "UA", "+380671234567"),
        ("380671234567", "UA", "+380671234567"),
        ("600 700 800", "PL", "+48600700800"),
        ("07911 123456", "GB", "+447911123456"),
        ("+1 650 253 0000", "UA", "+16502530000"),
        ("моб. 067 123 45 67", "UA", "+380671234567"),
        ("067 12", "UA", None),
        ("", "UA", None),
        ("9" * 300, "UA", None),
    ],
)
def test_numbers_of_three_countries_come_out_in_one_form(raw: str, country: str, number: str | None) -> None:
    assert phones.to_e164(raw, country) == number


def test_a_cell_with_several_numbers_is_split_without_losing_one() -> None:
    cell = "067 123 45 67, 0501112233;093/1112233|1\n2 або 3 или 4 or 5"
    assert phones.split(cell) == ["067 123 45 67", "0501112233", "093", "1112233", *"12345"]


def test_a_number_rounded_by_a_spreadsheet_is_told_apart() -> None:
    assert phones.is_rounded("3,80671E+11")
    assert not phones.is_rounded("+380671234567")
