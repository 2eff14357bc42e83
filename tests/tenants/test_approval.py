"""The operator lets tenants trade, and stops them."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from tenants import approval, organisation
from tenants.actor import Actor
from tenants.approval import FactsMissing, NotApproved, Search
from tenants.audit import Wanted, read
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tenants.organisation import TERMS_VERSION, Facts
from tests.tenants.post_box import posted
from tests.world import Party, World, make_member, make_party


def complete(party: Party) -> None:
    with transaction(party.id) as session:
        organisation.state_facts(session, party.owner, Facts("Dune LLC", "UA", "30283001", ""))
        organisation.accept_terms(session, party.owner, TERMS_VERSION)


def approve(operator: Actor, party: Party) -> None:
    with transaction(operator.card().id) as session:
        approval.approve(session, operator, party.id)


def suspend(operator: Actor, party: Party, reason: str = "Leads without consent") -> None:
    with transaction(operator.card().id) as session:
        approval.suspend(session, operator, party.id, reason)


def state(party: Party) -> str:
    with transaction(party.id) as session:
        return organisation.read(session, party.id).state


def test_a_complete_tenant_is_approved_and_its_owners_are_told(world: World) -> None:
    dune = make_party("agency", "Dune", "UA", state="pending")
    complete(dune)
    approve(world.floe.owner, dune)
    approve(world.floe.owner, dune)
    assert state(dune) == "approved"
    assert [mail.to for mail in posted()] == [dune.owner.email]
    for party in (world.floe, dune):
        with transaction(party.id) as session:
            (record,) = read(session, party.id, Wanted(actions=("tenant.approved",)))
        assert (record.subject_id, record.actor_id) == (dune.id, world.floe.owner.id)


def test_nobody_is_approved_without_facts_and_terms(world: World) -> None:
    dune = make_party("agency", "Dune", "UA", state="pending")
    with pytest.raises(FactsMissing):
        approve(world.floe.owner, dune)
    assert state(dune) == "pending"


def test_a_suspended_tenant_is_told_why_and_can_be_approved_again(world: World) -> None:
    dune = make_party("company", "Dune", "UA", state="pending")
    complete(dune)
    approve(world.floe.owner, dune)
    suspend(world.floe.owner, dune)
    suspend(world.floe.owner, dune)
    assert state(dune) == "suspended"
    assert "Leads without consent" in posted(dune.owner.email)[-1].body
    assert len(posted(dune.owner.email)) == 2
    approve(world.floe.owner, dune)
    assert state(dune) == "approved"


@pytest.mark.parametrize("reason", ["  ", "x" * 1001])
def test_a_suspension_needs_a_reason(world: World, reason: str) -> None:
    with pytest.raises(Invalid):
        suspend(world.floe.owner, world.bolt, reason)
    assert state(world.bolt) == "approved"


DEEDS: list[Callable[[Session, Actor, UUID], object]] = [
    approval.approve,
    lambda session, who, tenant_id: approval.suspend(session, who, tenant_id, "no"),
    lambda session, who, _: approval.tenants(session, who, Search()),
    lambda session, who, _: approval.counts(session, who),
    approval.tenant,
]


def test_only_the_operators_people_with_the_permission_decide(world: World) -> None:
    viewer = make_member(world.floe.card, "viewer")
    impostor = replace(world.acme.owner, permissions=world.floe.owner.permissions)
    for who in (viewer, world.acme.owner, impostor):
        with transaction(who.card().id) as session:
            for deed in DEEDS:
                with pytest.raises(Forbidden):
                    deed(session, who, world.bolt.id)


def test_the_operator_itself_and_unknown_tenants_are_not_found(world: World) -> None:
    for tenant_id in (world.floe.id, new_id()):
        with pytest.raises(NotFound), transaction(world.floe.id) as session:
            approval.approve(session, world.floe.owner, tenant_id)


def test_the_operator_finds_tenants_by_state_and_name(world: World) -> None:
    dune = make_party("company", "Dune", "UA", state="pending")
    acme, bolt, operator = world.acme, world.bolt, world.floe.owner
    with transaction(world.floe.id) as session:

        def found(search: Search, **page: object) -> list[object]:
            return [each.id for each in approval.tenants(session, operator, search, **page)]  # type: ignore[arg-type]

        assert found(Search()) == [bolt.id, acme.id, dune.id]
        assert found(Search(state="pending")) == [dune.id]
        assert found(Search(name_part=" ENERGY")) == [bolt.id]
        assert found(Search(name_part="100%_")) == []
        assert found(Search(), older_than=bolt.id, limit=1) == [acme.id]
        assert approval.counts(session, operator) == {"pending": 1, "approved": 2, "suspended": 0}
        about, owners = approval.tenant(session, operator, bolt.id)
    assert about.preferences.name == "Bolt Energy"
    assert [owner.email for owner in owners] == [bolt.owner.email]


def test_only_an_approved_tenant_trades(world: World) -> None:
    approval.require_approved(world.bolt.card)
    for closed in ("pending", "suspended"):
        with pytest.raises(NotApproved) as refusal:
            approval.require_approved(replace(world.bolt.card, state=closed))
        assert refusal.value.details == {"state": closed}
