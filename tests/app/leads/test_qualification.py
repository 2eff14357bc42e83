"""BANT: all 81 combinations of answers against the rule, written out once more in other words."""

from itertools import product

import pytest

from app.leads.problems import Unreadable
from app.leads.qualification import Bant, Qualification, qualify, read_answer, read_temperature

ANSWERS = ("confirmed", "denied", "unknown")


@pytest.mark.parametrize("answers", list(product(ANSWERS, repeat=4)))
def test_only_confirmed_letters_ripen_a_lead(answers: tuple[str, str, str, str]) -> None:
    budget, authority, need, timeline = answers
    confirmed = {letter for letter, answer in zip("BANT", answers, strict=True) if answer == "confirmed"}
    result = qualify(Bant(budget, authority, need, timeline))
    if len(confirmed) == 4:
        assert result == Qualification("hot", "SQL", False)
    elif len(confirmed) >= 2:
        assert result == Qualification("warm", "MQL", not {"N", "A"} <= confirmed)
    else:
        assert result == Qualification("cold", "RQL", False)


def test_answers_survive_their_code() -> None:
    for answers in product(ANSWERS, repeat=4):
        assert Bant.of_code(Bant(*answers).code) == Bant(*answers)
    assert Bant("confirmed", "unknown", "denied", "unknown").code == "cudu"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Так", "confirmed"),
        ("ні", "denied"),
        ("невідомо", "unknown"),
        ("confirmed", "confirmed"),
        ("?", "unknown"),
    ],
)
def test_answers_are_read_in_our_languages(text: str, answer: str) -> None:
    assert read_answer(text) == answer


def test_temperatures_are_read_in_our_languages() -> None:
    assert [read_temperature(text) for text in ("Теплий", "gorący", "COLD", "тёплая")] == [
        "warm",
        "hot",
        "cold",
        "warm",
    ]


def test_other_words_are_refused() -> None:
    with pytest.raises(Unreadable):
        read_temperature("tepid")
    with pytest.raises(Unreadable):
        read_answer("maybe")
