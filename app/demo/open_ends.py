"""What happened in the last days and is not over yet, so that every screen has something to do: claims, an appeal, a
dispute, actions, reserved leads, files, newcomers, links, deliveries."""

from datetime import datetime, timedelta
from random import Random

from app.delivery.destinations import NewDestination, create
from app.demo import cast as people_of
from app.demo import sources
from app.demo.agenda import Agenda
from app.demo.cast import Cast, Player
from app.demo.follow_up import FollowUp
from app.demo.shopping import Bought, Shop
from app.demo.till import Till
from app.demo.uploads import Stream, Streams
from app.market.terms import Item, Mode, Terms
from tenants.db import transaction

DELIVERIES_FROM = timedelta(days=4)
"""Mails with deliveries begin so long before the present: older ones nobody would read."""
_GROVE = {
    "legal": "Grove Home LLC",
    "country": "UA",
    "domain": "grove.example",
    "mailbox": "grove@mail.example.com",
}


class OpenEnds:
    """Puts what stays open on the agenda."""

    def __init__(self, agenda: Agenda, cast: Cast, follow_up: FollowUp, till: Till, rng: Random) -> None:
        self._agenda = agenda
        self._cast = cast
        self._follow_up = follow_up
        self._bought: list[Bought] = []
        self._shop = Shop(rng, agenda, cast, till, self._bought.append)

    def plan(self, streams: Streams) -> None:
        """The last days."""
        before = self._before
        self._streams = streams
        own = [one for one in streams.all if one.player.part["slug"] == "acme"]
        solar = next(
            one for one in own if one.part["vertical"] == "home_solar" and "addressee" not in one.part
        )
        for_bolt = next(one for one in own if one.part.get("addressee", {}).get("company") == "bolt")
        self._agenda.at(before(DELIVERIES_FROM), lambda at: self._destinations())
        self._agenda.at(before(timedelta(hours=50)), lambda at: self._send(solar, 30, at))
        self._agenda.at(before(timedelta(hours=32)), self._buy)
        self._agenda.at(before(timedelta(hours=30)), self._claim_and_report)
        self._agenda.at(before(timedelta(hours=22)), self._refuse)
        self._agenda.at(before(timedelta(hours=20)), self._appeal)
        self._agenda.at(before(timedelta(hours=6)), lambda at: people_of.newcomers())
        self._agenda.at(before(timedelta(hours=5)), lambda at: self._link_in_doubt())
        self._agenda.at(before(timedelta(hours=3)), lambda at: self._send(for_bolt, 9, at))
        self._agenda.at(
            before(timedelta(hours=2)), lambda at: streams.send_messy(solar, 180, at - timedelta(days=2), at)
        )
        self._agenda.at(
            before(timedelta(hours=1)),
            lambda at: streams.leave_unmapped(solar, 24, at - timedelta(days=1), at),
        )

    def _before(self, ago: timedelta) -> datetime:
        return self._agenda.present - ago

    def _destinations(self) -> None:
        bolt, acme = self._cast.players["bolt"], self._cast.players["acme"]
        wanted = [
            (bolt, NewDestination("email", "Sales desk", "sales@bolt.floe.test", language="en")),
            (acme, NewDestination("email", "Returns and actions", "desk@acme.floe.test", event_types=[
                "return.claimed", "action.reported", "action.captured", "lead.declined"])),
        ]  # fmt: skip
        for player, destination in wanted:
            with transaction(player.id) as session:
                create(session, player.id, destination)

    def _send(self, stream: Stream, count: int, moment: datetime) -> None:
        batch_id = self._streams.batch(self._streams.send(stream, count, moment - timedelta(days=2), moment))
        stream.publish(batch_id, moment)

    def _buy(self, moment: datetime) -> None:
        bolt = self._cast.players["bolt"]
        lots = self._shop.basket(bolt, ("home_solar", "UA"), 9, moment)
        items = []
        for number, row in enumerate(lots.values()):
            if number % 2:
                actions = row.call_minor + row.consultation_minor + row.purchase_minor
                items.append(Item(row.lead_id, Terms.PPA, Mode.SHARED, actions))
            else:
                items.append(Item(row.lead_id, Terms.PPL, Mode.SHARED, row.shared_minor))
        if items:
            self._shop.purchase(bolt, items, lots, moment)

    def _claim_and_report(self, moment: datetime) -> None:
        per_lead, per_action = self._of(Terms.PPL), self._of(Terms.PPA)
        for bought in per_lead[:2]:
            self._follow_up.open_claim(bought, moment)
        for bought in per_action[:1]:
            self._follow_up.report(bought, "call", moment)
        for bought in per_action[1:2]:
            self._follow_up.claim_action(bought, moment)

    def _refuse(self, moment: datetime) -> None:
        for bought in self._of(Terms.PPL)[2:3]:
            self._claim_id = self._follow_up.open_claim(bought, moment)
            self._follow_up.decide(bought, self._claim_id, moment, accept=False)
        for bought in self._of(Terms.PPA)[2:3]:
            action_id = self._follow_up.claim_action(bought, moment)
            self._follow_up.refuse_action(bought, action_id, moment)

    def _appeal(self, moment: datetime) -> None:
        for bought in self._of(Terms.PPL)[2:3]:
            self._follow_up.appeal(bought, self._claim_id, moment)

    def _of(self, terms: Terms) -> list[Bought]:
        return [one for one in self._bought if one.terms is terms]

    def _link_in_doubt(self) -> None:
        acme, grove = self._cast.players["acme"], self._cast.players["grove"]
        sources.meet(acme, _GROVE)
        sources.accept(grove, people_of.mailed_token(_GROVE["mailbox"]))


def first_destinations(cast: Cast) -> None:
    """Every company fetches its leads by download from the beginning."""
    for player in cast.of_kind("company"):
        with transaction(player.id) as session:
            create(session, player.id, NewDestination("download", "CRM import"))


def linked(cast: Cast, agency: Player, part: dict[str, dict[str, str]]) -> None:
    """The company behind an addressee accepts the invitation in its mail."""
    known = part["addressee"]
    if "company" in known:
        sources.accept(cast.players[known["company"]], people_of.mailed_token(f"office@{known['domain']}"))
