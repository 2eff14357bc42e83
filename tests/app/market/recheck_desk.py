"""The steps of a re-check in one call each, and what its tests ask of the database."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.leads import suppression
from app.leads.rechecks.queries import RecheckView, recheck_view
from app.market import rechecks
from app.market.batch_offers import publish_batch
from app.market.purchase import buy
from app.market.rechecks import Scope
from app.market.terms import Answer, Item, Mode, Order, Terms
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk, Person, csv_of
from tests.world import Party


def published(desk: Desk, rows: list[Any]) -> UUID:
    batch = desk.upload(csv_of(rows))
    with transaction(desk.agency.id) as session:
        publish_batch(session, desk.agency.owner, batch.id, clock.now())
    return batch.id


def started(desk: Desk, scope: Scope) -> UUID:
    with transaction(desk.agency.id) as session:
        return rechecks.start(session, desk.agency.owner, scope)


def looked(desk: Desk, scope: Scope) -> RecheckView:
    recheck_id = started(desk, scope)
    rechecks.go_on(desk.agency.id, recheck_id)
    return seen(desk, recheck_id)


def applied(desk: Desk, recheck_id: UUID) -> RecheckView:
    with transaction(desk.agency.id) as session:
        rechecks.apply(session, desk.agency.owner, recheck_id)
    rechecks.go_on(desk.agency.id, recheck_id)
    return seen(desk, recheck_id)


def seen(desk: Desk, recheck_id: UUID) -> RecheckView:
    with transaction(desk.agency.id) as session:
        return recheck_view(session, desk.agency.id, recheck_id, clock.now())


def states(desk: Desk) -> dict[str, str]:
    with transaction(desk.agency.id) as session:
        return {
            row.external_id: row.state for row in session.execute(text("SELECT external_id, state FROM lead"))
        }


def lead_id(desk: Desk, external_id: str) -> UUID:
    with transaction(desk.agency.id) as session:
        found = session.execute(text("SELECT id FROM lead WHERE external_id = :one"), {"one": external_id})
        return UUID(str(found.scalar_one()))


def sell(company: Party, lead: UUID) -> Answer:
    order = Order((Item(lead, Terms.PPL, Mode.SHARED, 2000),), f"key-{lead}")
    with transaction(company.id) as session:
        return buy(session, company.owner, order, clock.now()).results[0].answer


def suppress(desk: Desk, *entries: str, name: str = "Do not call") -> None:
    with transaction(desk.agency.id) as session:
        listed = suppression.create(session, desk.agency.owner, name)
        suppression.add(session, desk.agency.owner, listed, entries)


def found(view: RecheckView) -> dict[tuple[str, str], int]:
    return {(one.verdict, one.code): one.count for one in view.findings}


def row(number: int, **more: Any) -> list[str]:
    """A row of the file whose person has a plain name."""
    cells = Person(number, **more).row()
    return [cells[0], "Olena Koval", *cells[2:]]
