"""A little trade for the tests of pages: leads on offer, a filled wallet, something bought."""

from datetime import datetime, timedelta
from uuid import UUID

from app.market.purchase import buy
from app.market.terms import Item, Mode, Order, Terms
from tenants import clock
from tenants.db import transaction
from tenants.ids import new_id
from tests.app.pages.visitor import Visitor
from tests.stock import Wanted, allow_actions, fill_wallet, put_on_sale
from tests.world import Party, World

PRICED = 2000
"""Shared price of a lead, minor units."""


def offered(world: World, count: int = 1, **more: object) -> list[UUID]:
    """Leads of acme on offer since an hour; the operator exists."""
    assert world.floe
    return put_on_sale(world.acme, clock.now() - timedelta(hours=1), Wanted(count=count, **more))  # type: ignore[arg-type]


def bought(world: World, *, terms: Terms = Terms.PPL, at: datetime | None = None, **more: object) -> UUID:
    """A purchase of bolt from acme; its id, which is also the sale's."""
    assert world.floe
    at = at or clock.now() - timedelta(minutes=30)
    fill_wallet(world.bolt, 50_000, at)
    if terms is Terms.PPA:
        allow_actions(world.acme, world.bolt, at)
    [lead] = offered(world, **more)
    with transaction(world.bolt.id) as session:
        order = Order((Item(lead, terms, Mode.SHARED, 50_000),), str(new_id()))
        receipt = buy(session, world.bolt.owner, order, at)
    purchase_id = receipt.results[0].purchase_id
    assert purchase_id is not None
    return purchase_id


def enter(visitor: Visitor, party: Party) -> Visitor:
    """Log in as the owner of a tenant."""
    visitor.log_in(party.owner.email)
    assert visitor.status == 200
    return visitor
