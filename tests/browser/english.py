"""Finds English that is left on a page in another language: by the catalogue, and by the little words of English."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from babel.messages.pofile import read_po

from tests.source import PROJECT

_LITTLE = re.compile(
    r"(?<![\w-])(the|of|and|is|are|was|were|to|for|by|not|your|you|with|from|this|that|has|have|it|its|be)(?![\w-])"
)
_PLACE = re.compile(r"%\(\w+\)[sd]")


def english_in(texts: Iterable[str], language: str) -> Iterator[str]:
    """The texts that are sentences of the product, untranslated, or that read like English prose."""
    sentences, patterns = _sentences(language)
    for text in texts:
        is_ours = text in sentences or any(pattern.fullmatch(text) for pattern in patterns)
        if is_ours or len(set(_LITTLE.findall(text))) >= 2:
            yield text


@cache
def _sentences(language: str) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    # a word alone may be somebody's name; a sentence of the catalogue is nobody's
    path = PROJECT / "app" / "translations" / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        catalogue = read_po(file)
    whole, patterns = set(), []
    for message in catalogue:
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for form in message.id if isinstance(message.id, tuple | list) else (message.id,):
            plain = re.sub(r"<[^>]+>", "", form)
            if not form or form in said:
                continue
            if not _PLACE.search(plain):
                whole.add(" ".join(plain.split()))
            elif len(re.findall(r"[a-z]{2,}", _PLACE.sub("", plain))) >= 2:
                parts = [re.escape(" ".join(part.split(" "))) for part in _PLACE.split(plain)]
                patterns.append(re.compile(".+?".join(parts)))
    return frozenset(whole), tuple(patterns)
