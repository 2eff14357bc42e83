"""A till for the tests of money: a real sandbox, our gateway to it, and the buyer's hand on the card."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction

from billing.stripe import gateway as stripe_gateway
from billing.stripe.answers import PaymentIntent, StripeEvent
from billing.stripe.client import Span, StripeGateway, StripeSettings
from billing.stripe.sandbox.remote import SandboxRemote
from billing.stripe.sandbox.serving import running
from billing.stripe.sandbox.settings import SandboxSettings
from billing.top_ups import NewTopUp, TopUp, get, start
from tenants.db import platform_transaction, transaction
from tests.world import Party

CAPTURE_DELAY_SECONDS = 600
SECRET = "whsec_till"
_CALLS = {name for name in vars(StripeGateway) if not name.startswith("_")} - {"close", "parse_event"}

_open_doors: list[Session] = []


class PatientGateway(StripeGateway):
    """The real gateway; refuses to speak while a database transaction is open."""

    def __getattribute__(self, name: str) -> Any:
        assert name not in _CALLS or not _open_doors, f"{name} was called inside a transaction"
        return super().__getattribute__(name)


@dataclass
class Till:
    """The sandbox and its levers; only its clock books a charge."""

    url: str
    settings: StripeSettings

    def __post_init__(self) -> None:
        self.remote = SandboxRemote(self.url)
        self.gateway = PatientGateway(self.settings)
        stripe_gateway._gateway = self.gateway

    def start(self, company: Party, minor: int = 5000, key: str | None = None) -> TopUp:
        """A company asks for a top-up."""
        wanted = NewTopUp(minor, "EUR", key or uuid4().hex, "http://127.0.0.1:9/wallet/top-ups/{id}")
        return start(company.owner, wanted)

    def paid(self, company: Party, minor: int = 5000) -> TopUp:
        """A company asks for a top-up and pays; we have not heard of it yet."""
        made = self.start(company, minor)
        assert self.pay(made)["state"] == "paid"
        return made

    def pay(self, top_up: TopUp, card: str = "4242424242424242", **more: str) -> dict[str, Any]:
        return self.remote.pay(self.checkout_id(top_up), card, **more)

    def checkout_id(self, top_up: TopUp) -> str:
        with platform_transaction("look") as session:
            row = session.execute(text("SELECT checkout_id FROM top_up WHERE id = :id"), {"id": top_up.id})
            return str(row.scalar_one())

    def intent(self, top_up: TopUp) -> PaymentIntent:
        """The payment of a top-up as Stripe has it now."""
        return self.gateway.payment_intent(
            self.gateway.checkout(self.checkout_id(top_up)).payment_intent_id or ""
        )

    def book(self) -> None:
        """Let the sandbox book what was paid: only now the fee is known."""
        self.remote.advance_clock(CAPTURE_DELAY_SECONDS + 1)

    def events(self) -> list[StripeEvent]:
        """Everything that happened, oldest first."""
        return list(reversed(self.gateway.events(Span(limit=100)).items))


@contextmanager
def open_till(home: Path) -> Iterator[Till]:
    """A till of its own; afterwards the gateway of before is back."""
    before = stripe_gateway._gateway
    settings = SandboxSettings(
        home, webhook_secret=SECRET, capture_delay_seconds=CAPTURE_DELAY_SECONDS, retry_seconds=0.05
    )
    event.listen(Session, "after_transaction_create", _opened)
    event.listen(Session, "after_transaction_end", _closed)
    try:
        with running(settings) as url:
            key = f"sk_test_sandbox_{uuid4().hex}"
            till = Till(url, StripeSettings(key, SECRET, url, timeout_seconds=5, network_retries=0))
            yield till
            till.gateway.close()
    finally:
        stripe_gateway._gateway = before
        event.remove(Session, "after_transaction_create", _opened)
        event.remove(Session, "after_transaction_end", _closed)
        _open_doors.clear()


def _opened(session: Session, transaction_: SessionTransaction) -> None:
    if transaction_.parent is None:
        _open_doors.append(session)


def _closed(session: Session, transaction_: SessionTransaction) -> None:
    if transaction_.parent is None and session in _open_doors:
        _open_doors.remove(session)


def seen(company: Party, top_up_id: UUID) -> TopUp:
    """A top-up as its company sees it now."""
    with transaction(company.id) as session:
        return get(session, top_up_id)


def free_and_held(company: Party) -> tuple[int, int]:
    """What stands in a company's wallet."""
    with transaction(company.id) as session:
        row = session.execute(text("SELECT balance_minor, held_minor FROM wallet")).one_or_none()
        return (row.balance_minor, row.held_minor) if row else (0, 0)


def balances() -> dict[str, int]:
    """Everybody's accounts together; debit is positive."""
    with platform_transaction("look") as session:
        rows = session.execute(text("SELECT account, sum(amount_minor)::bigint FROM entry GROUP BY account"))
        return {account: minor for account, minor in rows if minor}


def journal_count() -> int:
    with platform_transaction("look") as session:
        return int(session.execute(text("SELECT count(*) FROM journal")).scalar_one())
