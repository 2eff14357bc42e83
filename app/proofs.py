"""All proofs together: money's and the market's. They must find nothing."""

from app.market.proofs import PROOFS as MARKET
from billing.proofs import PROOFS as MONEY
from billing.proofs import Broken, run
from tenants.db import platform_transaction

ALL = {**MONEY, **MARKET}


def run_all() -> list[Broken]:
    """Run every proof now; empty means all is right."""
    with platform_transaction("prove that the books are right", patience_seconds=120) as session:
        return run(session, ALL)
