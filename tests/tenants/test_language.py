"""Mails speak their reader's language."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tenants import language


@pytest.fixture
def catalogues(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = Catalog("uk")
    catalogue.add("Hello %(name)s,", "Вітаємо, %(name)s!")
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    before = language._folder
    language.use_translations(tmp_path)
    yield tmp_path
    language._folder = before
    language._catalogue.cache_clear()


def test_a_sentence_is_said_in_the_readers_language_with_its_values(catalogues: Path) -> None:
    assert language.say("uk", "Hello %(name)s,", name="Олено") == "Вітаємо, Олено!"


@pytest.mark.parametrize(("code", "sentence"), [("pl", "Hello %(name)s,"), ("uk", "Bye %(name)s,")])
def test_what_has_no_translation_is_said_in_english(catalogues: Path, code: str, sentence: str) -> None:
    assert language.say(code, sentence, name="Ola").endswith("Ola,")


def test_a_sentence_without_values_may_hold_a_percent_sign() -> None:
    assert language.say("en", "100 % sure") == "100 % sure"
