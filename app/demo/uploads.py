"""Agencies upload files of leads week by week: written here, then received, mapped, checked and published by the importer.

Some rows are bad and some come twice, as in life; leads are younger than their vertical lets them be.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.demo.agenda import Agenda, Deed, any_time, growth, working_time
from app.demo.answers import Answers
from app.demo.beside import Beside
from app.demo.cast import Player
from app.demo.people import People, Person, book
from app.demo.sources import Desk
from app.leads import legal_basis, regions, verticals
from app.leads.batches import Upload, receive, set_mapping
from app.leads.check import check, start_check
from app.leads.intake_facts import IntakeFacts
from app.leads.targets import CONSUMER, TARGETED, targets
from app.leads.verticals import Vertical
from app.market.batch_offers import finish, publish_batch, undo_batch
from app.market.withdraw import withdraw_leads
from tenants.db import transaction

_FACTS = (
    "external_id", "contact_1_name", "contact_1_phone", "contact_1_email", "region", "language", "enquired_at",
    "consent_at", "consent_origin", "sub_id", "temperature", "bant_budget", "bant_authority", "bant_need",
    "bant_timeline",
)  # fmt: skip
_BAD_ROWS, _TWICE = 0.025, 0.02
_SPOILT: tuple[tuple[int, str, Callable[[str], str]], ...] = (
    (9, "region", lambda region: region[:-3] + "кая"),
    (13, "property_type", lambda _: "Хата"),
    (17, "contact_1_phone", lambda phone: phone[:-1] + "О" if phone else ""),
    (29, "property_type", lambda _: "гараж"),
    (31, "contact_1_email", lambda email: email.replace("@", " @ ")),
)
"""Every so many rows, which column, and how a careless hand writes it."""
_LATEST_LEAD = text(
    "SELECT id FROM lead WHERE state = 'offered' ORDER BY created_at DESC, id DESC LIMIT :limit"
)


@dataclass(frozen=True)
class Tools:
    """What all streams share."""

    rng: Random
    people: People
    answers: Answers


class Stream:
    """The leads of one agency for one vertical and country; each file comes from the next of its sources."""

    def __init__(self, tools: Tools, player: Player, desk: Desk, part: dict[str, Any]) -> None:
        self.tools = tools
        self.player = player
        self.desk = desk
        self.part = part
        self._vertical: Vertical = verticals.get(part["vertical"])
        self._files = 0
        self._rows = 0
        self._yesterday: list[list[str]] = []

    def upload(self, count: int, since: datetime, moment: datetime) -> UUID:
        """Send one file with so many rows and have it checked; gives its batch."""
        return self._send(self._rows_of(count, since, moment), moment)

    def upload_messy(self, count: int, since: datetime, moment: datetime) -> UUID:
        """The same with a file that somebody typed: every kind of thing that can be put right."""
        rows = self._rows_of(count, since, moment)
        place = {name: number for number, name in enumerate(self._targets())}
        for number, row in enumerate(rows):
            for every, name, spoilt in _SPOILT:
                if number % every == every - 1 and name in place:
                    row[place[name]] = spoilt(row[place[name]])
        return self._send(rows, moment)

    def _send(self, rows: list[list[str]], moment: datetime) -> UUID:
        self._files += 1
        name = f"{self.part['vertical']}-{self.part['country'].lower()}-{moment:%Y-%m-%d}.csv"
        who = self.player.member("agent")
        with transaction(self.player.id) as session:
            batch_id = receive(session, who, Upload(name, self._sheet(rows), self._facts()))
            set_mapping(session, who, batch_id, dict(enumerate(self._targets())))
            start_check(session, who, batch_id)
        check(self.player.id, batch_id)
        return batch_id

    def leave_unmapped(self, count: int, since: datetime, moment: datetime) -> UUID:
        """Send one file and go home; gives its batch."""
        with transaction(self.player.id) as session:
            sheet = self._sheet(self._rows_of(count, since, moment))
            return receive(session, self.player.owner, Upload("to-be-mapped.csv", sheet, self._facts()))

    def publish(self, batch_id: UUID, moment: datetime) -> None:
        """Offer what was accepted."""
        with transaction(self.player.id, patience_seconds=60) as session:
            publish_batch(session, self.player.owner, batch_id, moment)
        finish(self.player.id, batch_id)

    @property
    def _lead_type(self) -> str:
        return TARGETED if "addressee" in self.part else CONSUMER

    def _facts(self) -> IntakeFacts:
        """What the agency says of the next file."""
        is_targeted = self._lead_type == TARGETED
        basis = legal_basis.INTEREST if self._vertical.is_b2b else legal_basis.CONSENT
        return IntakeFacts(
            vertical=self.part["vertical"],
            lead_type=self._lead_type,
            source_id=self.desk.source(self._files),
            country=self.part["country"],
            legal_basis=legal_basis.REQUESTED if is_targeted else basis,
            consent_text_id=self.desk.consent_text_id if basis == legal_basis.CONSENT else None,
            addressee_id=self.desk.addressees[self.part["addressee"]["domain"]] if is_targeted else None,
        )

    def _targets(self) -> list[str]:
        return [*_FACTS, *(one.name for one in self._vertical.fields)]

    def _rows_of(self, count: int, since: datetime, moment: datetime) -> list[list[str]]:
        """So many rows, and some of the last file's again."""
        rows = [self._row(since, moment) for _ in range(count)]
        rng = self.tools.rng
        again = [list(row) for row in self._yesterday if rng.random() < _TWICE]
        self._yesterday = rows
        for row in again:
            row[0] = self._number()
        return rows + again

    def _sheet(self, rows: list[list[str]]) -> io.BytesIO:
        labels = {one.name: one.label for one in targets(self._vertical, self._lead_type, self._language())}
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(labels[name] for name in self._targets())
        writer.writerows(rows)
        return io.BytesIO(out.getvalue().encode())

    def _language(self) -> str:
        return str(self.player.part["language"])

    def _number(self) -> str:
        self._rows += 1
        return f"{self.part['vertical'][:2].upper()}{self._lead_type[:1]}-{self.part['country']}-{self._rows:06d}"

    def _row(self, since: datetime, moment: datetime) -> list[str]:
        rng = self.tools.rng
        person = self.tools.people.person(self.part["country"])
        zone = ZoneInfo(self.player.part["zone"])
        days = (moment - since).days
        asked = min(any_time(rng, moment - timedelta(days=rng.randint(0, max(days - 1, 0)))), moment)
        written = f"{asked.astimezone(zone):%Y-%m-%d %H:%M}"
        phone, email = self._channels(person)
        return [
            self._number(),
            person.name,
            phone,
            email,
            regions.of_country(self.part["country"])[person.region].name(self._language()),
            str(book()[self.part["country"]]["language"]),
            written,
            written,
            f"https://{self.player.part['slug']}.example/form",
            rng.choice(("autumn-a", "autumn-b", "brand", "")),
            rng.choice(("", "", "warm", "hot", "cold")),
            *self._bant(),
            *self.tools.answers.row(self._vertical, person, self.part["country"], asked.date()),
        ]

    def _channels(self, person: Person) -> tuple[str, str]:
        rng = self.tools.rng
        if rng.random() < _BAD_ROWS:
            return person.phone[:6], ""
        kind = rng.random()
        if kind < 0.35:
            return person.phone, ""
        return ("", person.email) if kind > 0.93 else (person.phone, person.email)

    def _bant(self) -> list[str]:
        rng = self.tools.rng
        sure = 0.25 + 0.45 * rng.random()
        return [("yes" if rng.random() < sure else rng.choice(("", "", "no"))) for _ in range(4)]


