"""The one place that talks to Stripe; no other module imports `stripe`.

Never call any of this inside a database transaction: claim, act, record. Every operation that creates something takes
an idempotency key of ours that was stored before the call, so that repeating it after a crash creates nothing twice.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import stripe

from billing.stripe.answers import (
    Balance,
    BalanceTransaction,
    Charge,
    CheckoutSession,
    Page,
    PaymentIntent,
    Refund,
    StripeCustomer,
    StripeEvent,
    WebhookEndpoint,
)
from billing.stripe.refusals import (
    PaymentMisconfigured,
    PaymentRefused,
    PaymentUnavailable,
    SignatureInvalid,
    StripeObjectMissing,
    StripeRequestRefused,
)
from tenants.language import N_

SIGNATURE_TOLERANCE_SECONDS = 300
API_VERSION = stripe.api_version
"""The API version of the pinned SDK: an event of another version must raise an alarm."""


@dataclass(frozen=True)
class StripeSettings:
    """Which Stripe answers. `api_base` is set only for a sandbox; with a live key it is refused."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    api_base: str | None = None
    timeout_seconds: float = 20.0
    network_retries: int = 2

    def __post_init__(self) -> None:
        is_test = self.secret_key.startswith(("sk_test_", "rk_test_"))
        if self.api_base and not is_test:
            raise PaymentMisconfigured("Only a test key may be used with a Stripe address of our own.")
        if self.secret_key.startswith("sk_test_sandbox_") and not self.api_base:
            raise PaymentMisconfigured("A sandbox key never leaves this machine: set the sandbox's address.")


@dataclass(frozen=True)
class CheckoutOrder:
    """What the hosted page shall take: one line, one amount, for one top-up of ours."""

    top_up_id: str
    customer_id: str
    amount_minor: int
    currency: str
    description: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Span:
    """Which rows of a list: created within [from_at, to_at), the page after the row `after`, at most 100."""

    from_at: datetime | None = None
    to_at: datetime | None = None
    after: str | None = None
    limit: int = 100

    def as_query(self) -> dict[str, Any]:
        query: dict[str, Any] = {"limit": self.limit}
        created = {"gte": self.from_at, "lt": self.to_at}
        bounds = {name: int(moment.timestamp()) for name, moment in created.items() if moment is not None}
        return (
            query
            | ({"created": bounds} if bounds else {})
            | ({"starting_after": self.after} if self.after else {})
        )


