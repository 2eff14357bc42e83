"""A tenant's words about itself."""

from dataclasses import replace

import pytest

from tenants import organisation
from tenants.audit import Wanted, read
from tenants.db import transaction
from tenants.errors import Forbidden, Invalid
from tenants.organisation import TERMS_VERSION, Facts, FactsStandStill, Preferences
from tests.world import World, make_member, make_party

FACTS = Facts("Bolt sp. z o.o.", "pl", "0000 123456", "PL 526-000-12-46")
WISHES = Preferences("  Ґрунт  і Ко ", "uk", "Europe/Kyiv", True)


def test_preferences_are_kept_in_normal_form(world: World) -> None:
    with transaction(world.bolt.id) as session:
        organisation.prefer(session, world.bolt.owner, WISHES)
        found = organisation.read(session, world.bolt.id)
        assert [each.action for each in read(session, world.bolt.id, Wanted())] == ["tenant.changed"]
    assert found.preferences == replace(WISHES, name="Ґрунт і Ко")


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"name": "x" * 121}, {"language": "tlh"}, {"time_zone": "Mars/Olympus"}]
)
def test_wrong_preferences_are_refused_by_name(world: World, change: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal, transaction(world.bolt.id) as session:
        organisation.prefer(session, world.bolt.owner, replace(WISHES, **change))
    assert set(refusal.value.details["fields"]) == set(change)


@pytest.mark.usefixtures("doors")
def test_facts_are_checked_and_kept_in_normal_form() -> None:
    dune = make_party("company", "Dune", "PL", state="pending")
    with transaction(dune.id) as session:
        organisation.state_facts(session, dune.owner, FACTS)
        found = organisation.read(session, dune.id)
    assert found.facts == Facts("Bolt sp. z o.o.", "PL", "0000 123456", "5260001246")


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (replace(FACTS, legal_name=""), "legal_name"),
        (replace(FACTS, country="XX"), "country"),
        (replace(FACTS, vat_number="PL 526-000-12-47"), "vat_number"),
        (replace(FACTS, registration_number="1" * 41), "registration_number"),
        (replace(FACTS, vat_number="", registration_number=""), "registration_number"),
    ],
)
def test_wrong_facts_are_refused_by_name(facts: Facts, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        organisation.checked(facts)
    assert set(refusal.value.details["fields"]) == {field}


@pytest.mark.parametrize(
    ("country", "number", "kept"),
    [
        ("DE", "DE 136,695 976", "136695976"),
        ("GB", "GB 980 7806 84", "980780684"),
        ("UA", "30283001", "30283001"),
        ("PL", "", ""),
    ],
)
def test_a_vat_number_is_checked_where_its_form_is_known(country: str, number: str, kept: str) -> None:
    assert organisation.checked(replace(FACTS, country=country, vat_number=number)).vat_number == kept


def test_the_facts_of_an_approved_tenant_stand_still(world: World) -> None:
    with pytest.raises(FactsStandStill), transaction(world.bolt.id) as session:
        organisation.state_facts(session, world.bolt.owner, FACTS)


def test_the_terms_in_force_are_accepted_once_with_version_and_time(world: World) -> None:
    with transaction(world.bolt.id) as session:
        assert not organisation.read(session, world.bolt.id).has_accepted_terms
        with pytest.raises(Invalid):
            organisation.accept_terms(session, world.bolt.owner, "2020-01")
        organisation.accept_terms(session, world.bolt.owner, TERMS_VERSION)
        first = organisation.read(session, world.bolt.id)
        organisation.accept_terms(session, world.bolt.owner, TERMS_VERSION)
        assert organisation.read(session, world.bolt.id) == first
        records = read(session, world.bolt.id, Wanted(actions=("tenant.terms_accepted",)))
    assert first.has_accepted_terms
    assert first.is_complete
    assert [record.detail for record in records] == [{"version": TERMS_VERSION}]


def test_only_owners_speak_for_a_tenant(world: World) -> None:
    manager = make_member(world.bolt.card, "manager")
    with transaction(world.bolt.id) as session:
        for deed in (
            lambda: organisation.prefer(session, manager, WISHES),
            lambda: organisation.state_facts(session, manager, FACTS),
            lambda: organisation.accept_terms(session, manager, TERMS_VERSION),
        ):
            with pytest.raises(Forbidden):
                deed()
