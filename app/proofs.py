"""All proofs together: money's, the market's and the leads'. They must find nothing."""

from app.leads.proofs import PROOFS as LEADS
from app.market.proofs import PROOFS as MARKET
from billing.proofs import PROOFS as MONEY
from billing.proofs import Broken, run
from tenants.db import platform_transaction

ALL = {**MONEY, **MARKET, **LEADS}


def run_all() -> list[Broken]:
    """Run every proof now; empty means all is right."""
    with platform_transaction("prove that the books are right", patience_seconds=120) as session:
        return run(session, ALL)
