"""The marketplace: what is on offer."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import MOST_MINOR
from app.api.schemas.market import Listing, ListingPage, ListingQuery
from app.guard import session
from app.market import search
from tenants import clock
from tenants.errors import Invalid, NotFound
from tenants.language import N_
from tenants.permissions import Permission

resource = Resource("listings", "Consumer leads on offer; nothing here names a person.")
_BY_PRICE = ("cheapest", "dearest")
_LISTS = ("region", "channel", "temperature", "stage", "language")


@resource.get("/listings", Permission.LEAD_READ, Takes(ListingQuery), gives=Gives(ListingPage))
def list_listings(query: dict[str, Any]) -> dict[str, Any]:
    """Open listings that match."""
    filters = search.Filters(
        vertical=query["vertical"],
        country=query["country"],
        **{f"{name}s": tuple(query[name]) for name in _LISTS},
        agency_id=query["agency_id"],
        enquired_from=query["enquired_from"],
        max_net_minor=query["max_net_minor"],
        exclusive_only=query["exclusive_only"],
        preview=_preview(query["preview"]),
    )
    found = search.search(
        session(),
        filters,
        clock.now(),
        sort=query["sort"],
        cursor=_place(query["sort"], query["cursor"]),
        limit=query["limit"],
    )
    written = found.next_cursor.split("~") if found.next_cursor else None
    return {"items": found.rows, "next_cursor": cursors.write(query["sort"], *written) if written else None}


@resource.get("/listings/{lead_id}", Permission.LEAD_READ, gives=Gives(Listing))
def read_listing(lead_id: UUID) -> Any:
    """One listing, whatever its state."""
    found = search.listing(session(), lead_id)
    if found is None:
        raise NotFound
    return found


def _place(sort: str, cursor: str) -> str:
    """A cursor of this very sort, as the search writes it."""
    is_price = sort in _BY_PRICE
    found = cursors.read(cursor, str, int if is_price else datetime, UUID)
    if found is None:
        return ""
    wrote, value, last_id = found
    if wrote != sort or (is_price and not 0 <= value <= MOST_MINOR):
        raise Invalid(N_("This cursor belongs to another list."), fields={"cursor": "another sort"})
    return f"{value if is_price else value.isoformat()}~{last_id}"


def _preview(written: str) -> Mapping[str, Any]:
    if not written:
        return {}
    try:
        wanted = json.loads(written)
    except (ValueError, RecursionError) as broken:
        raise _bad_preview() from broken
    plain = isinstance(wanted, dict) and all(isinstance(one, str | int | bool) for one in wanted.values())
    if not plain or (
        "\\u" in json.dumps(wanted, ensure_ascii=True).replace("\\\\", "") and not _storable(wanted)
    ):
        raise _bad_preview()
    return dict(wanted)


def _storable(wanted: dict[str, Any]) -> bool:
    try:
        return b"\x00" not in json.dumps(wanted, ensure_ascii=False).replace("\\u0000", "\x00").encode()
    except UnicodeEncodeError:
        return False


def _bad_preview() -> Invalid:
    return Invalid(
        N_("Write the shown facts as a JSON object of plain values."), fields={"preview": "a JSON object"}
    )
