"""What follows from a tenant's name: its place in a sorted list, and its word in addresses. Pure.

The database sorts by code points, so the sorting key moves the letters of our alphabets to their neighbours.
"""

import re
import unicodedata

_AFTER = "\uf8ff"
"""Sorts behind every letter."""

_NEIGHBOURS = {
    letter: base + _AFTER * steps
    for base, letters in {
        "г": "ґ", "е": "ёє", "и": "іїй", "a": "ą", "c": "ć", "e": "ę", "l": "ł", "n": "ń", "o": "ó", "s": "ś", "z": "źż",
    }.items()
    for steps, letter in enumerate(letters, 1)
}  # fmt: skip
_SORTING = str.maketrans(_NEIGHBOURS)

_SPELLED_AS = """
а a б b в v г h ґ g д d е e є ie ё e ж zh з z и y і i ї i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts
ч ch ш sh щ shch ы y э e ю iu я ia ł l
""".split()  # noqa: SIM905 (a table to read)
_SPELLING = str.maketrans(dict(zip(_SPELLED_AS[::2], _SPELLED_AS[1::2], strict=True)) | {"ь": "", "ъ": ""})

_SLUG_LENGTH = 40


def sort_name(name: str) -> str:
    """The key by which names are sorted: case aside, Ukrainian and Polish letters in their alphabets' order."""
    return unicodedata.normalize("NFC", name.strip()).casefold().translate(_SORTING)


def slug(name: str) -> str:
    """A short word of a-z, 0-9 and hyphens for addresses; empty when the name has no letter we can spell."""
    spelled = unicodedata.normalize("NFC", name).casefold().translate(_SPELLING)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_SLUG_LENGTH].strip("-")
