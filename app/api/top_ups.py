"""Paying money into the wallet, on a hosted page."""

from typing import Any
from uuid import UUID

from flask import url_for

from app.api import cursors
from app.api.operations import Gives, Resource, Takes
from app.api.repeating import required_key
from app.api.schemas.fields import PageQuery
from app.api.schemas.money import NewTopUp, TopUp, TopUpPage
from app.config import Settings
from app.guard import actor, session, settle
from billing import top_ups
from tenants.permissions import Permission

resource = Resource("top-ups", "Payments into a company's wallet.")


@resource.get("/top-ups", Permission.MONEY_READ, Takes(PageQuery), gives=Gives(TopUpPage))
def list_top_ups(query: dict[str, Any]) -> dict[str, Any]:
    """The company's top-ups, newest first."""
    rows = top_ups.history(session(), before=cursors.read_id(query["cursor"]), limit=query["limit"] + 1)
    return cursors.page(rows, query["limit"], lambda row: (row.id,))


@resource.post(
    "/top-ups",
    Permission.MONEY_WRITE,
    Takes(json=NewTopUp, example={"amount_minor": 50000, "currency": "EUR"}, key="required"),
    gives=Gives(TopUp, 201, refuses=(402, 502)),
)
def create_top_up(body: dict[str, Any]) -> Any:
    """Open a hosted page to pay on: send a person to `checkout_url`. The wallet grows once it is paid."""
    who, key = actor(), required_key()
    settle()
    return top_ups.start(who, top_ups.NewTopUp(**body, key=key, return_to=_return_to()))


@resource.get("/top-ups/{top_up_id}", Permission.MONEY_READ, gives=Gives(TopUp))
def read_top_up(top_up_id: UUID) -> Any:
    """One top-up and whether it is paid."""
    return top_ups.get(session(), top_up_id)


def _return_to() -> str:
    from flask import current_app

    settings: Settings = current_app.config["FLOE"]
    if "wallet.top_up" in current_app.view_functions:
        return settings.base_url + url_for("wallet.top_up", top_up_id=UUID(int=0)).replace(
            str(UUID(int=0)), "{id}"
        )
    return f"{settings.base_url}/wallet/top-ups/{{id}}"
