"""Reports about a tenant's own money."""

from typing import Any

from app.api.operations import Gives, Resource, Takes
from app.api.periods import named_period
from app.api.schemas.money import BillingReport, PeriodQuery
from app.guard import actor, session
from app.reports.accounts import account_movements
from tenants.permissions import Permission

resource = Resource("reports", "Figures whose every number can be opened at GET /journals.")


@resource.get("/reports/billing", Permission.MONEY_READ, Takes(PeriodQuery), gives=Gives(BillingReport))
def read_billing_report(query: dict[str, Any]) -> dict[str, Any]:
    """Your accounts through a period: what stood, what each kind of journal moved, what stands."""
    tenant = actor().card()
    period = named_period(query, tenant.time_zone)
    accounts = [
        {
            "account": one.account,
            "currency": one.currency,
            "opening_minor": one.movement.opening_minor,
            "moved": [
                {"kind": kind, "amount_minor": moved} for kind, moved in one.movement.moved_minor.items()
            ],
            "closing_minor": one.movement.closing_minor,
        }
        for one in account_movements(session(), tenant, period)
    ]
    return {"period": period, "accounts": accounts}
