"""A tenant sees its own deliveries, page by page, with every try."""

from datetime import timedelta

import pytest

from app.delivery.addresses import Loopback
from app.delivery.log import Wanted, find_delivery, list_deliveries
from tenants.db import transaction
from tenants.errors import NotFound
from tests.app.delivery.receiver import Receiver, Reply
from tests.app.delivery.scene import NOW, Hook, deliveries, enqueue, events, make_hook, make_tenant, only, run


def test_deliveries_are_paged_newest_first(hook: Hook) -> None:
    for hours in range(3):
        enqueue(hook.tenant_id, events(2, at=NOW + timedelta(hours=hours)))
    with transaction(hook.tenant_id) as session:
        seen, before = [], None
        while page := list_deliveries(session, hook.tenant_id, Wanted(before=before, limit=4)):
            seen += [row.id for row in page]
            before = page[-1].created_at, page[-1].id
    assert seen == [row["id"] for row in reversed(deliveries(hook.tenant_id))]


def test_the_log_is_filtered_by_destination_and_state(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    other = make_hook(hook.tenant_id, "https://example.com/")
    enqueue(hook.tenant_id, events(kind="sale.returned"))
    with transaction(hook.tenant_id) as session:
        count = lambda **given: len(list_deliveries(session, hook.tenant_id, Wanted(**given)))  # noqa: E731
        assert count(destination_id=other.id) == 1
        assert count(destination_id=hook.id, states=("delivered",)) == 1
        assert count(states=("pending",)) == 2


def test_a_delivery_shows_every_try_and_only_to_its_tenant(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    receiver.reply = Reply(500)
    enqueue(hook.tenant_id, events())
    run(hook, loopback)
    run(hook, loopback, only(hook.tenant_id)["due_at"])
    with transaction(hook.tenant_id) as session:
        found, tries = find_delivery(session, hook.tenant_id, only(hook.tenant_id)["id"])
        assert (found.attempts, [one.status for one in tries]) == (2, [500, 500])
    stranger = make_tenant()
    for claimed_to_be in (stranger, hook.tenant_id):
        with pytest.raises(NotFound), transaction(stranger) as session:
            find_delivery(session, claimed_to_be, found.id)
    with transaction(stranger) as session:
        assert list_deliveries(session, hook.tenant_id, Wanted()) == []
