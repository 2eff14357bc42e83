"""Whose key is this: a client's first question."""

from typing import Any

from app.api.operations import Gives, Resource, Takes
from app.api.schemas.intake import Me
from app.guard import actor
from tenants.permissions import Permission

resource = Resource("me", "The key in your hand.")


@resource.get("/me", Permission.LEAD_READ, Takes(by_source_keys=True), gives=Gives(Me))
def read_me() -> dict[str, Any]:
    """Whose key this is, and its scopes."""
    who = actor()
    return {"name": who.name, "tenant": who.card(), "scopes": sorted(who.permissions)}
