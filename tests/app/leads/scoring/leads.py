"""Leads and rules for the tests of scoring: what is not said is not known."""

from typing import Any

from app.leads import verticals
from app.leads.scoring.facts import Known, Place, Told
from app.leads.scoring.points import Scorer
from app.leads.scoring.rules import Rules, read

SOLAR = verticals.get("home_solar")
IT = verticals.get("it_outsourcing")
WIDE = {"answers": [100, -100], "contact": [100, -100], "ripeness": [100, -100], "origin": [100, -100],
        "activity": [100, -100]}  # fmt: skip


def known(answers: dict[str, Any] | None = None, bant: str = "uuuu", **more: Any) -> Known:
    """A lead of whom so much is known."""
    told = Told(**{name: more[name] for name in Told._fields if name in more})
    place = Place(**{name: more[name] for name in Place._fields if name in more})
    return Known(answers or {}, told, bant, place)


def rule(subject: str, points: int, op: str = "present", *values: Any, **more: Any) -> dict[str, Any]:
    """One rule as data."""
    told = {"key": f"{subject}-{op}-{values}-{points}", "group": "answers", "half_life_days": None}
    return {**told, "subject": subject, "op": op, "values": list(values), "points": points, **more}


def trait(
    subject: str, kind: str, op: str = "present", *values: Any, weight: int = 0, **more: Any
) -> dict[str, Any]:
    """One trait as data."""
    told = {"key": f"{kind}-{subject}-{op}-{values}", "kind": kind, "weight": weight}
    return {**told, "subject": subject, "op": op, "values": list(values), **more}


def rules(
    *ones: dict[str, Any], profile: tuple[dict[str, Any], ...] = (), groups: Any = None, vertical: Any = SOLAR
) -> Rules:
    """A set of rules without limits worth speaking of, unless given."""
    return read({"groups": groups or WIDE, "rules": list(ones), "profile": list(profile)}, vertical, 1)


def scorer(*ones: dict[str, Any], **more: Any) -> Scorer:
    """The same, ready to score."""
    return Scorer(rules(*ones, **more))
