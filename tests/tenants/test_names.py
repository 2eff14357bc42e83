"""What follows from a name: its place in a list and its word in addresses."""

import pytest

from tenants.names import slug, sort_name


def test_ukrainian_and_polish_names_stand_in_the_order_of_their_alphabets() -> None:
    ukrainian = ["Гама", "Гяур", "Ґазда", "Дим", "Ель", "Єва", "Жук", "Ива", "Іва", "Їжак", "Йод", "Кіт"]
    polish = ["Adam", "Azja", "Ącki", "Bo", "Cz", "Ćma", "Dom", "Lza", "Łan", "Mak", "Zzz", "Źle", "Żak"]
    assert sorted(ukrainian, key=sort_name) == ukrainian
    assert sorted(polish, key=sort_name) == polish


def test_case_does_not_matter_for_the_order() -> None:
    assert sort_name(" ACME ") == sort_name("acme")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Acme Leads GmbH & Co.", "acme-leads-gmbh-co"),
        ("Ґазда і Їжак", "gazda-i-izhak"),
        ("Żółw Łódź", "zolw-lodz"),
        ("Объявление", "obiavlenye"),
        ("東京", ""),
        ("x" * 90, "x" * 40),
    ],
)
def test_a_slug_spells_the_name_in_plain_letters(name: str, word: str) -> None:
    assert slug(name) == word
