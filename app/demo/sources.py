"""What an agency sets up before its first file: sources and their spend, prices, consent text, addressees, buyers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.demo.cast import Cast, Player, script
from app.leads import addressee_links, addressees, consents, sources
from app.market.prices import Price, allow_ppa, set_price
from tenants import clock
from tenants.db import transaction

_RECIPIENTS = 5
_CONSENT = {
    "en": "I agree that my data is passed on to up to five companies that offer what I asked for.",
    "pl": "Zgadzam się na przekazanie moich danych najwyżej pięciu firmom, które oferują to, o co pytam.",
}


@dataclass(slots=True)
class Desk:
    """An agency's records that its files refer to."""

    source_ids: list[UUID]
    consent_text_id: UUID
    addressees: dict[str, UUID] = field(default_factory=dict)

    def source(self, number: int) -> UUID:
        """The sources take turns."""
        return self.source_ids[number % len(self.source_ids)]


def set_up(player: Player, cast: Cast, moment: datetime) -> Desk:
    """Make an agency ready to publish."""
    with transaction(player.id) as session:
        language = player.part["language"]
        words = consents.Wording(language, _CONSENT[language], "Companies that offer this", _RECIPIENTS)
        desk = Desk([], consents.create(session, player.owner, "Web form", words))
        for part in player.part["sources"]:
            wanted = sources.NewSource(part["name"], part["channel"], part["label"])
            source_id = sources.create(session, player.owner, wanted)
            desk.source_ids.append(source_id)
            for vertical in _verticals(player):
                price = _price(script()["prices"][vertical], part["factor"])
                set_price(session, player.owner, source_id, vertical, price, moment)
        for company in cast.of_kind("company"):
            if player.part["slug"] in company.part["pays_per_action_with"]:
                allow_ppa(session, player.member("manager"), company.part["slug"], moment)
    _meet_addressees(player, desk)
    return desk


def record_spend(player: Player, desk: Desk, month_on: date, share: float) -> None:
    """What each source cost in a month."""
    with transaction(player.id) as session:
        for source_id, part in zip(desk.source_ids, player.part["sources"], strict=True):
            spend = sources.Spend(month_on, int(part["spend"] * share), "EUR")
            sources.record_spend(session, player.owner, source_id, spend)


def _verticals(player: Player) -> list[str]:
    own = [one["vertical"] for one in script()["streams"] if one["agency"] == player.part["slug"]]
    return sorted(set(own))


def _price(cents: list[int], factor: int) -> Price:
    shared, exclusive, call, consultation, purchase = (cent * factor // 100 // 10 * 10 for cent in cents)
    return Price(shared, exclusive, shared * 16 // 10, call, consultation, purchase)


def _meet_addressees(player: Player, desk: Desk) -> None:
    for part in script()["streams"]:
        if part["agency"] == player.part["slug"] and "addressee" in part:
            desk.addressees[part["addressee"]["domain"]] = meet(player, part["addressee"])


def meet(player: Player, known: dict[str, Any]) -> UUID:
    """Write down a company that leads answered, and invite it; nobody has accepted yet."""
    mailbox = known.get("mailbox") or f"office@{known['domain']}"
    wanted = addressees.NewAddressee(known["legal"], known["country"], known["domain"], mailbox)
    with transaction(player.id) as session:
        addressee_id = addressees.create(session, player.owner, wanted)
        addressees.invite(session, player.owner, addressee_id)
    return addressee_id


def accept(company: Player, token: str) -> None:
    """A company takes on an addressee's role by the link in the mail."""
    with transaction(company.id) as session:
        addressee_links.accept_link(session, company.owner, token)


def months(start: datetime) -> list[date]:
    """The first days of the months from `start` to now."""
    day, found = start.date().replace(day=1), []
    while day <= clock.now().date():
        found.append(day)
        day = (day.replace(day=28) + (date(2000, 1, 8) - date(2000, 1, 1))).replace(day=1)
    return found
