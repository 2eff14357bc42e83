"""Another password: by mail or by the old one."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tenants import clock, letters, log_in, password_change
from tenants.actor import Actor
from tenants.db import keep, open_session, platform_transaction
from tenants.email_tokens import DeadLink
from tenants.errors import Invalid
from tenants.log_in import Credentials, WrongCredentials
from tenants.sessions import Browser
from tests.tenants.post_box import posted
from tests.world import PASSWORD, World, make_person

NEW = "a warmer winter coat"
BROWSER = Browser("192.0.2.7", "a test")


def enter(email: str, password: str = PASSWORD) -> str:
    return log_in.log_in(Credentials(email, password), BROWSER).token


def who(token: str) -> Actor | None:
    session = open_session(None)
    found = log_in.actor_for_session(session, token)
    keep(session)
    return found


def test_a_mailed_link_sets_a_new_password_and_ends_every_session(world: World) -> None:
    owner = world.bolt.owner
    token = enter(owner.email)
    password_change.request_reset(owner.email)
    link = posted(owner.email)[0].token(letters.RESET_PATH)
    password_change.demand_link(link)
    password_change.reset(link, NEW)
    assert who(token) is None
    with pytest.raises(WrongCredentials):
        enter(owner.email)
    assert enter(owner.email, NEW)
    assert "was changed" in posted(owner.email)[-1].subject


def test_a_link_to_reset_works_once_and_for_an_hour(world: World) -> None:
    email = world.bolt.owner.email
    password_change.request_reset(email)
    link = posted(email)[0].token(letters.RESET_PATH)
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)), pytest.raises(DeadLink):
        password_change.reset(link, NEW)
    password_change.reset(link, NEW)
    with pytest.raises(DeadLink):
        password_change.reset(link, NEW)


def test_a_refused_password_leaves_the_link_usable(world: World) -> None:
    email = world.bolt.owner.email
    password_change.request_reset(email)
    link = posted(email)[0].token(letters.RESET_PATH)
    with pytest.raises(Invalid):
        password_change.reset(link, "short")
    password_change.reset(link, NEW)


@pytest.mark.usefixtures("doors")
def test_an_unknown_or_disabled_address_gets_the_same_answer_and_no_mail() -> None:
    make_person("Gone", "gone@example.com")
    with platform_transaction("a test disables a user") as session:
        session.execute(text("UPDATE user_account SET disabled_at = now()"))
    for email in ("nobody@example.com", "gone@example.com"):
        assert password_change.request_reset(email) is None  # type: ignore[func-returns-value]
    assert not posted()
    with pytest.raises(Invalid):
        password_change.request_reset("not an address")


def test_a_stranger_cannot_fill_a_mailbox_with_links(world: World) -> None:
    email, begun = world.bolt.owner.email, clock.now()
    for minutes, mails in ((0, 1), (4, 1), (6, 2)):
        with clock.at(begun + timedelta(minutes=minutes)):
            password_change.request_reset(email)
        assert len(posted(email)) == mails


def test_setting_a_password_by_mail_confirms_the_address(world: World) -> None:
    person = make_person("New", "new@example.com")
    with platform_transaction("a test forgets the confirmation") as session:
        session.execute(text("UPDATE user_account SET confirmed_at = NULL"))
    password_change.request_reset(person.email)
    password_change.reset(posted(person.email)[0].token(letters.RESET_PATH), NEW)
    assert enter(person.email, NEW)


def test_who_knows_the_old_password_changes_it_and_stays_logged_in(world: World) -> None:
    email = world.bolt.owner.email
    here, elsewhere = enter(email), enter(email)
    actor = who(here)
    assert actor is not None
    with pytest.raises(Invalid) as refusal:
        password_change.change(actor, "wrong password", NEW, "192.0.2.7")
    assert set(refusal.value.details["fields"]) == {"old"}
    with pytest.raises(Invalid) as refusal:
        password_change.change(actor, PASSWORD, "short", "192.0.2.7")
    assert set(refusal.value.details["fields"]) == {"password"}
    password_change.change(actor, PASSWORD, NEW, "192.0.2.7")
    assert who(here)
    assert who(elsewhere) is None
    assert enter(email, NEW)


def test_changing_the_password_kills_links_that_were_mailed_before(world: World) -> None:
    email = world.bolt.owner.email
    password_change.request_reset(email)
    actor = who(enter(email))
    assert actor is not None
    password_change.change(actor, PASSWORD, NEW, "192.0.2.7")
    with pytest.raises(DeadLink):
        password_change.demand_link(posted(email)[0].token(letters.RESET_PATH))
