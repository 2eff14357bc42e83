"""Whatever a form says, it says in each of its four languages."""

import re

import pytest
from jinja2 import Environment

from app.leads import verticals
from app.leads.flag_words import FLAGS
from app.leads.forms import walk
from app.leads.forms.answers import SAID
from app.leads.forms.confirmation import _BODY, _SUBJECT
from app.leads.forms.words import say, words
from tests.source import PROJECT

FOLDER = PROJECT / "app" / "templates" / "hosted_form"
NEVER_ASKED = {
    "wrong_type", "too_many_contacts", "no_consent_time", "no_addressee", "expired", "unknown_temperature",
    "unknown_answer", "unknown_field", "short_row", "long_row", "cell_too_long", "record_too_long", "stray_quote",
    "unterminated_quote", "undecodable_bytes", "unknown_language", "not_a_time", "bad_jornaya", "bad_ip", "bad_trustedform",
    "not_an_object", "unstorable_text",
}  # fmt: skip
"""Problems of files and programs: a person's form cannot have them."""
REJECTED = {flag for one in verticals.current() for flag in one.screening.rejects} - {"certificate_old"}
NOT_SAID = (FLAGS.keys() - REJECTED) | {"certificate_old"}
"""What is noticed about a lead without refusing it, and what no form asks for."""


def sentences() -> set[str]:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    found = {"Yes", "No", _BODY, _SUBJECT, *walk.NOTICES.values()}
    found |= {sentence for code, sentence in SAID.items() if code not in NEVER_ASKED | NOT_SAID}
    for path in FOLDER.glob("*.html"):
        for _line, _function, message in environment.extract_translations(path.read_text("utf-8")):
            found.add(message if isinstance(message, str) else str(message[0]))
    return found


@pytest.mark.parametrize("language", ["pl", "ru"])
def test_every_sentence_has_its_words(language: str) -> None:
    assert sentences() - words(language).keys() == set()
    assert words(language).keys() - sentences() == set(), "nobody says this any more"
    for english, said in words(language).items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", said)), english


def test_a_language_nobody_speaks_is_english() -> None:
    assert say("de", "Step %(number)s of %(count)s", number=1, count=2) == "Step 1 of 2"
    assert say("pl", "Step %(number)s of %(count)s", number=1, count=2) == "Krok 1 z 2"
