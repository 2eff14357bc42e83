"""Top-ups and payouts: companies pay on the simulated Stripe's page, finance pays agencies what is due.

Invariants: the sandbox's clock stands where the demo's stands, and goes back to the present at the end; while the demo
plays it sends no messages, because nobody is there to hear them: they are fetched and handled here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from app.demo.cast import Cast, Player
from billing import inbox, payouts, top_ups
from billing.payouts import NewPayout
from billing.stripe.answers import StripeEvent
from billing.stripe.client import Span
from billing.stripe.gateway import gateway
from billing.stripe.sandbox.remote import SandboxRemote
from tenants import clock, letters
from tenants.db import platform_transaction, transaction

_BOOKED_AFTER = timedelta(hours=1)
_MARGIN = timedelta(minutes=2)
_DECLINED_CARD = "4000000000000002"
_CARD = "4242424242424242"


class Till:
    """The sandbox in the hands of the demo."""

    def __init__(self, sandbox_url: str) -> None:
        self._sandbox = SandboxRemote(sandbox_url)
        self._known: set[str] = set()
        self._payouts = 0

    @contextmanager
    def open(self) -> Iterator[None]:
        """For as long as the demo plays: no messages, and a clock that it moves."""
        switches = self._sandbox.webhooks()
        self._sandbox.webhooks(url=None)
        self._known = {event.id for event in self._events(None)}
        try:
            yield
        finally:
            self._sandbox.set_clock(clock.now())
            self._sandbox.webhooks(url=switches.get("url"))

    def top_up(self, company: Player, minor: int, moment: datetime) -> None:
        """A company pays by card, and the money is in its wallet."""
        self._pay(company, minor, moment, _CARD)

    def give_up(self, company: Player, minor: int, moment: datetime) -> None:
        """A company's card is declined, and it leaves the page, which runs out."""
        self._pay(company, minor, moment, _DECLINED_CARD)
        self._sandbox.set_clock(moment + top_ups.PAGE_OPEN_FOR + _MARGIN)
        self._hear(moment)

    def pay_out(self, cast: Cast, moment: datetime) -> None:
        """The operator's finance pays every agency what is due and writes it down."""
        finance = cast.operator.member("finance")
        with platform_transaction("the demo: finance looks at what is due") as session:
            due = [one for one in payouts.dues(session) if one.due_minor > 0]
        for one in due:
            self._payouts += 1
            reference = f"FLOE-{moment:%Y%m%d}-{self._payouts:03d}"
            paid = NewPayout(one.agency_id, one.due_minor, one.currency, reference, moment.date())
            with transaction(cast.operator.id) as session:
                payouts.record(session, finance, paid, moment)

    def _pay(self, company: Player, minor: int, moment: datetime, card: str) -> None:
        self._sandbox.set_clock(moment)
        wanted = top_ups.NewTopUp(minor, "EUR", uuid4().hex, letters.link("/wallet/top-ups/{id}"))
        page = top_ups.start(company.member("finance"), wanted).checkout_url or ""
        self._sandbox.pay(page.rpartition("/")[2], card)
        self._sandbox.set_clock(moment + _BOOKED_AFTER)
        self._hear(moment)

    def _hear(self, since: datetime) -> None:
        """Fetch what Stripe would have told us since then, and handle it."""
        for event in reversed(self._events(since - _MARGIN)):
            if event.id not in self._known:
                self._known.add(event.id)
                inbox.store(event)
                inbox.handle(event.id)

    def _events(self, since: datetime | None) -> list[StripeEvent]:
        events: list[StripeEvent] = []
        after: str | None = None
        while True:
            page = gateway().events(Span(from_at=since, after=after), inbox.TYPES)
            events += page.items
            if not page.has_more:
                return events
            after = page.items[-1].id
