"""Loads the demo: everything in the order of its times, and at the very end a mark that it is whole.

Invariants: only into an empty installation, only in demo mode, only with the simulated Stripe; killed at any moment it
leaves no mark, and the next run throws away what is there and begins anew. Without every proof there is no mark.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, event, text

from app import proofs
from app.config import Settings
from app.delivery.drain import drain
from app.delivery.proofs import due_shards
from app.demo import cast as casting
from app.demo import landing, open_ends, screening, sources, unfinished, uploads, webhooks
from app.demo.agenda import Agenda, Deed
from app.demo.answers import Answers
from app.demo.beside import Beside
from app.demo.cast import Cast
from app.demo.follow_up import FollowUp, clerks
from app.demo.people import People
from app.demo.shopping import Shop
from app.demo.till import Till
from app.demo.uploads import Stream, Streams, Tools
from tenants import clock, mail
from tenants.db import platform_transaction
from tenants.errors import Refused

SEED = 20_261_121
Tell = Callable[[int], None]


class DemoRefused(Refused):
    """The demo cannot be loaded here; nothing was written."""

    status, code = 409, "demo_refused"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made; `sends_mail` lets what is due leave for the mail server day by day."""

    leads: int = 20_000
    sales: int = 3_000
    days: int = 90
    sends_mail: bool = True

    @property
    def upload_every_days(self) -> int:
        """Small demos send fewer files rather than empty ones."""
        return 7 if self.leads >= 5_000 else 13


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is afterwards, by kind, and what was refused to people who acted at a bad moment, by code."""

    counts: dict[str, int]
    refused: dict[str, int]


_COUNTED = (
    "tenant", "user_account", "batch", "lead", "sale", "reserved_lead", "outcome", "action", "return_claim", "top_up",
    "payout", "delivery", "mail", "journal",
)  # fmt: skip


def demand_place(settings: Settings) -> str:
    """Where the simulated Stripe is. Raises `DemoRefused` anywhere but in demo mode beside it."""
    if not settings.is_demo:
        raise DemoRefused("The demo is for FLOE_MODE=demo only.")
    if not settings.stripe_api_base:
        raise DemoRefused("The demo pays with the simulated Stripe: leave STRIPE_SECRET_KEY unset.")
    return settings.stripe_api_base


def load(engine: Engine, sandbox_url: str, size: Size = Size(), tell: Tell = lambda day: None) -> Loaded:
    """Play the whole demo up to now; `tell` hears each day of business that is done. Raises `DemoRefused` when there is anything but an unfinished demo.

    Repeating is safe: a finished demo is refused, an unfinished one is thrown away by `unfinished.throw_away` first.
    """
    _demand_empty()
    with _hasty(engine):
        return _play(Till(sandbox_url), size, tell)


@contextmanager
def _hasty(engine: Engine) -> Iterator[None]:
    """Commits do not wait for the disk: what a power cut takes away is an unfinished demo, and is made again."""

    def hurry(connection: Any, _record: object) -> None:
        connection.autocommit = True  # a setting made in a transaction would go with it
        connection.execute("SET synchronous_commit = off")
        connection.autocommit = False

    event.listen(engine, "connect", hurry)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", hurry)
        engine.dispose()


def _demand_empty() -> None:
    with platform_transaction("the demo: only an empty installation takes it") as session:
        if session.execute(text("SELECT EXISTS (SELECT FROM tenant)")).scalar_one():
            raise DemoRefused("There are tenants already: the demo fills an empty installation only.")


def _play(till: Till, size: Size, tell: Tell) -> Loaded:
    present = clock.now()
    start = present - timedelta(days=size.days)
    rng = Random(SEED)  # noqa: S311 (a demo that looks the same every time)
    with till.open(), Beside(_outgoing(present, size)) as postman:
        agenda = Agenda(start, present, _telling(postman.give, start, tell))
        cast = casting.assemble(start)
        made = _set_up(cast, start, rng)
        with uploads.office(made) as office, clerks(cast) as reporting:
            streams = Streams(made, office)
            follow_up = FollowUp(rng, agenda, cast, reporting)
            uploads.plan(agenda, streams, size.leads, size.upload_every_days)
            Shop(rng, agenda, cast, till, follow_up).plan(size.sales)
            open_ends.OpenEnds(agenda, cast, follow_up, till, rng).plan(streams)
            _routine(agenda, cast, till, streams)
            agenda.run()
            landing.open_page(cast.players["acme"], present)
            webhooks.connect(streams, present)
    broken = proofs.run_all()
    if broken:
        raise AssertionError(f"the demo stays unfinished, a proof does not hold: {broken[:5]}")
    unfinished.mark_finished(cast.operator)
    return Loaded(_counts(), dict(agenda.refused + reporting.refused))


def _telling(deed: Deed, start: datetime, tell: Tell) -> Deed:
    def done(moment: datetime) -> None:
        deed(moment)
        tell((moment - start).days)

    return done


def _set_up(cast: Cast, start: datetime, rng: Random) -> list[Stream]:
    people = People(rng)
    tools = Tools(rng, people, Answers(rng, people))
    with clock.at(start):
        open_ends.first_destinations(cast)
        desks = {
            player.part["slug"]: sources.set_up(player, cast, start) for player in cast.of_kind("agency")
        }
        streams = []
        for part in casting.script()["streams"]:
            agency = cast.players[part["agency"]]
            streams.append(Stream(tools, agency, desks[part["agency"]], part))
            if "addressee" in part:
                open_ends.linked(cast, agency, part)
    for slug, desk in desks.items():
        months = sources.months(start)
        for month in months:
            sources.record_spend(cast.players[slug], desk, month, 0.6 if month == months[-1] else 1.0)
    return streams


def _routine(agenda: Agenda, cast: Cast, till: Till, streams: Streams) -> None:
    """Payouts every second week, one card that is declined, one file sent by mistake."""
    for weeks in range(2, 14, 2):
        moment = agenda.start + timedelta(weeks=weeks, hours=3)
        agenda.at(moment, lambda at: till.pay_out(cast, at))
    middle = agenda.start + (agenda.present - agenda.start) / 2
    agenda.at(middle, lambda at: till.give_up(cast.players["crane"], 50_000, at))
    agenda.at(middle, lambda at: screening.keep_lists(cast))
    agenda.at(agenda.present - timedelta(hours=4), lambda at: screening.leave_in_quarantine(streams, at))
    agenda.at(agenda.present - timedelta(hours=2), lambda at: screening.look_through_stock(cast))
    agenda.at(middle + timedelta(days=3), lambda at: uploads.second_thoughts(streams, at))


def _outgoing(present: datetime, size: Size) -> Deed:
    def send(moment: datetime) -> None:
        if size.sends_mail:
            mail.send_due(moment)
            for shard in due_shards(moment) if moment > present - open_ends.DELIVERIES_FROM else ():
                drain(shard)

    return send


def _counts() -> dict[str, int]:
    union = " UNION ALL ".join(
        f"SELECT '{name}' AS name, count(*) AS number FROM {name}"  # noqa: S608 (our own words)
        for name in _COUNTED
    )
    with platform_transaction("the demo: says what it has made") as session:
        return {row.name: row.number for row in session.execute(text(union))}
