"""Consent texts: versions never change."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.leads import consents
from app.leads.consents import ConsentNameTaken, Wording
from tenants.db import transaction
from tenants.errors import Invalid, NotFound
from tenants.ids import new_id
from tests.world import World

WORDING = Wording("uk", " Погоджуюсь на передачу даних… ", "Installers of solar plants", 3)


def test_changed_words_are_a_new_version(world: World) -> None:
    acme = world.acme
    with transaction(acme.id) as session:
        first = consents.create(session, acme.owner, " Solar form ", WORDING)
        second = consents.new_version(session, acme.owner, first, replace(WORDING, max_recipients=5))
        third = consents.new_version(session, acme.owner, first, replace(WORDING, language="en"))
        found = consents.listed(session, acme.id)
        assert [(one.id, one.version, one.is_newest) for one in found] == [
            (third, 3, True),
            (second, 2, False),
            (first, 1, False),
        ]
        kept = consents.get(session, acme.id, first)
        assert (kept.name, kept.body, kept.max_recipients) == ("Solar form", WORDING.body.strip(), 3)
        with pytest.raises(ConsentNameTaken):
            consents.create(session, acme.owner, "Solar form", WORDING)


def test_nobody_can_rewrite_a_version(world: World) -> None:
    with transaction(world.acme.id) as session:
        consents.create(session, world.acme.owner, "Solar form", WORDING)
        for change in ("UPDATE consent_text SET body = ''", "DELETE FROM consent_text"):
            with pytest.raises(ProgrammingError), session.begin_nested():
                session.execute(text(change))


WRONG: list[dict[str, Any]] = [
    {"language": "de"},
    {"body": "  "},
    {"body": "x" * 20_001},
    {"recipients": ""},
    {"max_recipients": 0},
    {"max_recipients": 51},
]


@pytest.mark.parametrize("change", WRONG)
def test_a_text_that_says_too_little_is_refused(world: World, change: dict[str, Any]) -> None:
    acme = world.acme
    with transaction(acme.id) as session:
        with pytest.raises(Invalid) as refused:
            consents.create(session, acme.owner, "Solar form", replace(WORDING, **change))
        assert refused.value.details["fields"].keys() == change.keys()
        with pytest.raises(Invalid):
            consents.create(session, acme.owner, " ", WORDING)
        assert consents.listed(session, acme.id) == []


def test_a_foreign_text_is_like_an_absent_one(world: World) -> None:
    with transaction(world.acme.id) as session:
        foreign = consents.create(session, world.acme.owner, "Solar form", WORDING)
    with transaction(world.bolt.id) as session:
        for absent in (foreign, new_id()):
            with pytest.raises(NotFound):
                consents.get(session, world.bolt.id, absent)
            with pytest.raises(NotFound):
                consents.new_version(session, world.bolt.owner, absent, WORDING)
