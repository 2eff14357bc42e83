"""Addressees: invited with counts only, linked only when the company accepts and the domain is theirs."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.leads import addressee_links, addressees, check
from app.leads.addressee_links import Linked
from app.leads.addressees import Addressee, AddresseeKnown, NewAddressee, NotInvited
from tenants import audit, clock, letters
from tenants.actor import Actor
from tenants.approval import NotApproved
from tenants.db import platform_transaction, transaction
from tenants.email_tokens import DeadLink
from tenants.errors import Forbidden, Invalid, NotFound
from tenants.ids import new_id
from tests.app.leads.uploads import Desk, csv_of, people
from tests.world import World, make_member, make_party

BOLT = NewAddressee(
    "Bolt Energy LLC", "PL", "https://www.Bolt-Energy.test/contact", "office@bolt-energy.test"
)


@pytest.fixture(autouse=True)
def _address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_base_url", "https://floe.test")


def known(world: World, wanted: NewAddressee = BOLT) -> UUID:
    with transaction(world.acme.id) as session:
        return addressees.create(session, world.acme.owner, wanted)


def look(world: World, addressee_id: UUID) -> Addressee:
    with transaction(world.acme.id) as session:
        return addressees.get(session, world.acme.id, addressee_id)


def posted() -> list[tuple[str, str, str]]:
    """To, subject and body of every mail, oldest first."""
    with platform_transaction("read the mail") as session:
        rows = session.execute(text("SELECT to_address, subject, body FROM mail ORDER BY created_at, id"))
        return [(row.to_address, row.subject, row.body) for row in rows]


def token_in(body: str) -> str:
    found = re.search(r"https://floe\.test/addressee/(?:confirm/)?(\S+)", body)
    assert found
    return found[1]


def invite(world: World, addressee_id: UUID) -> str:
    with transaction(world.acme.id) as session:
        addressees.invite(session, world.acme.owner, addressee_id)
    return token_in(posted()[-1][2])


def accept(actor: Actor, token: str, mailbox: str = "") -> Linked:
    assert actor.tenant_id
    with transaction(actor.tenant_id) as session:
        return addressee_links.accept_link(session, actor, token, mailbox)


def test_an_addressee_is_the_agencys_own_record(world: World) -> None:
    addressee = look(world, known(world))
    assert (addressee.domain, addressee.country, addressee.state) == ("bolt-energy.test", "PL", "known")
    assert (addressee.company_id, addressee.waiting_count) == (None, 0)
    with pytest.raises(AddresseeKnown):
        known(world)
    with transaction(world.bolt.id) as session:
        with pytest.raises(NotFound):
            addressees.get(session, world.bolt.id, addressee.id)
        assert addressees.listed(session, world.bolt.id) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("legal_name", "  "),
        ("legal_name", "x" * 201),
        ("country", "Narnia"),
        ("domain", "not a domain"),
        ("domain", "gmail.com"),
        ("contact_email", "nobody"),
    ],
)
def test_what_cannot_be_right_is_refused(world: World, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        known(world, replace(BOLT, **{field: value}))
    assert list(refused.value.details["fields"]) == [field]


def test_an_invitation_tells_how_many_wait_and_nothing_else(world: World) -> None:
    addressee_id = known(world)
    desk = Desk(world.acme)
    batch_id = desk.receive(csv_of(people(3)), lead_type="targeted", addressee_id=addressee_id)
    desk.start(batch_id)
    check.check(world.acme.id, batch_id)
    assert look(world, addressee_id).waiting_count == 3
    invite(world, addressee_id)
    to, subject, body = posted()[-1]
    assert (to, look(world, addressee_id).state) == ("office@bolt-energy.test", "invited")
    assert "Acme Leads" in subject
    assert ": 3\n" in body
    assert not re.search(r"Олена|\+38067|@example|Київ", body)


def test_nobody_is_invited_twice_in_a_day(world: World) -> None:
    addressee_id = known(world)
    first = invite(world, addressee_id)
    with pytest.raises(NotInvited):
        invite(world, addressee_id)
    with clock.at(clock.now() + timedelta(hours=25)):
        second = invite(world, addressee_id)
        with pytest.raises(DeadLink):
            accept(world.bolt.owner, first)
        assert accept(world.bolt.owner, second) is Linked.LINKED


def test_a_mailbox_at_the_domain_and_an_owners_yes_link(world: World) -> None:
    addressee_id = known(world)
    token = invite(world, addressee_id)
    with transaction(world.bolt.id) as session:
        offer = addressee_links.read_invitation(session, token)
    assert (offer.agency_name, offer.domain, offer.company_name) == ("Acme Leads", "bolt-energy.test", None)
    assert accept(world.bolt.owner, token) is Linked.LINKED
    linked = look(world, addressee_id)
    assert (linked.state, linked.company_id) == ("linked", world.bolt.id)
    with pytest.raises(DeadLink):
        accept(world.bolt.owner, token)
    with transaction(world.acme.id) as session:
        deeds = audit.read(session, world.acme.id, audit.Wanted(actions=("addressee.linked",)))
        with pytest.raises(NotInvited):
            addressees.invite(session, world.acme.owner, addressee_id)
    assert [one.detail for one in deeds] == [{"company": "Bolt Energy"}]


ELSEWHERE = replace(BOLT, contact_email="bolt.office@mailbox.test", domain="sun-bolt.test")


def test_a_domain_nobody_is_at_waits_for_the_operator(world: World) -> None:
    addressee_id = known(world, ELSEWHERE)
    assert accept(world.bolt.owner, invite(world, addressee_id)) is Linked.CONFIRM_BY_OPERATOR
    assert look(world, addressee_id).state == "accepted"
    operator = world.floe.owner
    with transaction(world.floe.id) as session:
        (waiting,) = addressee_links.waiting(session, operator)
        assert (waiting.company_name, waiting.domain) == ("Bolt Energy", "sun-bolt.test")
        addressee_links.confirm_by_operator(session, operator, world.acme.id, addressee_id)
        assert addressee_links.waiting(session, operator) == []
        with pytest.raises(NotFound):
            addressee_links.confirm_by_operator(session, operator, world.acme.id, addressee_id)
    assert look(world, addressee_id).state == "linked"


def test_the_operator_may_say_no(world: World) -> None:
    addressee_id = known(world, ELSEWHERE)
    accept(world.bolt.owner, invite(world, addressee_id))
    with transaction(world.floe.id) as session:
        addressee_links.refuse_by_operator(session, world.floe.owner, world.acme.id, addressee_id)
        with pytest.raises(NotFound):
            addressee_links.refuse_by_operator(session, world.floe.owner, world.acme.id, addressee_id)
    refused = look(world, addressee_id)
    assert (refused.state, refused.company_id) == ("known", None)
    invite(world, addressee_id)


def test_only_the_operator_confirms(world: World) -> None:
    addressee_id = known(world, ELSEWHERE)
    accept(world.bolt.owner, invite(world, addressee_id))
    with transaction(world.bolt.id) as session:
        for deed in (addressee_links.confirm_by_operator, addressee_links.refuse_by_operator):
            with pytest.raises(Forbidden):
                deed(session, world.bolt.owner, world.acme.id, addressee_id)
        with pytest.raises(Forbidden):
            addressee_links.waiting(session, world.bolt.owner)


def test_whoever_reads_mail_at_the_domain_can_confirm(world: World) -> None:
    addressee_id = known(world, ELSEWHERE)
    token = invite(world, addressee_id)
    with pytest.raises(Invalid):
        accept(world.bolt.owner, token, "me@elsewhere.test")
    assert accept(world.bolt.owner, token, "it@mail.sun-bolt.test") is Linked.CONFIRM_BY_MAIL
    to, _, body = posted()[-1]
    assert to == "it@mail.sun-bolt.test"
    confirmation = token_in(body)
    assert addressee_links.read_confirmation(confirmation).company_name == "Bolt Energy"
    with clock.at(clock.now() + timedelta(days=8)), pytest.raises(DeadLink):
        addressee_links.confirm_link(confirmation)
    addressee_links.confirm_link(confirmation)
    assert look(world, addressee_id).state == "linked"
    with pytest.raises(DeadLink):
        addressee_links.confirm_link(confirmation)


def test_only_an_owner_or_manager_of_an_approved_company_accepts(world: World) -> None:
    token = invite(world, known(world))
    pending = make_party("company", "New Buyer", "PL", state="pending")
    agent = make_member(world.bolt.card, "agent")
    for actor, refusal in (
        (agent, Forbidden),
        (world.floe.owner, Forbidden),
        (world.acme.owner, Forbidden),
        (replace(world.bolt.owner, kind="key"), Forbidden),
        (pending.owner, NotApproved),
    ):
        with pytest.raises(refusal):
            accept(actor, token)
    assert accept(make_member(world.bolt.card, "manager"), token) is Linked.LINKED


def test_an_invitation_lives_for_thirty_days(world: World) -> None:
    token = invite(world, known(world))
    with clock.at(clock.now() + timedelta(days=31)), pytest.raises(DeadLink):
        accept(world.bolt.owner, token)
    with pytest.raises(DeadLink):
        accept(world.bolt.owner, "made-up")


def test_a_name_that_two_addressees_share_names_neither(world: World) -> None:
    first = known(world)
    known(world, replace(BOLT, domain="bolt.test"))
    with transaction(world.acme.id) as session:
        words = addressees.by_words(session, world.acme.id)
        assert "bolt energy llc" not in words
        assert words["bolt-energy.test"] == words[str(first)] == first
        with pytest.raises(NotFound):
            addressees.invite(session, world.acme.owner, new_id())


def test_no_token_is_kept(world: World) -> None:
    token = invite(world, known(world))
    with transaction(world.acme.id) as session:
        kept = bytes(session.execute(text("SELECT invite_hash FROM addressee")).scalar_one())
    assert token.encode() not in kept
    assert len(kept) == 32
