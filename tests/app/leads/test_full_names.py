"""Full names split into their parts, and the order they are written in, guessed."""

import pytest

from app.leads.full_names import FIRST_LAST, LAST_FIRST, LAST_FIRST_PATRONYMIC, guess, split


@pytest.mark.parametrize(
    ("name", "order", "parts"),
    [
        ("Олена Петренко", FIRST_LAST, ("Олена", "Петренко")),
        ("Петренко Олена", LAST_FIRST, ("Олена", "Петренко")),
        ("Петренко Олена Іванівна", LAST_FIRST_PATRONYMIC, ("Олена", "Петренко")),
        ("Олена Іванівна Петренко", LAST_FIRST_PATRONYMIC, ("Олена", "Петренко")),
        ("Олена Іванівна", LAST_FIRST_PATRONYMIC, ("Олена", "")),
        ("Иванов Иван Иванович", FIRST_LAST, ("Иван", "Иванов")),
        ("Іван Климович", FIRST_LAST, ("Іван", "Климович")),
        ("Іван Петрович Климович", FIRST_LAST, ("Іван", "Климович")),
        ("Шевченко, Тарас Григорович", FIRST_LAST, ("Тарас", "Шевченко")),
        ("Jan Maria Kowalski", FIRST_LAST, ("Jan Maria", "Kowalski")),
        ("Pan dr Jan Kowalski", FIRST_LAST, ("Jan", "Kowalski")),
        ("Ludwig van Beethoven", FIRST_LAST, ("Ludwig", "van Beethoven")),
        ("van Beethoven Ludwig", LAST_FIRST, ("Ludwig", "van Beethoven")),
        ("Анна-Марія О'Коннор", FIRST_LAST, ("Анна-Марія", "О'Коннор")),
        ("Олена (мама)", FIRST_LAST, ("Олена", "")),
        ("Ковальчук", FIRST_LAST, ("", "Ковальчук")),
        ("Ігор", LAST_FIRST, ("Ігор", "")),
    ],
)
def test_a_full_name_has_parts(name: str, order: str, parts: tuple[str, str]) -> None:
    assert split(name, order) == parts


@pytest.mark.parametrize(
    "name", ["", " ", "123", "olena@ukr.net", "https://x.ua", "-", "а б в г д е є", "Я " + "я" * 300]
)
def test_what_is_no_name_has_none(name: str) -> None:
    assert split(name, FIRST_LAST) == ("", "")


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["Олена Петренко", "Тарас Шевчук", "Ліна"], FIRST_LAST),
        (["Петренко Олена", "Шевчук Тарас", "Ліна Костенко"], LAST_FIRST),
        (["Петренко Олена Іванівна", "Шевчук Тарас Петрович", "Бойко Ігор"], LAST_FIRST_PATRONYMIC),
        (["Иван Иванович Иванов", "Анна Петровна Сидорова"], FIRST_LAST),
        (["Kowalski Jan", "Nowak Anna", "Wiśniewska Ewa"], LAST_FIRST),
        (["Jan Kowalski", "Anna Nowak"], FIRST_LAST),
        (["Abc Def", "Ghi Jkl"], None),
        (["Jan Kowalski", "Kowalski Jan"], None),
        ([], None),
    ],
)
def test_the_order_is_guessed_from_the_names_that_tell_it(names: list[str], order: str | None) -> None:
    assert guess(names) == order
