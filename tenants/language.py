"""Sentences of a tenant's mails in the language of their reader.

Invariant: a language or a sentence without a translation falls back to English, never to an error.
"""

import gettext
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "uk")
"""Complete translations only."""

_folder: Path | None = None


def N_(sentence: str) -> str:  # noqa: N802 (the name under which message extractors look for sentences)
    """Marks a sentence for translation; it is translated when the reader is known."""
    return sentence


def use_translations(folder: Path) -> None:
    """Name the folder of the compiled catalogues (`<language>/LC_MESSAGES/messages.mo`). Called once at start-up."""
    global _folder
    _folder = folder
    _catalogue.cache_clear()


def say(language: str, sentence: str, **values: str) -> str:
    """A marked sentence in that language, its `%(name)s` places filled."""
    translated = _catalogue(language).gettext(sentence)
    return translated % values if values else translated


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("messages", _folder, [language], fallback=True)
