"""How a call to Stripe can fail, as typed refusals: our caller decides by type, never by Stripe's exception classes.

After `PaymentUnavailable` nobody knows whether Stripe acted: repeat with the same idempotency key. After every other
refusal Stripe did nothing.
"""

from typing import Any

from tenants.errors import Refused


class PaymentUnavailable(Refused):
    """Stripe did not answer in time, is too busy or broke: try again after `retry_after` seconds, same key."""

    status, code = 503, "payment_unavailable"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, **{"retry_after": 5, **details})


class PaymentRefused(Refused):
    """The card's bank or Stripe said no to this payment; `decline_code` says why when it is known."""

    status, code = 402, "payment_refused"


class PaymentMisconfigured(Refused):
    """The keys are wrong, or do not fit the address: an operator has to act, repeating does not help."""

    status, code = 503, "payment_misconfigured"


class StripeObjectMissing(Refused):
    """Stripe knows no such object under our key."""

    status, code = 404, "stripe_object_missing"


class StripeRequestRefused(Refused):
    """Stripe found our own request wrong (`stripe_code`, `param`): a fault of ours, repeating does not help."""

    status, code = 502, "payment_request_refused"


class SignatureInvalid(Refused):
    """The message was not signed by Stripe with our secret, was altered, or is too old. Believe nothing in it."""

    status, code = 400, "signature_invalid"
