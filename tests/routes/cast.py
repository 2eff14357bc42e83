"""Two trades that mirror each other: each has an agency, a company and one of everything a route can name.

So each is the other's stranger: a request that works with one's own things must not work with theirs.
"""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from app.delivery import destinations
from app.delivery.deliver import deliver
from app.delivery.destinations import NewDestination
from app.delivery.payload import Event
from app.incoming import connections, instruction_links
from app.incoming.connections import NewConnection
from app.incoming.receive import Arrived, receive
from app.leads import addressees, file_uploads, quarantine, suppression
from app.leads.batches import set_mapping
from app.leads.file_uploads import NewFile
from app.leads.intake_facts import IntakeFacts
from app.leads.quick.choice import Choice
from app.leads.resting import BY_API, rest
from app.leads.scoring import thresholds
from app.leads.scoring.thresholds import NewThreshold
from app.market import rechecks, returns
from app.market.batch_offers import publish_batch
from app.market.prices import Price, set_price
from app.market.purchase import buy
from app.market.quick_entry import Entry, choose, enter
from app.market.returns import Claim
from app.market.suppress_file import suppress_file
from app.market.terms import Answer, Item, Mode, Order, Terms
from app.outcomes import actions
from app.outcomes.actions import Happened
from app.outcomes.report import Outcome, report
from billing import payouts
from billing.payouts import NewPayout
from tenants import api_keys, clock, invitations, sessions
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.ids import new_id
from tenants.sessions import Browser
from tests.app.leads.forms.desk import make_form
from tests.app.leads.uploads import MAPPING, Desk, csv_of, people
from tests.stock import VERTICAL, Wanted, allow_actions, fill_wallet, link_addressee, put_on_sale
from tests.world import Party, make_member

ACTION_PRICES = Price(call_minor=500, consultation_minor=1500, purchase_minor=9000)
WRONG = Claim("wrong_number", "rings at a bakery")


@dataclass(frozen=True)
class Trade:
    """An agency, a company that buys from it, and their things by name; ids as text."""

    agency: Party
    company: Party
    floe: Party
    things: dict[str, str]
    _phones: Iterator[int] = field(repr=False)

    def party(self, kind: str) -> Party:
        return {"agency": self.agency, "company": self.company, "operator": self.floe}[kind]

    def sell(self, *, per_action: bool = False) -> UUID:
        """One more sale; its id is also the purchase's."""
        at = clock.now()
        price = ACTION_PRICES if per_action else Price(shared_minor=2000, exclusive_minor=5000)
        [lead] = put_on_sale(self.agency, at, Wanted(price=price, phone_from=next(self._phones)))
        terms = Terms.PPA if per_action else Terms.PPL
        return self.buy(lead, Mode.SHARED, terms)

    def buy(self, lead: UUID, mode: Mode, terms: Terms = Terms.PPL) -> UUID:
        order = Order((Item(lead, terms, mode, 100_000),), f"key-{lead}")
        with transaction(self.company.id) as session:
            receipt = buy(session, self.company.owner, order, clock.now())
        [result] = receipt.results
        assert result.answer is Answer.SOLD
        assert result.purchase_id is not None
        self.things.update(order=str(receipt.order_id), order_key=order.key)
        return result.purchase_id

    def keep(self, **things: object) -> None:
        self.things.update({name: str(thing) for name, thing in things.items()})


def trade(agency: Party, company: Party, floe: Party, number: int) -> Trade:
    """Make one of everything. `number` keeps the people of two trades apart."""
    made = Trade(agency, company, floe, {}, iter(range(number * 1_000_000, (number + 1) * 1_000_000, 100)))
    made.keep(agency=agency.id, company=company.id)
    fill_wallet(company, 1_000_000, clock.now())
    allow_actions(agency, company, clock.now())
    _stock(made)
    _files(made, number)
    _screening(made)
    _sales(made)
    _destinations(made)
    _money(made)
    _scores(made)
    for kind in ("agency", "company"):
        _organisation(made, kind)
    return made


