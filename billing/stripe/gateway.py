"""The one Stripe of this process: live, test or sandbox, whichever the keys say."""

from billing.stripe.client import StripeGateway, StripeSettings

_gateway: StripeGateway | None = None


def use(settings: StripeSettings) -> None:
    """Name the Stripe to talk to. Called once by the composition root."""
    global _gateway
    _gateway = StripeGateway(settings)


def gateway() -> StripeGateway:
    """The Stripe to talk to; never inside a database transaction."""
    if _gateway is None:
        raise RuntimeError("no Stripe: billing.stripe.gateway.use() was not called")
    return _gateway
