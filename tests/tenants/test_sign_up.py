"""Signing up: all or nothing, useless before the address is confirmed, silent about who has an account."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tenants import clock, crypto, letters, log_in, organisation, sign_up
from tenants.db import platform_transaction, transaction
from tenants.email_tokens import DeadLink
from tenants.errors import Invalid
from tenants.founding import COUNTRIES, NewTenant, found_another
from tenants.log_in import Credentials, NotConfirmed
from tenants.sessions import Browser
from tenants.sign_up import OperatorExists, SignUp, create_operator
from tests.tenants.post_box import posted
from tests.world import World, make_person

PASSWORD = "thin ice near the shore"
FORM = SignUp(
    kind="company",
    tenant_name="  Ґазда   і сини ",
    country="ua",
    person_name="Олена  Гнатюк",
    email="Olena@Gazda.example",
    password=PASSWORD,
    language="uk",
    time_zone="Europe/Kyiv",
)
BROWSER = Browser("192.0.2.7", "a test")


def stored(statement: str) -> list[tuple[object, ...]]:
    with platform_transaction("a test looks") as session:
        return [tuple(row) for row in session.execute(text(statement))]


@pytest.mark.usefixtures("doors")
def test_signing_up_makes_a_pending_tenant_with_its_key_and_owner() -> None:
    sign_up.sign_up(FORM)
    ((tenant_id, *tenant),) = stored(
        "SELECT id, kind, slug, name, state, country, currency, time_zone FROM tenant"
    )
    assert tenant == ["company", "gazda-i-syny", "Ґазда і сини", "pending", "UA", "EUR", "Europe/Kyiv"]
    assert stored("SELECT tenant_id, role, name, email FROM membership") == [
        (tenant_id, "owner", "Олена Гнатюк", "Olena@gazda.example")
    ]
    assert stored("SELECT action, actor_kind FROM audit") == [("tenant.signed_up", "system")]
    with transaction(tenant_id) as session:
        assert crypto.vault(session, tenant_id).tenant_id == tenant_id


@pytest.mark.usefixtures("doors")
def test_nothing_is_usable_before_the_address_is_confirmed() -> None:
    sign_up.sign_up(FORM)
    (mail,) = posted("Olena@gazda.example")
    with pytest.raises(NotConfirmed):
        log_in.log_in(Credentials(FORM.email, PASSWORD), BROWSER)
    assert stored("SELECT * FROM user_session") == []
    sign_up.confirm_email(mail.token(letters.CONFIRM_PATH))
    assert log_in.log_in(Credentials(FORM.email, PASSWORD), BROWSER).token


@pytest.mark.usefixtures("doors")
def test_a_link_to_confirm_works_once_and_for_three_days() -> None:
    sign_up.sign_up(FORM)
    token = posted()[0].token(letters.CONFIRM_PATH)
    with clock.at(clock.now() + timedelta(days=3, seconds=1)), pytest.raises(DeadLink):
        sign_up.confirm_email(token)
    sign_up.confirm_email(token)
    for dead in (token, "made up"):
        with pytest.raises(DeadLink):
            sign_up.confirm_email(dead)


@pytest.mark.usefixtures("doors")
def test_who_did_not_confirm_gets_another_link_but_not_a_full_mailbox() -> None:
    sign_up.sign_up(FORM)
    for minutes in (1, 6, 7):
        with clock.at(clock.now() + timedelta(minutes=minutes)), pytest.raises(NotConfirmed):
            log_in.log_in(Credentials(FORM.email, PASSWORD), BROWSER)
    assert len(posted()) == 2


@pytest.mark.usefixtures("doors")
def test_a_known_address_is_told_by_mail_only_and_nothing_is_made() -> None:
    person = make_person("Ann", "ann@example.com")
    assert sign_up.sign_up(replace(FORM, email="Ann@Example.COM")) is None  # type: ignore[func-returns-value]
    assert sign_up.sign_up(replace(FORM, email="Ann@Example.COM")) is None  # type: ignore[func-returns-value]
    assert stored("SELECT * FROM tenant") == []
    (mail,) = posted()
    assert mail.to == person.email
    assert "already have an account" in mail.subject
    assert mail.token(letters.RESET_PATH)


@pytest.mark.usefixtures("doors")
def test_every_wrong_field_is_named_and_nothing_is_written() -> None:
    wrong = SignUp("operator", " ", "XX", "x" * 121, "nobody", "short", "tlh", "Mars/Olympus")  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refusal:
        sign_up.sign_up(wrong)
    assert set(refusal.value.details["fields"]) == {"kind", "country", "person_name", "email", "password"}
    for change in ({"tenant_name": ""}, {"language": "tlh"}, {"time_zone": "Mars/Olympus"}):
        with pytest.raises(Invalid) as refusal:
            sign_up.sign_up(replace(FORM, **change))
        assert set(refusal.value.details["fields"]) == set(change)
    assert stored("SELECT * FROM tenant") == stored("SELECT * FROM user_account") == []


@pytest.mark.usefixtures("doors")
def test_two_tenants_of_one_name_have_different_addresses() -> None:
    sign_up.sign_up(FORM)
    sign_up.sign_up(replace(FORM, email="other@gazda.example"))
    sign_up.sign_up(replace(FORM, email="third@gazda.example", tenant_name="東京"))
    slugs = [str(slug) for (slug,) in stored("SELECT slug FROM tenant ORDER BY id")]
    assert slugs[0] == "gazda-i-syny"
    assert slugs[1].startswith("gazda-i-syny-")
    assert slugs[2] == "company"


def test_a_person_can_open_a_further_tenant_of_their_own(world: World) -> None:
    owner = world.acme.owner
    new = NewTenant("company", "Acme Buying", "UA", "en", "Europe/Kyiv")
    with transaction(world.acme.id) as session:
        tenant_id = found_another(session, owner, new)
        for foreign in (replace(new, kind="operator"), replace(new, name="")):
            with pytest.raises(Invalid):
                found_another(session, owner, foreign)
    with transaction(tenant_id) as session:
        assert organisation.read(session, tenant_id).state == "pending"
    with platform_transaction("look") as session:
        assert [card.name for card in log_in.tenants_of(session, owner)] == [
            "Acme Buying",
            "Acme Leads",
        ]


def test_a_key_cannot_open_a_tenant(world: World) -> None:
    new = NewTenant("company", "Acme Buying", "UA", "en", "Europe/Kyiv")
    with pytest.raises(Exception, match="Only a person"), transaction(world.acme.id) as session:
        found_another(session, replace(world.acme.owner, kind="key"), new)


@pytest.mark.usefixtures("doors")
def test_there_is_one_operator_whose_owner_may_log_in_at_once() -> None:
    create_operator(name="Floe", country="PL", email="boss@floe.test", password=PASSWORD)
    assert stored("SELECT kind, state FROM tenant") == [("operator", "approved")]
    assert log_in.log_in(Credentials("boss@floe.test", PASSWORD), BROWSER).token
    with pytest.raises(OperatorExists):
        create_operator(name="Other", country="PL", email="other@floe.test", password=PASSWORD)


@pytest.mark.usefixtures("doors")
def test_the_operators_owner_may_have_an_account_already() -> None:
    person = make_person("Ann", "ann@example.com")
    create_operator(name="Floe", country="PL", email="ann@example.com", password=PASSWORD)
    assert stored("SELECT user_id FROM membership") == [(person.id,)]


def test_the_countries_are_those_of_iso_3166() -> None:
    assert len(COUNTRIES) == 249
    assert {"UA", "PL", "GB", "AX", "BQ"} <= COUNTRIES