class StripeGateway:
    """Stripe under one secret key. Thread-safe; keep one per process."""

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings
        base = settings.api_base
        self._line = stripe.RequestsClient(timeout=settings.timeout_seconds)
        self._client = stripe.StripeClient(
            settings.secret_key,
            base_addresses={"api": base, "files": base, "connect": base, "meter_events": base}
            if base
            else None,
            max_network_retries=settings.network_retries,
            http_client=self._line,
        ).v1

    def close(self) -> None:
        """Ends the kept-alive connections of the calling thread."""
        self._line.close()  # type: ignore[no-untyped-call]  # the SDK left it untyped

    def create_customer(
        self, idempotency_key: str, email: str | None, name: str, metadata: Mapping[str, str]
    ) -> StripeCustomer:
        """Opens the payer's record at Stripe; the same key gives the same customer."""
        wanted: Any = {"name": name, "metadata": dict(metadata)} | ({"email": email} if email else {})
        with _our_refusals():
            made = self._client.customers.create(wanted, {"idempotency_key": idempotency_key})
        return StripeCustomer.from_stripe(made.to_dict())

    def customer(self, customer_id: str) -> StripeCustomer:
        with _our_refusals():
            found = self._client.customers.retrieve(customer_id)
        if getattr(found, "deleted", False):
            raise StripeObjectMissing(N_("This customer was deleted at Stripe."), id=customer_id)
        return StripeCustomer.from_stripe(found.to_dict())

    def create_checkout(self, order: CheckoutOrder) -> CheckoutSession:
        """Opens a hosted payment page for one top-up. The top-up's id is the idempotency key: asking again within a
        day gives the same page, asking again with another amount is refused as `StripeRequestRefused`."""
        with _our_refusals():
            made = self._client.checkout.sessions.create(
                _session_params(order), {"idempotency_key": order.top_up_id}
            )
        return CheckoutSession.from_stripe(made.to_dict())

    def checkout(self, session_id: str) -> CheckoutSession:
        with _our_refusals():
            return CheckoutSession.from_stripe(self._client.checkout.sessions.retrieve(session_id).to_dict())

    def expire_checkout(self, session_id: str) -> CheckoutSession:
        """Closes an open page so that nobody can pay it any more; one already paid or closed is refused."""
        with _our_refusals():
            return CheckoutSession.from_stripe(self._client.checkout.sessions.expire(session_id).to_dict())

    def payment_intent(self, payment_intent_id: str) -> PaymentIntent:
        """The payment with its latest charge and, once Stripe has booked it, the fee it cost."""
        with _our_refusals():
            found = self._client.payment_intents.retrieve(
                payment_intent_id, {"expand": ["latest_charge.balance_transaction"]}
            )
        return PaymentIntent.from_stripe(found.to_dict())

    def charge(self, charge_id: str) -> Charge:
        with _our_refusals():
            found = self._client.charges.retrieve(charge_id, {"expand": ["balance_transaction"]})
        return Charge.from_stripe(found.to_dict())

    def balance(self) -> Balance:
        with _our_refusals():
            return Balance.from_stripe(self._client.balance.retrieve().to_dict())

    def balance_transaction(self, balance_transaction_id: str) -> BalanceTransaction:
        with _our_refusals():
            found = self._client.balance_transactions.retrieve(balance_transaction_id)
        return BalanceTransaction.from_stripe(found.to_dict())

    def balance_transactions(
        self, span: Span | None = None, source_id: str | None = None
    ) -> Page[BalanceTransaction]:
        """One page of Stripe's own book, newest first, optionally only what one charge or refund caused."""
        query: Any = (span or Span()).as_query() | ({"source": source_id} if source_id else {})
        with _our_refusals():
            found = self._client.balance_transactions.list(query)
        return Page(
            tuple(BalanceTransaction.from_stripe(row.to_dict()) for row in found.data), found.has_more
        )

    def event(self, event_id: str) -> StripeEvent:
        with _our_refusals():
            return StripeEvent.from_stripe(self._client.events.retrieve(event_id).to_dict())

    def events(self, span: Span | None = None, types: tuple[str, ...] = ()) -> Page[StripeEvent]:
        """One page of what happened, newest first: how a sweeper finds messages that never arrived."""
        query: Any = (span or Span()).as_query() | ({"types": list(types)} if types else {})
        with _our_refusals():
            found = self._client.events.list(query)
        return Page(tuple(StripeEvent.from_stripe(row.to_dict()) for row in found.data), found.has_more)

    def refund(self, idempotency_key: str, payment_intent_id: str, amount_minor: int) -> Refund:
        """Gives money of one payment back to its card; Stripe refuses more than what is left of it."""
        with _our_refusals():
            made = self._client.refunds.create(
                {"payment_intent": payment_intent_id, "amount": amount_minor},
                {"idempotency_key": idempotency_key},
            )
        return Refund.from_stripe(made.to_dict())

    def create_webhook_endpoint(
        self, idempotency_key: str, url: str, events: tuple[str, ...]
    ) -> WebhookEndpoint:
        """Asks Stripe to tell `url` about `events`, in the API version this code was written for."""
        wanted: Any = {"url": url, "enabled_events": list(events), "api_version": API_VERSION}
        with _our_refusals():
            made = self._client.webhook_endpoints.create(wanted, {"idempotency_key": idempotency_key})
        return WebhookEndpoint.from_stripe(made.to_dict())

    def webhook_endpoints(self) -> tuple[WebhookEndpoint, ...]:
        with _our_refusals():
            found = self._client.webhook_endpoints.list({"limit": 100})
        return tuple(WebhookEndpoint.from_stripe(row.to_dict()) for row in found.data)

    def parse_event(self, payload: bytes, signature_header: str) -> StripeEvent:
        """Reads a message only after proving that Stripe signed exactly these bytes in the last five minutes."""
        try:
            text = payload.decode()
            stripe.WebhookSignature.verify_header(
                text, signature_header, self._settings.webhook_secret, SIGNATURE_TOLERANCE_SECONDS
            )
            return StripeEvent.from_stripe(json.loads(text))
        except (stripe.SignatureVerificationError, ValueError, TypeError, KeyError) as reason:
            raise SignatureInvalid(N_("This message was not signed by Stripe, or is too old.")) from reason


def _session_params(order: CheckoutOrder) -> Any:
    line = {
        "quantity": 1,
        "price_data": {
            "currency": order.currency.lower(),
            "unit_amount": order.amount_minor,
            "product_data": {"name": order.description},
        },
    }
    return {
        "mode": "payment",
        "line_items": [line],
        "customer": order.customer_id,
        "client_reference_id": order.top_up_id,
        "metadata": dict(order.metadata),
        "payment_intent_data": {"metadata": dict(order.metadata), "description": order.description},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
    }


@contextmanager
def _our_refusals() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise _refusal(error) from error


def _refusal(error: stripe.StripeError) -> Exception:
    told = {"stripe_code": error.code, "request_id": error.request_id}
    if isinstance(error, stripe.CardError):
        decline = getattr(error.error, "decline_code", None)
        return PaymentRefused(N_("The bank refused this payment."), decline_code=decline, **told)
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        return PaymentMisconfigured(
            N_("Payments are not set up correctly. Please tell the operator."), **told
        )
    if error.http_status == 404:
        return StripeObjectMissing(N_("Stripe knows no such object."), **told)
    if isinstance(error, (stripe.InvalidRequestError, stripe.IdempotencyError)) or error.http_status == 501:
        param = getattr(error, "param", None)
        return StripeRequestRefused(
            N_("Stripe refused our request: %(reason)s"), reason=error.user_message, param=param, **told
        )
    return PaymentUnavailable(
        N_("The payment provider does not answer just now. Please try again in a moment."), **told
    )