class Streams:
    """All streams. Their files are sent and checked beside the trade, and may be checked before their time has come;
    what is in them is offered when it has."""

    def __init__(self, streams: list[Stream], office: Beside) -> None:
        self.all = streams
        self._office = office

    def send(self, stream: Stream, count: int, since: datetime, moment: datetime) -> int:
        """Have a file sent and checked; its number, for `batch`."""
        return self._office.give(moment, Stream.upload, self.all.index(stream), count, since)

    def send_messy(self, stream: Stream, count: int, since: datetime, moment: datetime) -> None:
        """Have a file sent and checked that needs putting right, and leave it there."""
        self._office.give(moment, Stream.upload_messy, self.all.index(stream), count, since)

    def leave_unmapped(self, stream: Stream, count: int, since: datetime, moment: datetime) -> None:
        """Have a file sent, and nothing else done with it."""
        self._office.give(moment, Stream.leave_unmapped, self.all.index(stream), count, since)

    def batch(self, upload: int) -> UUID:
        """The batch that came of it."""
        return UUID(str(self._office.result(upload)))


def office(streams: list[Stream]) -> Beside:
    """Where files are sent from. Only there do streams remember what they have sent."""
    return Beside(lambda send, number, count, since, moment: send(streams[number], count, since, moment))


def plan(agenda: Agenda, streams: Streams, leads: int, every_days: int) -> None:
    """Put all uploads on the agenda: each stream on its own weekday, more and more rows, `leads` in all."""
    planned = sorted(_plan(agenda, streams.all, leads, every_days), key=lambda one: one[0])
    for moment, stream, count in planned:
        number = streams.send(stream, count, moment - timedelta(days=every_days), moment)
        agenda.at(moment + timedelta(minutes=40), _publishing(streams, stream, number))


def _plan(
    agenda: Agenda, streams: list[Stream], leads: int, every_days: int
) -> Iterator[tuple[datetime, Stream, int]]:
    rng = streams[0].tools.rng
    span = timedelta(days=every_days)
    for number, stream in enumerate(streams):
        moments = []
        day = agenda.present - timedelta(days=number * every_days // len(streams))
        while day - span > agenda.start:
            moments.append(min(working_time(rng, day), agenda.present - timedelta(minutes=50)))
            day -= span
        weights = [growth(agenda, moment) for moment in moments]
        # what is rejected comes on top
        wanted = leads * stream.part["share"] / 1000 * (1 + _BAD_ROWS)
        for moment, weight in zip(moments, weights, strict=True):
            yield moment, stream, max(1, round(wanted * weight / sum(weights)))


def _publishing(streams: "Streams", stream: Stream, upload: int) -> Deed:
    return lambda moment: stream.publish(streams.batch(upload), moment)


def second_thoughts(streams: "Streams", moment: datetime) -> None:
    """A file sent by mistake and undone, and people who took their consent back."""
    stream = streams.all[0]
    batch_id = streams.batch(streams.send(stream, 12, moment - timedelta(days=1), moment))
    stream.publish(batch_id, moment)
    with transaction(stream.player.id) as session:
        undo_batch(session, stream.player.owner, batch_id, moment)
        leads = session.execute(_LATEST_LEAD, {"limit": 2}).scalars().all()
        withdraw_leads(session, stream.player.owner, leads, "consent", moment)
