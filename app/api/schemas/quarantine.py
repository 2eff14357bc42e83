"""Leads that rest in quarantine."""

from collections.abc import Iterable
from typing import Any

from marshmallow import fields

from app.api.schemas.fields import Answer, Id, Text
from app.leads.problems import Problem
from app.leads.reasons import REASONS


class Reason(Answer):
    """Why a lead waits, or was refused."""

    code = Text()
    message = Text()


class Waiting(Answer):
    """A lead that rests until somebody has looked at it."""

    quarantined_id = Id()
    reasons = fields.List(fields.Nested(Reason))


def said(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Reasons with their sentences."""
    return [{"code": one.code, "message": REASONS.get(one.code, one.code) % one.params} for one in problems]
