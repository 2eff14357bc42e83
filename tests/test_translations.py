"""Every language that is offered is complete, faithful to the English and written in its own letters."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from app.language import LANGUAGES
from tenants.language import LANGUAGES as LANGUAGES_OF_MAILS
from tests.source import PRODUCT, PROJECT, modules

FOLDER = PROJECT / "app" / "translations"
TRANSLATED = sorted(set(LANGUAGES) - {"en"})
FOREIGN_LETTERS = {"uk": "ыэъёЫЭЪЁ"}
"""Letters of neighbouring alphabets that a language does not have."""

MARKERS = {"N_", "_", "gettext", "_l", "lazy_gettext"}
SAME_EVERYWHERE = {
    "Jornaya LeadiD",
    "%(company)s and %(agency)s", "%(what)s: %(state)s", "API v1", "Excel (XLSX)", "Sub-ID",
}  # fmt: skip
"""Sentences that may read alike in two languages."""

FOR_INSTALLERS = ("app.demo.load", "billing.stripe.client")
"""Modules that also refuse at start-up or on the command line, in English."""

Key = tuple[str, ...]


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make i18n` collects, collected now."""
    recipe = (PROJECT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    (options,) = re.findall(r"\$\(BABEL\) extract (.*) -o messages\.pot \.", recipe)
    found = tmp_path_factory.mktemp("i18n") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", *shlex.split(options)]
    subprocess.run([*command, "-o", str(found), "."], cwd=PROJECT, check=True)
    return _read(found)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _catalogue(language: str) -> Catalog:
    return _read(FOLDER / language / "LC_MESSAGES" / "messages.po")


def _messages(catalogue: Catalog) -> dict[Key, Message]:
    return {(message.context or "", *_forms(message.id)): message for message in catalogue if message.id}


def _forms(words: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def test_complete_languages_are_offered_and_no_others() -> None:
    have = {path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/*.po")}
    assert set(LANGUAGES) == set(LANGUAGES_OF_MAILS) == have | {"en"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_every_sentence_of_the_product_and_no_other(
    language: str, sentences: Catalog
) -> None:
    have, wanted = _messages(_catalogue(language)), _messages(sentences)
    assert len(wanted) > 1000
    assert {"missing": wanted.keys() - have.keys(), "left over": have.keys() - wanted.keys()} == {
        "missing": set(),
        "left over": set(),
    }, "run `make i18n` and translate what is new"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_faithfully(language: str) -> None:
    catalogue = _catalogue(language)
    wrong = [
        (message.id, flaw)
        for message in _messages(catalogue).values()
        for flaw in flaws(message, catalogue.num_plurals, FOREIGN_LETTERS[language])
    ]
    assert wrong == []


def flaws(message: Message, plurals: int, foreign_letters: str) -> Iterator[str]:
    """What is wrong with a translation, in words."""
    english, said = _forms(message.id), _forms(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if len(said) != (1 if len(english) == 1 else plurals) or not all(said):
        yield "a form is empty or missing"
        return
    for form in said:
        yield from _flaws_of_form(english[-1], form, foreign_letters)


def _flaws_of_form(english: str, said: str, foreign_letters: str) -> Iterator[str]:
    if sorted(_PLACES.findall(english)) != sorted(_PLACES.findall(said)):
        yield "other placeholders or tags"
    if re.findall(r"^\s*|\s*$", english) != re.findall(r"^\s*|\s*$", said):
        yield "other spaces at an end"
    if english.count("\n") != said.count("\n"):
        yield "other lines"
    if set(said) & set(foreign_letters):
        yield "letters of another alphabet"
    yield from (f"mixed letters: {word}" for word in re.findall(r"\w+", said) if _is_mixed(word))
    if english == said and re.search(r"[^\W\d_]{2}", english) and english not in SAME_EVERYWHERE:
        yield "still English"


_PLACES = re.compile(r"%\(\w+\)[sd]|%%|</?[a-z][^>]*>")


def _is_mixed(word: str) -> bool:
    return bool(re.search(r"[A-Za-z]", word) and re.search(r"[Ѐ-ӿ]", word))


@pytest.mark.parametrize(
    ("english", "said", "flaw"),
    [
        ("Save", "", "a form is empty or missing"),
        (
            ("%(num)s row", "%(num)s rows"),
            ("%(num)s рядок", "%(num)s рядки", ""),
            "a form is empty or missing",
        ),
        (("%(num)s row", "%(num)s rows"), ("%(num)s рядок", "%(num)s рядки"), "a form is empty or missing"),
        ("%(count)s selected", "вибрано: %(num)s", "other placeholders or tags"),
        ('<a href="%(link)s">terms</a>', "<b>умови</b>", "other placeholders or tags"),
        ("Save", " Зберегти", "other spaces at an end"),
        ("One\nTwo", "Один Два", "other lines"),
        ("Save", "Сохранить объект", "letters of another alphabet"),
        ("Save", "Збeрегти", "mixed letters: Збeрегти"),
        ("Save", "Save", "still English"),
    ],
)
def test_the_check_sees_a_bad_translation(
    english: str | tuple[str, ...], said: str | tuple[str, ...], flaw: str
) -> None:
    assert flaw in list(flaws(Message(english, said), 3, FOREIGN_LETTERS["uk"]))


def test_the_check_lets_a_good_translation_pass() -> None:
    message = Message("Kept %(at)s in CSV", "Збережено %(at)s у CSV")
    assert list(flaws(message, 3, FOREIGN_LETTERS["uk"])) == []


def refusals() -> Iterator[tuple[str, ast.expr, list[ast.keyword]]]:
    """Where a refusal is made, with its sentence and its details; also the sentences that are its default."""
    names = _names_of_refusals()
    for module in modules(*PRODUCT):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in names:
                yield f"{module.name}:{node.lineno}", node.args[0], node.keywords
            elif isinstance(node, ast.ClassDef) and node.name in names:
                for default in _defaults(node):
                    yield f"{module.name}:{default.lineno}", default, [ast.keyword(None, default)]


def _names_of_refusals() -> set[str]:
    names, before = {"Refused"}, set[str]()
    while names != before:
        before = set(names)
        names |= {
            node.name
            for module in modules(*PRODUCT)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef) and names & {_name(base) for base in node.bases}
        }
    return names


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _defaults(refusal: ast.ClassDef) -> Iterator[ast.expr]:
    for node in ast.walk(refusal):
        if isinstance(node, ast.arguments):
            yield from node.defaults
        elif isinstance(node, ast.Call) and _name(node.func) == "__init__":
            yield from node.args


def test_every_sentence_of_a_refusal_is_marked_for_translation() -> None:
    bare = [
        (where, ast.unparse(sentence))
        for where, sentence, _details in refusals()
        if isinstance(sentence, ast.Constant | ast.JoinedStr) and not where.startswith(FOR_INSTALLERS)
    ]
    assert bare == []


def test_a_refusal_brings_the_details_that_its_sentence_names() -> None:
    checked = 0
    for where, sentence, details in refusals():
        given = {detail.arg for detail in details}
        for places in _marked(sentence):
            checked += 1
            assert None in given or places <= given, where
    assert checked > 100


def _marked(sentence: ast.expr) -> Iterator[set[str]]:
    if isinstance(sentence, ast.Call) and _name(sentence.func) == "N_":
        (words,) = sentence.args
        assert isinstance(words, ast.Constant), ast.unparse(sentence)
        yield set(re.findall(r"%\((\w+)\)", str(words.value)))


def test_only_whole_sentences_are_marked() -> None:
    # the collector reads source text: a variable or an f-string inside a marker is never found
    lost = [
        f"{module.name}:{node.lineno}"
        for module in modules(*PRODUCT)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in MARKERS
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    ]
    assert lost == []
