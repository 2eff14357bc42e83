"""A list is walked page by page, each row once."""

import pytest

from tenants import clock
from tests.app.api.conftest import KeyOf
from tests.app.api.described import Client
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.world import World


def walked(client: Client, operation: str, limit: int = 2, **query: str) -> list[str]:
    """The ids of all rows, page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        page = client(operation, query={**query, "limit": limit, "cursor": cursor})
        assert len(page["items"]) <= limit
        found += [one.get("lead_id", one.get("id")) for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = page["next_cursor"]


def test_every_row_comes_once(world: World, key_of: KeyOf) -> None:
    leads = {str(one) for one in put_on_sale(world.acme, clock.now(), Wanted(count=5))}
    agency, company = key_of(world.acme), key_of(world.bolt)
    for sort in ("newest", "oldest", "cheapest", "dearest"):
        found = walked(company, "list_listings", sort=sort)
        assert (len(found), set(found)) == (5, leads)
    assert sorted(walked(agency, "list_leads")) == sorted(leads)
    fill_wallet(world.bolt, 100_000, clock.now())
    items = [{"lead_id": one, "max_net_minor": 2000} for one in sorted(leads)]
    company("create_purchases", {"items": items})
    assert len(set(walked(company, "list_purchases"))) == 5
    assert len(set(walked(agency, "list_sales"))) == 5
    moved = company("list_entries", query={"limit": 3})
    rest = company("list_entries", query={"limit": 200, "cursor": moved["next_cursor"]})
    assert [len(moved["items"]), len(rest["items"])] == [3, 3]


def test_short_lists_are_paged_too(world: World, key_of: KeyOf) -> None:
    agency = key_of(world.acme)
    made = [agency("create_source", {"name": f"S{n}", "channel": "blog"})["id"] for n in range(3)]
    assert walked(agency, "list_sources") == made


@pytest.mark.parametrize("cursor", ["x", "AAAA", "fg", "bmV3ZXN0fjk5fjk5", "%00", "MX4yfjM"])
def test_a_broken_cursor_is_refused(world: World, key_of: KeyOf, cursor: str) -> None:
    company = key_of(world.bolt)
    for operation in ("list_listings", "list_purchases", "list_entries", "list_deliveries", "list_actions"):
        assert company.refused(operation, query={"cursor": cursor}) == (422, "invalid")


def test_a_cursor_belongs_to_its_sort(world: World, key_of: KeyOf) -> None:
    put_on_sale(world.acme, clock.now(), Wanted(count=2))
    company = key_of(world.bolt)
    page = company("list_listings", query={"limit": 1, "sort": "dearest"})
    query = {"sort": "cheapest", "cursor": page["next_cursor"]}
    assert company.refused("list_listings", query=query) == (422, "invalid")
