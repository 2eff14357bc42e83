"""An agency's sources and what they cost."""

from datetime import date

import pytest

from app.leads import sources
from app.leads.sources import NewSource, SourceNameTaken, Spend
from billing.money import CurrencyNotSupported
from tenants import audit
from tenants.db import transaction
from tenants.errors import Invalid, NotFound
from tenants.ids import new_id
from tests.world import World

LANDING = NewSource("Landing page", "paid_search", "Search")


def test_a_source_lives_as_long_as_its_agency(world: World) -> None:
    acme = world.acme
    with transaction(acme.id) as session:
        source_id = sources.create(
            session, acme.owner, NewSource("  Landing page ", "paid_search", " Search ")
        )
        blog = sources.create(session, acme.owner, NewSource("Blog", "blog"))
        sources.rename(session, acme.owner, source_id, NewSource("Landing 2", "social", ""))
        sources.archive(session, acme.owner, blog)
        sources.archive(session, acme.owner, blog)
        assert [one.name for one in sources.listed(session, acme.id)] == ["Landing 2"]
        everything = sources.listed(session, acme.id, has_archived=True)
        assert [(one.name, one.archived_at is None) for one in everything] == [
            ("Landing 2", True),
            ("Blog", False),
        ]
        sources.archive(session, acme.owner, blog, is_archived=False)
        assert len(sources.listed(session, acme.id)) == 2
        found = sources.get(session, acme.id, source_id)
        assert (found.channel, found.public_label) == ("social", "")
        deeds = [one.action for one in audit.read(session, acme.id, audit.Wanted(subject_id=source_id))]
    assert set(deeds) == {"source.created", "source.renamed"}


def test_one_name_belongs_to_one_source(world: World) -> None:
    acme = world.acme
    with transaction(acme.id) as session:
        sources.create(session, acme.owner, LANDING)
        other = sources.create(session, acme.owner, NewSource("Blog", "blog"))
        with pytest.raises(SourceNameTaken):
            sources.create(session, acme.owner, LANDING)
        with pytest.raises(SourceNameTaken):
            sources.rename(session, acme.owner, other, LANDING)
        sources.rename(session, acme.owner, other, NewSource("Blog", "content"))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewSource(" ", "blog"), "name"),
        (NewSource("x" * 101, "blog"), "name"),
        (NewSource("x", "pigeon"), "channel"),
        (NewSource("x", "blog", "y" * 101), "public_label"),
    ],
)
def test_a_source_that_cannot_be_described_is_refused(world: World, wanted: NewSource, field: str) -> None:
    with transaction(world.acme.id) as session, pytest.raises(Invalid) as refused:
        sources.create(session, world.acme.owner, wanted)
    assert field in refused.value.details["fields"]


def test_the_last_word_about_a_month_stands(world: World) -> None:
    acme, may = world.acme, date(2026, 5, 1)
    with transaction(acme.id) as session:
        source_id = sources.create(session, acme.owner, LANDING)
        for amount in (10_000, 12_550):
            sources.record_spend(session, acme.owner, source_id, Spend(may, amount, "EUR"))
        sources.record_spend(session, acme.owner, source_id, Spend(date(2026, 6, 1), 0, "EUR"))
        assert sources.spends(session, acme.id, source_id) == [
            Spend(date(2026, 6, 1), 0, "EUR"),
            Spend(may, 12_550, "EUR"),
        ]
        with pytest.raises(CurrencyNotSupported):
            sources.record_spend(session, acme.owner, source_id, Spend(may, 1, "USD"))
        for spend in (Spend(date(2026, 5, 2), 1, "EUR"), Spend(may, -1, "EUR")):
            with pytest.raises(Invalid):
                sources.record_spend(session, acme.owner, source_id, spend)


def test_a_foreign_source_is_like_an_absent_one(world: World) -> None:
    with transaction(world.acme.id) as session:
        source_id = sources.create(session, world.acme.owner, LANDING)
    owner, spend = world.bolt.owner, Spend(date(2026, 5, 1), 1, "EUR")
    with transaction(world.bolt.id) as session:
        for absent in (source_id, new_id()):
            with pytest.raises(NotFound):
                sources.get(session, world.bolt.id, absent)
            with pytest.raises(NotFound):
                sources.rename(session, owner, absent, LANDING)
            with pytest.raises(NotFound):
                sources.archive(session, owner, absent)
            with pytest.raises(NotFound):
                sources.record_spend(session, owner, absent, spend)
