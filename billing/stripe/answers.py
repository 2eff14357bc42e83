"""What Stripe told us, in our own words: immutable records, amounts in minor units, times aware and in UTC.

`from_stripe` reads one JSON object of Stripe. A missing required key raises KeyError: a changed API must be loud.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Self, TypeVar

Json = Mapping[str, Any]
T = TypeVar("T")


def _at(epoch_seconds: int) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)


def _id_of(reference: Any) -> str | None:
    """Stripe gives a linked object as its id, or whole when it was expanded."""
    found: str | None = reference["id"] if isinstance(reference, Mapping) else reference
    return found


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list, newest first; `has_more` says that older rows follow the last one."""

    items: tuple[T, ...]
    has_more: bool


@dataclass(frozen=True)
class StripeCustomer:
    """The payer's record at Stripe."""

    id: str
    email: str | None
    name: str | None
    metadata: Mapping[str, str]
    livemode: bool

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        return cls(raw["id"], raw.get("email"), raw.get("name"), raw.get("metadata") or {}, raw["livemode"])


@dataclass(frozen=True)
class CheckoutSession:
    """One visit to the hosted payment page. `url` is None once it is paid or expired."""

    id: str
    url: str | None
    status: str
    payment_status: str
    amount_total_minor: int
    currency: str
    client_reference_id: str | None
    customer_id: str | None
    payment_intent_id: str | None
    created_at: datetime
    expires_at: datetime
    metadata: Mapping[str, str]
    livemode: bool

    @property
    def is_paid(self) -> bool:
        return self.status == "complete" and self.payment_status == "paid"

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        return cls(
            id=raw["id"],
            url=raw.get("url"),
            status=raw["status"],
            payment_status=raw["payment_status"],
            amount_total_minor=raw["amount_total"],
            currency=raw["currency"].upper(),
            client_reference_id=raw.get("client_reference_id"),
            customer_id=_id_of(raw.get("customer")),
            payment_intent_id=_id_of(raw.get("payment_intent")),
            created_at=_at(raw["created"]),
            expires_at=_at(raw["expires_at"]),
            metadata=raw.get("metadata") or {},
            livemode=raw["livemode"],
        )


@dataclass(frozen=True)
class BalanceTransaction:
    """One line of Stripe's own book: what a charge or refund did to our Stripe balance, and what it cost."""

    id: str
    type: str
    reporting_category: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    source_id: str | None
    status: str
    description: str | None
    created_at: datetime
    available_at: datetime

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        return cls(
            id=raw["id"],
            type=raw["type"],
            reporting_category=raw["reporting_category"],
            amount_minor=raw["amount"],
            fee_minor=raw["fee"],
            net_minor=raw["net"],
            currency=raw["currency"].upper(),
            source_id=_id_of(raw.get("source")),
            status=raw["status"],
            description=raw.get("description"),
            created_at=_at(raw["created"]),
            available_at=_at(raw["available_on"]),
        )


@dataclass(frozen=True)
class Charge:
    """Money taken from a card. `balance_transaction` is None until Stripe has booked it (`charge.updated` tells)."""

    id: str
    status: str
    amount_minor: int
    refunded_minor: int
    currency: str
    payment_intent_id: str | None
    balance_transaction_id: str | None
    balance_transaction: BalanceTransaction | None
    failure_code: str | None
    metadata: Mapping[str, str]
    created_at: datetime
    livemode: bool

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        booked = raw.get("balance_transaction")
        return cls(
            id=raw["id"],
            status=raw["status"],
            amount_minor=raw["amount"],
            refunded_minor=raw["amount_refunded"],
            currency=raw["currency"].upper(),
            payment_intent_id=_id_of(raw.get("payment_intent")),
            balance_transaction_id=_id_of(booked),
            balance_transaction=BalanceTransaction.from_stripe(booked)
            if isinstance(booked, Mapping)
            else None,
            failure_code=raw.get("failure_code"),
            metadata=raw.get("metadata") or {},
            created_at=_at(raw["created"]),
            livemode=raw["livemode"],
        )


@dataclass(frozen=True)
class PaymentIntent:
    """The payment behind a checkout, with its latest charge when there was an attempt."""

    id: str
    status: str
    amount_minor: int
    received_minor: int
    currency: str
    customer_id: str | None
    latest_charge: Charge | None
    error_code: str | None
    decline_code: str | None
    metadata: Mapping[str, str]
    created_at: datetime
    livemode: bool

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        charge, error = raw.get("latest_charge"), raw.get("last_payment_error") or {}
        return cls(
            id=raw["id"],
            status=raw["status"],
            amount_minor=raw["amount"],
            received_minor=raw["amount_received"],
            currency=raw["currency"].upper(),
            customer_id=_id_of(raw.get("customer")),
            latest_charge=Charge.from_stripe(charge) if isinstance(charge, Mapping) else None,
            error_code=error.get("code"),
            decline_code=error.get("decline_code"),
            metadata=raw.get("metadata") or {},
            created_at=_at(raw["created"]),
            livemode=raw["livemode"],
        )


@dataclass(frozen=True)
class Refund:
    """Money given back to the card a charge was taken from."""

    id: str
    status: str | None
    amount_minor: int
    currency: str
    charge_id: str | None
    payment_intent_id: str | None
    balance_transaction_id: str | None
    created_at: datetime

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        return cls(
            id=raw["id"],
            status=raw.get("status"),
            amount_minor=raw["amount"],
            currency=raw["currency"].upper(),
            charge_id=_id_of(raw.get("charge")),
            payment_intent_id=_id_of(raw.get("payment_intent")),
            balance_transaction_id=_id_of(raw.get("balance_transaction")),
            created_at=_at(raw["created"]),
        )


@dataclass(frozen=True)
class Balance:
    """What Stripe holds for us, minor units by currency: ready to pay out, and still on its way."""

    available_minor: Mapping[str, int]
    pending_minor: Mapping[str, int]
    livemode: bool

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        available, pending = (
            {line["currency"].upper(): line["amount"] for line in raw[part]}
            for part in ("available", "pending")
        )
        return cls(available, pending, raw["livemode"])


@dataclass(frozen=True)
class StripeEvent:
    """Something happened at Stripe. `object` is a snapshot and may be old: fetch the object before acting on it."""

    id: str
    type: str
    api_version: str | None
    created_at: datetime
    livemode: bool
    object_id: str | None
    object: dict[str, Any]

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        snapshot = dict(raw["data"]["object"])
        return cls(
            id=raw["id"],
            type=raw["type"],
            api_version=raw.get("api_version"),
            created_at=_at(raw["created"]),
            livemode=raw["livemode"],
            object_id=snapshot.get("id"),
            object=snapshot,
        )


@dataclass(frozen=True)
class WebhookEndpoint:
    """Where Stripe tells us what happened. `secret` comes only in the answer that created it."""

    id: str
    url: str
    status: str
    enabled_events: tuple[str, ...]
    api_version: str | None
    secret: str | None

    @classmethod
    def from_stripe(cls, raw: Json) -> Self:
        events = tuple(raw["enabled_events"])
        return cls(raw["id"], raw["url"], raw["status"], events, raw.get("api_version"), raw.get("secret"))
