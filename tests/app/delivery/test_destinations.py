"""A tenant's destinations: made, changed, tested and deleted."""

from uuid import UUID

import pytest
from standardwebhooks import Webhook

from app.delivery import destinations
from app.delivery.addresses import Loopback, UnsafeDestination
from app.delivery.destinations import NewDestination, NotSwitchedOn
from tenants import clock
from tenants.db import transaction
from tenants.errors import Invalid, NotFound
from tests.app.delivery.receiver import Receiver
from tests.app.delivery.scene import (
    NOW,
    Hook,
    deliveries,
    destination,
    enqueue,
    events,
    make_tenant,
    only,
    rows,
    run,
)

DEEDS = (
    lambda session, tenant, found: destinations.rename(session, tenant, found, "x"),
    lambda session, tenant, found: destinations.allow_contacts(
        session, tenant, found, includes_contacts=False
    ),
    destinations.enable,
    destinations.disable,
    destinations.delete,
    destinations.rotate_secret,
    destinations.send_test,
)


@pytest.mark.parametrize(
    "wanted",
    [
        NewDestination("webhook", "CRM", "http://example.com/"),
        NewDestination("webhook", "CRM", "https://127.0.0.1/"),
        NewDestination("webhook", "CRM"),
        NewDestination("webhook", "CRM", "https://example.com/", includes_contacts=True),
        NewDestination("email", "Inbox", "not an address"),
        NewDestination("email", "Inbox"),
        NewDestination("download", "Files", "https://example.com/"),
        NewDestination("download", "Files", includes_contacts=True),
        NewDestination("fax", "Fax", "1"),
        NewDestination("download", "   "),
        NewDestination("download", "x" * 101),
    ],
)
def test_a_wrong_destination_is_refused_and_nothing_written(tenant_id: UUID, wanted: NewDestination) -> None:
    with pytest.raises(Invalid), transaction(tenant_id) as session:
        destinations.create(session, tenant_id, wanted)
    assert rows("SELECT FROM destination") == []


def test_a_webhooks_secret_is_shown_once_and_sealed(tenant_id: UUID) -> None:
    with transaction(tenant_id) as session:
        made = destinations.create(
            session, tenant_id, NewDestination("webhook", " My  CRM ", "https://example.com")
        )
        assert made.secret is not None
        assert made.secret.startswith("whsec_")
        assert made.secret not in repr(made)
    (row,) = rows("SELECT name, address, secret_sealed FROM destination")
    assert (row["name"], row["address"]) == ("My CRM", "https://example.com/")
    assert made.secret.encode() not in bytes(row["secret_sealed"])


def test_an_email_carries_contacts_only_when_allowed_and_only_an_email(tenant_id: UUID, hook: Hook) -> None:
    with transaction(tenant_id) as session:
        made = destinations.create(session, tenant_id, NewDestination("email", "Inbox", "Olena@Example.COM"))
        assert (made.destination.includes_contacts, made.secret) == (False, None)
        assert made.destination.address == "Olena@example.com"
        changed = destinations.allow_contacts(session, tenant_id, made.destination.id, includes_contacts=True)
        assert changed.includes_contacts
        with pytest.raises(Invalid):
            destinations.allow_contacts(session, tenant_id, hook.id, includes_contacts=True)


def test_a_destination_is_renamed_and_listed_until_deleted(hook: Hook) -> None:
    tenant_id = hook.tenant_id
    with transaction(tenant_id) as session:
        assert destinations.rename(session, tenant_id, hook.id, "New").name == "New"
        assert [one.name for one in destinations.list_destinations(session, tenant_id)] == ["New"]
        destinations.delete(session, tenant_id, hook.id)
        assert destinations.list_destinations(session, tenant_id) == []


def test_a_deleted_destination_gets_nothing_more_and_keeps_its_log(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    enqueue(hook.tenant_id, events(2))
    run(hook, loopback)
    enqueue(hook.tenant_id, events(1))
    with transaction(hook.tenant_id) as session:
        destinations.delete(session, hook.tenant_id, hook.id)
    run(hook, loopback)
    assert len(receiver.heard) == 2
    assert sorted(row["state"] for row in deliveries(hook.tenant_id)) == ["dead", "delivered", "delivered"]
    assert destination(hook)["secret_sealed"] is None


def test_what_waits_for_a_destination_switched_off_is_sent_when_it_is_on_again(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    enqueue(hook.tenant_id, events())
    with clock.at(NOW), transaction(hook.tenant_id) as session:
        assert destinations.disable(session, hook.tenant_id, hook.id).disabled_at == NOW
    run(hook, loopback)
    assert receiver.heard == []
    with transaction(hook.tenant_id) as session:
        on = destinations.enable(session, hook.tenant_id, hook.id)
        assert (on.enabled, on.disabled_at, on.disabled_reason) == (True, None, None)
    run(hook, loopback)
    assert only(hook.tenant_id)["state"] == "delivered"


def test_a_test_is_a_real_signed_ping_with_a_visible_result(
    hook: Hook, receiver: Receiver, loopback: Loopback
) -> None:
    with clock.at(NOW), transaction(hook.tenant_id) as session:
        delivery_id = destinations.send_test(session, hook.tenant_id, hook.id)
    run(hook, loopback)
    (heard,) = receiver.heard
    assert Webhook(hook.secret).verify(heard.body, heard.headers)["type"] == "ping"
    row = only(hook.tenant_id)
    assert (row["id"], row["state"], row["last_status"]) == (delivery_id, "delivered", 200)


def test_nothing_is_tested_that_is_off_or_is_a_download(hook: Hook) -> None:
    with transaction(hook.tenant_id) as session:
        destinations.disable(session, hook.tenant_id, hook.id)
        with pytest.raises(NotSwitchedOn):
            destinations.send_test(session, hook.tenant_id, hook.id)
        made = destinations.create(session, hook.tenant_id, NewDestination("download", "Files"))
        with pytest.raises(Invalid):
            destinations.send_test(session, hook.tenant_id, made.destination.id)
        with pytest.raises(Invalid):
            destinations.rotate_secret(session, hook.tenant_id, made.destination.id)
    assert deliveries(hook.tenant_id) == []


@pytest.mark.parametrize("deed", DEEDS)
def test_another_tenants_destination_does_not_exist(hook: Hook, deed: object) -> None:
    stranger = make_tenant()
    with pytest.raises(NotFound), transaction(stranger) as session:
        deed(session, stranger, hook.id)  # type: ignore[operator]
    with pytest.raises(NotFound), transaction(stranger) as session:
        deed(session, hook.tenant_id, hook.id)  # type: ignore[operator]
    assert destination(hook)["enabled"]


def test_an_unsafe_address_is_a_typed_refusal(tenant_id: UUID) -> None:
    with pytest.raises(UnsafeDestination) as refusal, transaction(tenant_id) as session:
        destinations.create(session, tenant_id, NewDestination("webhook", "x", "https://169.254.169.254/"))
    assert (refusal.value.status, refusal.value.code) == (422, "unsafe_destination")
