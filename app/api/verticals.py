"""The kinds of leads and what a file of them may hold."""

import re
from dataclasses import fields as parts
from typing import Any

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.intake import TargetPage, TargetQuery, Vertical, VerticalPage
from app.guard import actor
from app.leads import targets, verticals
from tenants.errors import NotFound
from tenants.permissions import Permission

resource = Resource("verticals", "Kinds of leads, each with its typed fields.")


@resource.get("/verticals", Permission.LEAD_READ, Takes(PageQuery), gives=Gives(VerticalPage))
def list_verticals(query: dict[str, Any]) -> dict[str, Any]:
    """The verticals, each in its newest version."""
    found = page_of_all(verticals.current(), query, lambda one: one.code)
    return {**found, "items": [_shown(one) for one in found["items"]]}


@resource.get("/verticals/{code}", Permission.LEAD_READ, gives=Gives(Vertical))
def read_vertical(code: str) -> dict[str, Any]:
    """One vertical, by `code` or `code@version`."""
    return _shown(_find(code))


@resource.get("/verticals/{code}/targets", Permission.LEAD_READ, Takes(TargetQuery), gives=Gives(TargetPage))
def list_targets(query: dict[str, Any], code: str) -> dict[str, Any]:
    """What the columns of a file of such leads can be mapped to."""
    found = targets.targets(_find(code), query["type"], actor().language)
    return page_of_all(found, query, lambda one: one.name)


def _find(code: str) -> verticals.Vertical:
    bare, at, version = code.partition("@")
    if at and not re.fullmatch(r"[1-9][0-9]{0,5}", version):
        raise NotFound
    try:
        return verticals.get(bare, int(version) if at else None)
    except verticals.UnknownVertical as unknown:
        raise NotFound from unknown


def _shown(vertical: verticals.Vertical) -> dict[str, Any]:
    language = actor().language
    asked = [
        {
            **{part.name: getattr(one, part.name) for part in parts(one)},
            "label": one.label(language),
            "choices": [choice.value for choice in one.choices],
        }
        for one in vertical.fields
    ]
    return {
        "code": vertical.code,
        "version": vertical.version,
        "name": vertical.name(language),
        "is_b2b": vertical.is_b2b,
        "demands_consent": vertical.demands_consent,
        "lead_days": vertical.lead_days,
        "fields": asked,
    }