def _stock(made: Trade) -> None:
    at = clock.now()
    linked = link_addressee(made.agency, made.company, at)
    [listing] = put_on_sale(made.agency, at, Wanted(phone_from=next(made._phones)))
    [draft_like] = put_on_sale(made.agency, at, Wanted(phone_from=next(made._phones)))
    reserved, second = put_on_sale(
        made.agency, at, Wanted(2, addressee_id=linked, phone_from=next(made._phones))
    )
    waiting = addressees.NewAddressee(
        f"Waiting for {made.agency.name}", "PL", "waiting.test", "office@waiting.test"
    )
    with transaction(made.agency.id) as session:
        unlinked = addressees.create(session, made.agency.owner, waiting)
    made.keep(
        linked=linked, addressee=unlinked, listing=listing, lead=draft_like, reserved=reserved, wanted=second
    )


def _files(made: Trade, number: int) -> None:
    """Batches in every state; the desk's source has a price, so that they can be published."""
    desk, at, start = Desk(made.agency), clock.now(), number * 5000 + 1
    with transaction(made.agency.id) as session:
        set_price(
            session,
            made.agency.owner,
            desk.source_id,
            VERTICAL,
            Price(shared_minor=2000, reserved_minor=4000),
            at,
        )
    checked = desk.upload(csv_of(people(2, start))).id
    published = desk.upload(csv_of(people(2, start + 10))).id
    received = desk.receive(csv_of(people(2, start + 20)))
    mapped = desk.receive(csv_of(people(2, start + 30)))
    with transaction(made.agency.id) as session:
        publish_batch(session, made.agency.owner, published, at)
        set_mapping(session, made.agency.owner, mapped, MAPPING)
    made.keep(source=desk.source_id, consent_text=desk.consent_text_id, form=make_form(made.agency))
    with transaction(made.agency.id) as session:
        instruction_links.make(session, made.agency.owner, desk.facts)
        [link] = instruction_links.listed(session, made.agency.id, desk.source_id)
        upload = file_uploads.begin(session, made.agency.owner, NewFile("leads", "leads.csv", 1000))
    made.keep(
        batch=received, mapped=mapped, checked=checked, published=published, upload=upload.id, link=link.id
    )
    with transaction(made.agency.id) as session:
        rechecked = rechecks.start(session, made.agency.owner, rechecks.Scope(batch_id=checked))
        running = rechecks.start(session, made.agency.owner, rechecks.Scope(vertical=VERTICAL))
    rechecks.go_on(made.agency.id, rechecked)
    made.keep(recheck=rechecked, rechecking=running)
    _connection(made, desk)
    _typed_in(made, desk)


def _typed_in(made: Trade, desk: Desk) -> None:
    """An entry of the agency's owner."""
    typed = {"phone": f"093{next(made._phones):07d}", "property_type": "flat", "is_owner": "yes"}
    entry = Entry(new_id(), Choice(desk.facts), typed, has_agreed=True)
    with transaction(made.agency.id) as session:
        choose(session, made.agency.owner, entry.choice)
        enter(session, made.agency.owner, entry, clock.now())
    made.keep(quick_entry=entry.id, typist=f"{made.agency.owner.id}.{made.agency.id}")


def _connection(made: Trade, desk: Desk) -> None:
    with transaction(made.agency.id) as session:
        wanted = NewConnection("generic", "Forms", desk.facts)
        connection, token = connections.create(session, made.agency.owner, wanted)
    body = json.dumps({"phone": "+380670000001"}).encode()
    [first] = receive(token, Arrived(body, "application/json"))
    receive(token, Arrived(body, "application/json"))
    with transaction(made.agency.id) as session:
        mail, _token = connections.create(
            session, made.agency.owner, NewConnection("mail", "Mail", desk.facts)
        )
    made.keep(connection=connection, body=first, mail_connection=mail)


def _screening(made: Trade) -> None:
    """A lead in quarantine with an owner, and a company's list."""
    text_id = UUID(made.things["consent_text"])
    facts = IntakeFacts("home_solar", "consumer", UUID(made.things["source"]), "UA", "consent", text_id)
    values = {"contacts": [{"phones": [f"05{next(made._phones):08d}"]}]}
    clerk = make_member(made.agency.card, "agent")
    with transaction(made.agency.id) as session:
        one = rest(session, made.agency.id, values, facts, ["name_test"], BY_API)
        quarantine.assign(session, made.agency.owner, [one], clerk.id)
    with transaction(made.company.id) as session:
        listed = suppression.create(session, made.company.owner, "Our customers")
        file = io.BytesIO(f"{made.company.id}@example.com\n".encode())
        sent = suppress_file(session, made.company.owner, listed, "list.csv", file)
    made.keep(quarantined=one, clerk=clerk.id, suppression_list=listed, list_upload=sent.id)


