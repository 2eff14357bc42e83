"""The words of a purchase: what is asked, what is answered, and the windows that are frozen on the sale."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tenants.errors import Refused

ACTIONS = ("call", "consultation", "purchase")
"""Action types that may carry a price."""

RETURN_WINDOW = timedelta(days=7)
"""A PPL sale may be claimed back until then, counted from the sale."""
BILLS_WITHIN = timedelta(days=30)
"""An action bills if it happened within this time of the sale …"""
REPORTED_WITHIN = timedelta(days=37)
"""… and was reported within this."""
SAME_PERSON_WINDOW = timedelta(days=90)
"""A company cannot buy the same person in one vertical again within this time, whichever agency sends them."""
MOST_ITEMS = 200
"""Items in one order: more are sent as several."""


class Terms(StrEnum):
    """How a sale is paid."""

    PPL = "ppl"
    PPA = "ppa"


class Mode(StrEnum):
    """How much of a lead a sale takes."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"
    RESERVED = "reserved"


class Answer(StrEnum):
    """What became of one item of an order."""

    SOLD = "sold"
    GONE = "gone"
    PRICE_CHANGED = "price_changed"
    ALREADY_YOURS = "already_yours"
    NOT_ALLOWED = "not_allowed"
    DUPLICATE_PERSON = "duplicate_person"
    ALREADY_CUSTOMER = "already_customer"
    """The person stands on the company's own list of customers."""


SENTENCES = {
    Answer.SOLD: "Bought.",
    Answer.GONE: "This lead is no longer available.",
    Answer.PRICE_CHANGED: "The price has risen. Look at the new price and decide again.",
    Answer.ALREADY_YOURS: "You have bought this lead before.",
    Answer.NOT_ALLOWED: "The agency does not offer this lead on these terms.",
    Answer.DUPLICATE_PERSON: "You bought this person in this vertical within 90 days. You were not charged.",
    Answer.ALREADY_CUSTOMER: "This person is on your own list of customers. You were not charged.",
}


class NotAllSold(Refused):
    """`all_or_nothing` was asked and an item could not be sold; nothing was bought. `items` says which and why."""

    status, code = 409, "not_all_sold"


class KeyReused(Refused):
    """The idempotency key was used for another request."""

    status, code = 422, "key_reused"


@dataclass(frozen=True, slots=True)
class Item:
    """One lead to buy, and the highest net price accepted, in minor units (PPA: the sum of its action prices)."""

    lead_id: UUID
    terms: Terms
    mode: Mode
    max_net_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a company wants to buy. The same `key` with the same items buys once."""

    items: tuple[Item, ...]
    key: str
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The typed answer to one item. `net_minor` is the charged price if sold, the present price if it changed."""

    lead_id: UUID
    answer: Answer
    purchase_id: UUID | None = None
    net_minor: int | None = None
    gross_minor: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the stored answer and for the API."""
        return {
            "lead_id": str(self.lead_id),
            "answer": self.answer.value,
            "message": SENTENCES[self.answer],
            "purchase_id": str(self.purchase_id) if self.purchase_id else None,
            "net_minor": self.net_minor,
            "gross_minor": self.gross_minor,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to an order: one result per item, in the order of the items."""

    order_id: UUID
    currency: str
    results: tuple[Result, ...] = field(default=())

    @property
    def gross_minor(self) -> int:
        """What was charged or held, VAT included."""
        return sum(r.gross_minor or 0 for r in self.results if r.answer is Answer.SOLD)

    def as_json(self) -> dict[str, Any]:
        """For the stored answer and for the API."""
        return {
            "order_id": str(self.order_id),
            "currency": self.currency,
            "gross_minor": self.gross_minor,
            "items": [result.as_json() for result in self.results],
        }


def receipt_from_json(stored: dict[str, Any]) -> Receipt:
    """The receipt again, from what was stored with the idempotency key."""
    results = tuple(
        Result(
            UUID(item["lead_id"]),
            Answer(item["answer"]),
            UUID(item["purchase_id"]) if item["purchase_id"] else None,
            item["net_minor"],
            item["gross_minor"],
        )
        for item in stored["items"]
    )
    return Receipt(UUID(stored["order_id"]), stored["currency"], results)
