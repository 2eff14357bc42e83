"""An agency's sources and what they cost."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.api.cursors import page_of_all
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.intake import NewSource, SourcePage, SourceQuery, SourceWhole, Spend
from app.guard import actor, session
from app.leads import sources
from tenants.permissions import Permission

resource = Resource("sources", "Where an agency's leads come from, and what that costs.")
_EXAMPLE = {"name": "Solar landing page", "channel": "paid_search", "public_label": "Search"}


@resource.get("/sources", Permission.LEAD_READ, Takes(SourceQuery), gives=Gives(SourcePage))
def list_sources(query: dict[str, Any]) -> dict[str, Any]:
    """The agency's sources, those in use first."""
    found = sources.listed(session(), actor().card().id, has_archived=query["has_archived"])
    return page_of_all(found, query, lambda one: one.id)


@resource.post(
    "/sources", Permission.LEAD_WRITE, Takes(json=NewSource, example=_EXAMPLE), gives=Gives(SourceWhole, 201)
)
def create_source(body: dict[str, Any]) -> dict[str, Any]:
    """Open a source."""
    return _shown(sources.create(session(), actor(), sources.NewSource(**body)))


@resource.get("/sources/{source_id}", Permission.LEAD_READ, gives=Gives(SourceWhole))
def read_source(source_id: UUID) -> dict[str, Any]:
    """One source with what it cost, by month."""
    return _shown(source_id)


@resource.put(
    "/sources/{source_id}",
    Permission.LEAD_WRITE,
    Takes(json=NewSource, example=_EXAMPLE),
    gives=Gives(SourceWhole),
)
def rename_source(body: dict[str, Any], source_id: UUID) -> dict[str, Any]:
    """Describe a source anew; leads listed before keep the label they were listed with."""
    sources.rename(session(), actor(), source_id, sources.NewSource(**body))
    return _shown(source_id)


@resource.post("/sources/{source_id}/archive", Permission.LEAD_WRITE, gives=Gives(SourceWhole))
def archive_source(source_id: UUID) -> dict[str, Any]:
    """Take a source out of use; its leads stay on sale."""
    sources.archive(session(), actor(), source_id)
    return _shown(source_id)


@resource.post("/sources/{source_id}/restore", Permission.LEAD_WRITE, gives=Gives(SourceWhole))
def restore_source(source_id: UUID) -> dict[str, Any]:
    """Take an archived source into use again."""
    sources.archive(session(), actor(), source_id, is_archived=False)
    return _shown(source_id)


@resource.put(
    "/sources/{source_id}/spend",
    Permission.LEAD_WRITE,
    Takes(json=Spend, example={"month_on": "2026-11-01", "amount_minor": 120000, "currency": "EUR"}),
    gives=Gives(SourceWhole),
)
def record_spend(body: dict[str, Any], source_id: UUID) -> dict[str, Any]:
    """Say what a source cost in a month; the last word counts."""
    sources.record_spend(session(), actor(), source_id, sources.Spend(**body))
    return _shown(source_id)


def _shown(source_id: UUID) -> dict[str, Any]:
    tenant_id = actor().card().id
    one = sources.get(session(), tenant_id, source_id)
    return {**asdict(one), "spends": sources.spends(session(), tenant_id, source_id)}
