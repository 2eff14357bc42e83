"""What was paid out to agencies."""

from typing import Any

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.schemas.fields import PageQuery
from app.api.schemas.money import NewPayout, Payout, PayoutPage
from app.guard import actor, session
from billing import books, payouts
from tenants import clock
from tenants.permissions import Permission

resource = Resource("payouts", "What agencies were paid.")
_EXAMPLE = {
    "agency_id": "01936b0e-5d7a-7c11-9f00-2b1c5d8e0a11",
    "amount_minor": 120000,
    "currency": "EUR",
    "bank_reference": "2026-11-21 ACME 0042",
    "paid_on": "2026-11-21",
}


@resource.get("/payouts", Permission.MONEY_READ, Takes(PageQuery), gives=Gives(PayoutPage))
def list_payouts(query: dict[str, Any]) -> dict[str, Any]:
    """An agency's own payouts, newest first; the operator's finance sees all."""
    before, limit = cursors.read_id(query["cursor"]), query["limit"]
    if actor().may(Permission.PLATFORM_MONEY):
        with books.opened(session(), actor()):
            rows = payouts.payouts(session(), before=before, limit=limit + 1)
    else:
        rows = payouts.payouts(session(), before=before, limit=limit + 1)
    return cursors.page(rows, limit, lambda row: (row.id,))


@resource.post(
    "/payouts", Permission.PAYOUT_WRITE, Takes(json=NewPayout, example=_EXAMPLE), gives=Gives(Payout, 201)
)
def create_payout(body: dict[str, Any]) -> Any:
    """Write down that an agency was paid; the bank reference counts once."""
    made = payouts.record(session(), actor(), payouts.NewPayout(**body), clock.now())
    with books.opened(session(), actor()):
        found = payouts.payouts(session(), agency_id=body["agency_id"], limit=200)
    return next(one for one in found if one.id == made)