def _sales(made: Trade) -> None:
    at, company, agency = clock.now(), made.company, made.agency
    opened, refused, appealed = (made.sell() for _ in range(3))
    by_action, claimed_sale, disputed_sale, quiet = (made.sell(per_action=True) for _ in range(4))
    made.keep(released=made.sell(), purchase=made.sell(), ppa_sale=quiet)
    with transaction(company.id) as session:
        outcome = report(session, company.owner, by_action, Outcome("call", at), at)
        claims = [
            returns.claim(session, company.owner, one, WRONG, at) for one in (opened, refused, appealed)
        ]
        [pending] = [row.id for row in actions.actions(session)]
    with transaction(agency.id) as session:
        for claim_id in claims[1:]:
            returns.decide(session, agency.owner, claim_id, accept=False, answer="it rings", at=at)
        said = Happened("call", at, evidence="Recording 1, 3 minutes.")
        claimed = actions.claim(session, agency.owner, claimed_sale, said, at)
        disputed = actions.claim(session, agency.owner, disputed_sale, said, at)
    with transaction(company.id) as session:
        returns.appeal(session, company.owner, claims[2], "the recording shows it", at)
        actions.refuse(session, company.owner, disputed, "we never spoke", at)
    made.keep(outcome=outcome, told=by_action, action=pending, claimed=claimed, disputed=disputed)
    made.keep(claim=claims[0], refused=claims[1], appealed=claims[2])


def _destinations(made: Trade) -> None:
    for kind in ("company", "agency"):
        party = made.party(kind)
        wanted = NewDestination("webhook", "CRM", "https://8.8.8.8/hook")
        with transaction(party.id) as session:
            destination = destinations.create(session, party.id, wanted).destination.id
            deliver(session, party.id, Event("ping", new_id(), {}, clock.now() + timedelta(seconds=1)))
        with platform_transaction("end a delivery for a test") as session:
            ended = text("UPDATE delivery SET state = 'dead' WHERE tenant_id = :tenant RETURNING id")
            delivery = session.execute(ended, {"tenant": party.id}).scalar_one()
        if kind == "company":
            made.keep(destination=destination, delivery=delivery)


def _scores(made: Trade) -> None:
    with transaction(made.company.id) as session:
        wanted = NewThreshold(80, has_webhook=True)
        made.keep(threshold=thresholds.add(session, made.company.owner, wanted))


def _money(made: Trade) -> None:
    day = clock.now()
    with platform_transaction("release a share for a test") as session:
        session.execute(
            text("UPDATE sale SET return_until = :at WHERE id = :id"),
            {"at": day - timedelta(days=1), "id": made.things["released"]},
        )
    _pay(made, day)
    with transaction(made.company.id) as session:
        made.keep(
            top_up=session.execute(text("SELECT id FROM top_up")).scalar_one(),
            journal=session.execute(
                text("SELECT journal_id FROM entry WHERE kind = 'sale' LIMIT 1")
            ).scalar_one(),
        )


def _pay(made: Trade, at: datetime) -> None:
    from app.market.clockwork import release_shares

    release_shares(at)
    wanted = NewPayout(made.agency.id, 1, "EUR", f"bank {made.agency.name}", at.date())
    with transaction(made.floe.id) as session:
        made.keep(payout=payouts.record(session, made.floe.owner, wanted, at))


def _organisation(made: Trade, kind: str) -> None:
    party = made.party(kind)
    owner = party.owner
    member = make_member(party.card, "agent")
    with transaction(party.id) as session:
        key, _secret = api_keys.create(session, owner, "Old", api_keys.grantable(owner)[:1], None)
        invitation = invitations.invite(session, owner, f"new@{party.card.slug}.test", "viewer")
    if kind == "company":
        made.keep(key=key.id, invitation=invitation, member=member.id, session=_logged_in(owner)[1])


def _logged_in(who: Actor) -> tuple[str, UUID]:
    assert who.id is not None
    with platform_transaction("log in for a test") as session:
        begun = sessions.begin(session, who.id, Browser("127.0.0.1", "tests"))
    return begun.token, begun.id


def cookie(who: Actor) -> str:
    """What a browser of this person holds."""
    return _logged_in(who)[0]


def bearer(who: Actor) -> str:
    """A key that may do everything a program of this tenant may."""
    with transaction(who.card().id) as session:
        return api_keys.create(session, who, "Everything", api_keys.grantable(who), None)[1]
