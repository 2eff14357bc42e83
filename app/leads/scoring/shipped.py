"""The scoring rules that come with the product, one file a vertical beside this module.

Invariant: a published file never changes its meaning, since leads were scored and sold under it; its version counts
below zero, so that it never meets a version an agency made.
"""

import tomllib
from functools import cache
from pathlib import Path

from app.leads import verticals
from app.leads.scoring.points import Scorer
from app.leads.scoring.rules import Rules, read

_FOLDER = Path(__file__).parent / "shipped"


def shipped(vertical: str, version: int | None = None) -> Rules:
    """The rules shipped for a vertical, the newest unless a version is named; none at all where no file is."""
    versions = _files().get(vertical, {})
    wanted = version if version is not None else min(versions, default=0)
    return versions.get(wanted) or read({}, verticals.get(vertical), wanted)


@cache
def shipped_scorer(vertical: str) -> Scorer:
    """The newest of them, ready to score."""
    return Scorer(shipped(vertical))


@cache
def _files() -> dict[str, dict[int, Rules]]:
    found: dict[str, dict[int, Rules]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        code, number, _ = path.name.split(".")
        data = tomllib.loads(path.read_text("utf-8"))
        found.setdefault(code, {})[-int(number)] = read(data, verticals.get(code), -int(number))
    return found
