"""Limits of a key on its page."""

import re

import pytest

from tenants import api_keys
from tenants.db import transaction
from tenants.key_limits import KeyLimits
from tests.app.leads.uploads import Desk
from tests.app.pages.visitor import Visitor
from tests.world import World


def keys(world: World) -> list[api_keys.ApiKey]:
    with transaction(world.acme.id) as session:
        return api_keys.keys(session, world.acme.owner)


def test_a_publishers_key_is_made_and_its_limits_changed(world: World, visitor: Visitor) -> None:
    source = Desk(world.acme).source_id
    visitor.log_in(world.acme.owner.email, onward="/settings/keys")
    page = visitor.submit(
        "/settings/keys",
        name="Publisher",
        scopes="leads:write",
        networks="203.0.113.0/24\r\n2001:db8::1",
        calls_a_minute="600",
        source_id=str(source),
    )
    assert re.search(r"floe_live_\w{36}", page)
    assert "only Landing page Acme Leads" in visitor.words
    (key,) = keys(world)
    assert key.limits == KeyLimits(("203.0.113.0/24", "2001:db8::1"), 600, source)
    visitor.submit(f"/settings/keys/{key.id}/limits", networks="", calls_a_minute="")
    assert "any address" in visitor.words
    assert keys(world)[0].limits == KeyLimits((), None, source)
    visitor.submit(f"/settings/keys/{key.id}/limits", networks="everywhere", calls_a_minute="")
    assert visitor.status == 422
    assert "203.0.113.7" in visitor.words


@pytest.mark.parametrize(
    ("field", "typed"), [("networks", "x"), ("calls_a_minute", "fast"), ("source_id", "01936b0e")]
)
def test_a_key_with_wrong_limits_is_not_made(world: World, visitor: Visitor, field: str, typed: str) -> None:
    foreign = str(Desk(world.acme).source_id) if field == "source_id" else typed
    visitor.log_in(world.bolt.owner.email, onward="/settings/keys")
    for value in {typed, foreign}:
        visitor.submit("/settings/keys", name="CRM", scopes="leads:read", **{field: value})
        assert visitor.status == 422
        assert "floe_live_" not in visitor.page
