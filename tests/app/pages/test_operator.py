"""The operator's desk: approving and stopping with the short name typed, and addressees to confirm."""

import re

import pytest
from sqlalchemy import text

from tenants import organisation
from tenants.db import platform_transaction, transaction
from tenants.ids import new_id
from tenants.organisation import TERMS_VERSION, Facts
from tests.app.pages.visitor import Visitor
from tests.world import Party, World, make_member, make_party


@pytest.fixture
def dune(world: World) -> Party:
    """A pending agency that has said everything."""
    party = make_party("agency", "Dune Media", "UA", state="pending")
    with transaction(party.id) as session:
        organisation.state_facts(session, party.owner, Facts("Dune LLC", "UA", "30283001", ""))
        organisation.accept_terms(session, party.owner, TERMS_VERSION)
    return party


def state(party: Party) -> str:
    with transaction(party.id) as session:
        return organisation.read(session, party.id).state


def test_approving_needs_the_short_name_typed(world: World, visitor: Visitor, dune: Party) -> None:
    visitor.log_in(world.floe.owner.email, onward="/operator/organisations")
    assert "Dune Media" in visitor.words
    path = f"/operator/organisations/{dune.id}"
    visitor.open(path)
    assert "30283001" in visitor.words
    visitor.submit(f"{path}/approve", typed="dune")
    assert (visitor.status, state(dune)) == (422, "pending")
    visitor.submit(f"{path}/approve", typed=" dune-media ")
    assert ("It may trade now." in visitor.words, state(dune)) == (True, "approved")


def test_an_incomplete_organisation_cannot_be_approved(world: World, visitor: Visitor) -> None:
    bare = make_party("agency", "Bare", "UA", state="pending")
    visitor.log_in(world.floe.owner.email, onward=f"/operator/organisations/{bare.id}")
    assert "cannot be approved yet" in visitor.words
    visitor.submit(f"/operator/organisations/{bare.id}/approve", typed="bare")
    assert (visitor.status, state(bare)) == (409, "pending")


def test_suspending_needs_the_short_name_and_a_reason(world: World, visitor: Visitor) -> None:
    bolt = world.bolt
    path = f"/operator/organisations/{bolt.id}/suspend"
    visitor.log_in(world.floe.owner.email, onward=f"/operator/organisations/{bolt.id}")
    visitor.submit(path, typed="bolt-energy", reason="")
    assert (visitor.status, state(bolt)) == (422, "approved")
    visitor.submit(path, typed="", reason="Spam")
    assert (visitor.status, state(bolt)) == (422, "approved")
    assert ">Spam</textarea>" in visitor.page
    visitor.submit(path, typed="bolt-energy", reason="Spam")
    assert ("It is suspended." in visitor.words, state(bolt)) == (True, "suspended")


def test_organisations_are_found_by_state_and_name(
    world: World, visitor: Visitor, dune: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.operator.PAGE", 1)
    names = {party.name for party in (world.acme, world.bolt)}
    visitor.log_in(world.floe.owner.email, onward="/operator/organisations?state=approved")
    first = {name for name in names if name in visitor.words}
    older = re.search(r'href="(\?[^"]*after=[^"]+)"', visitor.page)
    assert older
    visitor.open("/operator/organisations" + older[1].replace("&amp;", "&"))
    second = {name for name in names if name in visitor.words}
    assert (len(first), first | second) == (1, names)
    visitor.open("/operator/organisations?state=all&q=energy")
    assert "Bolt Energy" in visitor.words
    assert "Acme Leads" not in visitor.words
    visitor.open("/operator/organisations?state=all&q=zzz")
    assert "Nothing matches these filters" in visitor.words
    visitor.open("/operator/organisations?after=nonsense")
    assert visitor.status == 422


def waiting_link(agency: Party, company: Party, domain: str = "bolt.example") -> object:
    """An addressee whose company accepted and whose domain nobody confirmed."""
    addressee_id = new_id()
    with platform_transaction("a test's addressee") as session:
        session.execute(
            text("""INSERT INTO addressee (tenant_id, id, legal_name, country, domain, contact_email, company_id,
                accepted_at, created_at) VALUES (:t, :id, 'Bolt sp. z o.o.', 'PL', :d, 'x@other.example', :c, now(), now())"""),
            {"t": agency.id, "id": addressee_id, "d": domain, "c": company.id},
        )
    return addressee_id


@pytest.mark.parametrize(("decision", "is_linked"), [("confirm", True), ("refuse", False)])
def test_the_operator_decides_whose_domain_it_is(
    world: World, visitor: Visitor, decision: str, is_linked: bool
) -> None:
    made = waiting_link(world.acme, world.bolt)
    visitor.log_in(world.floe.owner.email, onward="/operator/organisations")
    assert "Addressees to confirm (1)" in visitor.words
    visitor.open("/operator/addressees")
    assert "bolt.example" in visitor.words
    path = f"/operator/addressees/{world.acme.id}/{made}/{decision}"
    visitor.submit(path)
    assert "Nothing to confirm" in visitor.words
    with transaction(world.acme.id) as session:
        linked_at = session.execute(text("SELECT linked_at FROM addressee")).scalar_one()
    assert (linked_at is not None) == is_linked
    visitor.submit(path)
    assert visitor.status == 404


def test_nobody_else_has_a_desk(world: World, visitor: Visitor, stranger: Visitor) -> None:
    visitor.log_in(world.acme.owner.email)
    stranger.log_in(make_member(world.floe.card, "finance").email)
    for who in (visitor, stranger):
        for path in ("organisations", f"organisations/{world.bolt.id}", "addressees"):
            who.open(f"/operator/{path}")
            assert who.status == 403
        who.submit(f"/operator/organisations/{world.bolt.id}/suspend", typed="bolt-energy", reason="no")
        assert (who.status, state(world.bolt)) == (403, "approved")
