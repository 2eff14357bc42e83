"""The forms' own words in the language of whoever fills them in: four languages, two more than Floe's own pages speak.

Invariant: a sentence without a translation falls back to English, never to an error.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tenants import language

_FOLDER = Path(__file__).parent / "words"


def say(reader: str, sentence: str, **values: object) -> str:
    """A marked sentence for a reader, its `%(name)s` places filled."""
    if reader in language.LANGUAGES:
        said = language.say(reader, sentence)
    else:
        said = words(reader).get(sentence, sentence)
    return said % values if values else said


@cache
def words(reader: str) -> Mapping[str, str]:
    """The sentences of a language that only forms speak, by their English."""
    path = _FOLDER / f"{reader}.toml"
    return tomllib.loads(path.read_text("utf-8"))["words"] if path.exists() else {}
