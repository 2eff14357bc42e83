"""Characters that no value of a lead holds: control, direction, half of a pair. Pure.

Invariant: what comes out can be stored, sealed and shown; texts are otherwise as they were.
"""

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(value: object) -> bool:
    """Whether every text of a JSON value could be stored as it is: no NUL, no half of a pair."""
    if isinstance(value, str):
        return value.isprintable() or _UNSTORABLE.search(value) is None
    if isinstance(value, list):
        return all(map(is_storable, value))
    if isinstance(value, dict):
        return all(map(is_storable, (*value, *value.values())))
    return True


def without_unsafe(value: object) -> object:
    """A JSON value without the characters that no file could bring in."""
    if isinstance(value, str):
        return value if value.isprintable() else _UNSAFE.sub("", value)
    if isinstance(value, list):
        return [without_unsafe(one) for one in value]
    if isinstance(value, dict):
        return {name: without_unsafe(one) for name, one in value.items()}
    return value
