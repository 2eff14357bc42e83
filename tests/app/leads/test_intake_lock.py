"""Whoever sends many leads at once has the agency's stock alone; a few are stored beside each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.leads.intake import _FEW, Result, take
from tenants.db import transaction
from tests.app.leads.uploads import TODAY, Desk
from tests.world import World

pytestmark = pytest.mark.committed


@pytest.fixture
def desk(world: World) -> Desk:
    desk = Desk(world.acme)
    assert desk.facts.consent_text_id
    return desk


def sent(count: int, start: int) -> list[dict[str, Any]]:
    """So many enquiries of different people."""
    at = TODAY.isoformat()
    facts = {"enquired_at": at, "consent_at": at, "property_type": "detached", "is_owner": True}
    return [
        {**facts, "contacts": [{"name": "Olena", "phones": [f"+38067{number:07d}"]}]}
        for number in range(start, start + count)
    ]


def stored(session: Session, desk: Desk, count: int, start: int) -> int:
    """How many of them were taken."""
    taken = take(session, desk.agency.card, sent(count, start), desk.facts)
    return sum(one.result is Result.ACCEPTED for one in taken)


@contextmanager
def impatient(desk: Desk) -> Iterator[Session]:
    """Somebody else, who does not wait for a lock."""
    with transaction(desk.agency.id) as session:
        session.execute(text("SET LOCAL lock_timeout = '300ms'"))
        yield session


def test_many_at_once_have_the_stock_alone(desk: Desk) -> None:
    with transaction(desk.agency.id) as session:
        assert stored(session, desk, _FEW + 1, 1) == _FEW + 1
        with pytest.raises(OperationalError, match="lock timeout"), impatient(desk) as other:
            stored(other, desk, 1, 1_000)
    with impatient(desk) as other:
        assert stored(other, desk, 1, 1_000) == 1
    assert desk.count("lead") == _FEW + 2


def test_a_few_are_stored_beside_each_other(desk: Desk) -> None:
    with transaction(desk.agency.id) as session:
        assert stored(session, desk, _FEW, 1) == _FEW
        with impatient(desk) as other:
            assert stored(other, desk, _FEW, 1_000) == _FEW
        with pytest.raises(OperationalError, match="lock timeout"), impatient(desk) as other:
            stored(other, desk, 1, 1)  # the very person who is being stored
    assert desk.count("lead") == 2 * _FEW


def test_many_wait_for_a_few(desk: Desk) -> None:
    with transaction(desk.agency.id) as session:
        assert stored(session, desk, 1, 1) == 1
        with pytest.raises(OperationalError, match="lock timeout"), impatient(desk) as other:
            stored(other, desk, _FEW + 1, 1_000)
    assert desk.count("lead") == 1
