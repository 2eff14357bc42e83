"""What a company can spend."""

from typing import Any

from app.api.operations import Gives, Resource
from app.api.schemas.money import Wallet
from app.guard import actor, session
from billing.statements import wallet
from tenants.permissions import Permission

resource = Resource("wallet", "A company's prepaid money.")


@resource.get("/wallet", Permission.MONEY_READ, gives=Gives(Wallet))
def read_wallet() -> Any:
    """Free and held money; empty before the first top-up."""
    return wallet(session(), actor().card().currency)
