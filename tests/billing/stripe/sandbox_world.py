"""One sandbox, one account in it, our client against it, and the sandbox's levers."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from billing.stripe.answers import CheckoutSession
from billing.stripe.client import CheckoutOrder, StripeGateway, StripeSettings
from billing.stripe.sandbox.remote import SandboxRemote
from tests.billing.stripe.sandbox_wire import Heard, say

CAPTURE_DELAY_SECONDS = 600


@dataclass
class SandboxWorld:
    """One sandbox, one account in it, and levers; a capture takes ten sandbox minutes, so only the clock books it."""

    url: str
    key: str = field(default_factory=lambda: f"sk_test_sandbox_{uuid4().hex}")

    def __post_init__(self) -> None:
        self.remote = SandboxRemote(self.url)
        self.gateway = StripeGateway(self.settings())

    def settings(self, **changes: Any) -> StripeSettings:
        return replace(StripeSettings(self.key, "whsec_test", self.url, network_retries=0), **changes)

    def order(self, **changes: Any) -> CheckoutOrder:
        usual = CheckoutOrder(
            top_up_id=f"topup_{uuid4().hex}",
            customer_id=changes.pop("customer_id", None) or self.customer_id(),
            amount_minor=5000,
            currency="EUR",
            description="Wallet top-up",
            success_url="http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}",
            cancel_url="http://127.0.0.1:9/cancelled",
            expires_at=datetime.now(UTC) + timedelta(hours=1),
            metadata={"top_up": "t1"},
        )
        return replace(usual, **changes)

    def customer_id(self) -> str:
        return self.gateway.create_customer(uuid4().hex, "ann@company.example", "Company", {}).id

    def session(self, **changes: Any) -> CheckoutSession:
        return self.gateway.create_checkout(self.order(**changes))

    def paid(self, **changes: Any) -> CheckoutSession:
        session = self.session(**changes)
        assert self.remote.pay(session.id)["state"] == "paid"
        return self.gateway.checkout(session.id)

    def capture(self) -> None:
        self.remote.advance_clock(CAPTURE_DELAY_SECONDS + 1)

    def say(self, method: str, path: str, form: dict[str, Any] | None = None, **headers: str) -> Heard:
        return say(self.url, method, path, form, Authorization=f"Bearer {self.key}", **headers)

    def lever(self, lever: str, order: Any, **headers: str) -> Heard:
        told = {"Content_Type": "application/json", **headers}
        return say(self.url, "POST", f"/_sandbox/{lever}", json.dumps(order), **told)
