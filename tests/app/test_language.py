"""Pages speak the reader's language, with its plurals; refusals too; catalogues are never stale."""

import os
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from flask import Flask, g
from flask_babel import ngettext

from app.language import choose, compile_catalogues
from app.wording import sentence
from billing.money import CurrencyNotSupported, demand_currency
from tenants.errors import NotFound, Refused
from tests.world import World

SOURCE = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Save"\nmsgstr "{}"\n'


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        ("", "uk,en;q=0.5", "uk"),
        ("", "de, en-GB;q=0.5", "en"),
        ("", "pl, ru;q=0.5", "en"),
        ("", "", "en"),
        ("uk", "en", "uk"),
        ("pl", "uk", "uk"),
    ],
)
def test_the_browser_is_asked_when_the_reader_chose_nothing_that_we_speak(
    app: Flask, cookie: str, header: str, language: str
) -> None:
    headers = {"Accept-Language": header, "Cookie": f"floe_language={cookie}"}
    with app.test_request_context(headers=headers):
        assert choose() == language


def test_the_readers_own_choice_goes_before_the_browsers(app: Flask, world: World) -> None:
    with app.test_request_context(headers={"Accept-Language": "uk"}):
        g.actor = world.acme.owner
        assert choose() == "en"


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 подія"), (3, "3 події"), (5, "5 подій"), (11, "11 подій"), (21, "21 подія")]
)
def test_a_count_takes_the_plural_of_the_language(app: Flask, count: int, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "uk"}):
        assert ngettext("%(num)s event", "%(num)s events", count) == said


def test_a_refusal_is_said_in_the_readers_language_with_its_details(app: Flask) -> None:
    with pytest.raises(CurrencyNotSupported) as refused:
        demand_currency("UAH")
    with app.test_request_context(headers={"Accept-Language": "uk"}):
        assert sentence(refused.value) == "Ця система торгує лише в EUR."
        assert sentence(NotFound()) == "Такого запису немає."
    with app.test_request_context():
        assert sentence(refused.value) == "This installation trades in EUR only."


def test_a_sentence_that_nobody_translated_is_said_as_it_is(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "uk"}):
        assert sentence(Refused("100 % new, %(missing)s")) == "100 % new, %(missing)s"


def test_a_catalogue_is_compiled_when_it_is_missing_or_older_than_its_source(tmp_path: Path) -> None:
    source = tmp_path / "uk" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE.format("Зберегти"), encoding="utf-8")
    compile_catalogues(tmp_path)
    assert _said(source) == "Зберегти"

    made = source.with_suffix(".mo")
    written = made.stat().st_mtime_ns
    compile_catalogues(tmp_path)
    assert made.stat().st_mtime_ns == written, "what is fresh stays"

    source.write_text(SOURCE.format("Записати"), encoding="utf-8")
    os.utime(source, ns=(written + 10**9, written + 10**9))
    compile_catalogues(tmp_path)
    assert _said(source) == "Записати"
    assert [path.name for path in sorted(source.parent.iterdir())] == ["messages.mo", "messages.po"]


def _said(source: Path) -> str:
    with source.with_suffix(".mo").open("rb") as file:
        message = read_mo(file).get("Save")
    assert message is not None
    return str(message.string)
