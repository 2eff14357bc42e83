"""Companies look for leads and buy some: from the marketplace and from what is reserved for them.

A wallet that is too short is topped up, and the same basket is bought a few minutes later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from app.demo.agenda import Agenda, Deed, growth, is_working_day, working_time
from app.demo.cast import Cast, Player
from app.demo.till import Till
from app.market.purchase import buy
from app.market.reserved import decline, reserved_leads
from app.market.search import Filters, search
from app.market.terms import ACTIONS, Answer, Item, Mode, Order, Terms
from billing.ledger import InsufficientFunds
from tenants.db import transaction

_LOOKED_AT = 60
_RESERVED = 0.09
"""What part of all sales comes from what is reserved."""
_TOP_UP_TAKES = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Bought:
    """A lead that a company has just bought."""

    company: Player
    purchase_id: UUID
    agency_id: UUID
    vertical: str
    terms: Terms
    actions: tuple[str, ...]
    at: datetime


Follow = Callable[[Bought], None]


@dataclass(slots=True)
class Shop:
    """How companies buy; `follow` is told of every lead bought."""

    rng: Random
    agenda: Agenda
    cast: Cast
    till: Till
    follow: Follow
    seen: dict[UUID, set[UUID]] = field(default_factory=dict)
    """What each company had in a basket before."""

    def plan(self, sales: int) -> None:
        """Put all shopping trips on the agenda, so that about so many leads are sold."""
        for company in self.cast.of_kind("company"):
            days = self._days()
            weights = [growth(self.agenda, day) for day in days]
            wanted = (1 - _RESERVED) * sales * company.part["share"] / 100
            owed = 0.0
            for day, weight in zip(days, weights, strict=True):
                owed += wanted * weight / sum(weights)
                if owed < 5 and day is not days[-1]:
                    continue
                size = min(round(owed), 25)
                owed -= size
                self.agenda.at(working_time(self.rng, day), self._trip(company, size))
            for day in days[3::4]:
                self.agenda.at(working_time(self.rng, day), self._look_at_reserved(company))

    def purchase(
        self, company: Player, items: Sequence[Item], lots: dict[UUID, Any], moment: datetime
    ) -> None:
        """Buy a basket; if the wallet is too short, top it up and come back."""
        key = uuid4().hex
        try:
            self._buy(company, items, lots, key, moment)
        except InsufficientFunds as short:
            amount = self._enough(company, int(short.details["shortfall_minor"]))
            self.till.top_up(company, amount, moment)
            again = tuple(items)
            self.agenda.at(moment + _TOP_UP_TAKES, lambda at: self._buy(company, again, lots, key, at))

    def basket(self, company: Player, wish: tuple[str, str], size: int, moment: datetime) -> dict[UUID, Any]:
        """Listings that a person would pick: some of the newest ones, none twice."""
        filters = Filters(vertical=wish[0], country=wish[1])
        with transaction(company.id) as session:
            page = search(session, filters, moment, limit=_LOOKED_AT)
        seen = self.seen.setdefault(company.id, set())
        fresh = [row for row in page.rows if row.lead_id not in seen]
        chosen = self.rng.sample(fresh, min(size, len(fresh)))
        seen.update(row.lead_id for row in chosen)
        return {row.lead_id: row for row in chosen}

    def item(self, company: Player, row: Any) -> Item:
        """On which terms a listing is taken."""
        agencies = {self.cast.players[slug].id for slug in company.part["pays_per_action_with"]}
        actions = sum(getattr(row, f"{action}_minor") or 0 for action in ACTIONS)
        if row.agency_id in agencies and actions and self.rng.random() < 0.3:
            return Item(row.lead_id, Terms.PPA, Mode.SHARED, actions)
        if row.exclusive_minor and self.rng.random() < 0.12:
            return Item(row.lead_id, Terms.PPL, Mode.EXCLUSIVE, row.exclusive_minor)
        return Item(row.lead_id, Terms.PPL, Mode.SHARED, row.shared_minor)

    def _trip(self, company: Player, size: int) -> Deed:
        def go(moment: datetime) -> None:
            vertical, country = self.rng.choice(company.part["wishes"])
            lots = self.basket(company, (vertical, country), size, moment)
            if lots:
                self.purchase(company, [self.item(company, row) for row in lots.values()], lots, moment)

        return go

    def _look_at_reserved(self, company: Player) -> Deed:
        return lambda moment: self._answer_reserved(company, moment)

    def _answer_reserved(self, company: Player, moment: datetime) -> None:
        with transaction(company.id) as session:
            waiting = {row.lead_id: row for row in reserved_leads(session, moment, limit=40)}
        lots, items = {}, []
        for lead_id, row in waiting.items():
            mood = self.rng.random()
            if mood < 0.55:
                lots[lead_id] = row
                items.append(Item(lead_id, Terms.PPL, Mode.RESERVED, row.price_minor))
            elif mood < 0.65:
                with transaction(company.id) as session:
                    decline(session, company.owner, lead_id, "We cannot serve this region", moment)
        if items:
            self.purchase(company, items, lots, moment)

    def _buy(
        self, company: Player, items: Sequence[Item], lots: dict[UUID, Any], key: str, moment: datetime
    ) -> None:
        buyer = self.rng.choice((company.owner, company.member("manager")))
        with transaction(company.id) as session:
            receipt = buy(session, buyer, Order(tuple(items), key), moment)
        terms = {item.lead_id: item.terms for item in items}
        for result in receipt.results:
            if result.answer is Answer.SOLD and result.purchase_id:
                row = lots[result.lead_id]
                priced = tuple(action for action in ACTIONS if getattr(row, f"{action}_minor"))
                self.follow(
                    Bought(
                        company,
                        result.purchase_id,
                        row.agency_id,
                        row.vertical,
                        terms[result.lead_id],
                        priced,
                        moment,
                    )
                )

    def _enough(self, company: Player, shortfall: int) -> int:
        usual = int(company.part["top_up"])
        return max(usual, -(-(shortfall + usual // 2) // 10_000) * 10_000)

    def _days(self) -> list[datetime]:
        day, days = self.agenda.start + timedelta(days=3), []
        while day <= self.agenda.present:
            if is_working_day(day) or self.rng.random() < 0.15:
                days.append(day)
            day += timedelta(days=1)
        return days
