"""Requirements and their locks: what is asked for, why, and what is pinned."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.source import PROJECT

_ASKED = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?(==(?P<version>[\w.]+))?\s*(#\s*(?P<reason>\S.*))?")
_PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """A direct dependency as a person wrote it."""

    name: str
    version: str | None
    reason: str | None


def asked(text: str) -> Iterator[Asked]:
    """The direct dependencies of a requirements.in."""
    for line in text.splitlines():
        if line.strip() and not line.startswith(("#", "-r ")):
            found = _ASKED.fullmatch(line.strip())
            assert found, f"not understood: {line}"
            yield Asked(_normal(found["name"]), found["version"], found["reason"])


def pinned(text: str) -> dict[str, str]:
    """Name → version of a generated lock."""
    return {_normal(name): version for name, version in _PINNED.findall(text)}


def read(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
