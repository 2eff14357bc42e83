"""A tenant's settings: who may change what, and what they see of it."""

import re
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tenants import api_keys, audit, clock, invitations, log_in, members, organisation
from tenants.audit import Wanted
from tenants.db import keep, open_session, transaction
from tenants.log_in import Credentials
from tenants.organisation import TERMS_VERSION
from tenants.sessions import Browser
from tests.app.pages.visitor import Visitor
from tests.tenants.post_box import posted
from tests.world import PASSWORD, World, make_member, make_party

NEW_PASSWORD = "thin ice near the shore"
FACTS = {"legal_name": "Dune LLC", "country": "UA", "registration_number": "30283001", "vat_number": ""}


def test_a_pending_organisation_states_its_details_and_accepts_the_terms(
    world: World, visitor: Visitor
) -> None:
    dune = make_party("agency", "Dune", "UA", state="pending")
    visitor.log_in(dune.owner.email, onward="/settings/organisation")
    visitor.submit("/settings/organisation/facts", **{**FACTS, "registration_number": ""})
    assert (visitor.status, "Give the registration number or the VAT number." in visitor.words) == (422, True)
    visitor.submit("/settings/organisation/facts", **FACTS, terms_version=TERMS_VERSION)
    assert "The details are saved." in visitor.words
    with transaction(dune.id) as session:
        assert organisation.read(session, dune.id).is_complete
    visitor.submit("/settings/organisation/facts", **FACTS)
    assert visitor.status == 200


def test_with_outdated_terms_the_details_are_not_saved_either(world: World, visitor: Visitor) -> None:
    dune = make_party("agency", "Dune", "UA", state="pending")
    visitor.log_in(dune.owner.email, onward="/settings/organisation")
    visitor.submit("/settings/organisation/facts", **FACTS, terms_version="2020-01")
    assert visitor.status == 422
    with transaction(dune.id) as session:
        kept = organisation.read(session, dune.id).facts
    assert (kept.legal_name, kept.registration_number) == ("Dune LLC", "12345678")


def test_an_approved_organisation_accepts_newer_terms_but_keeps_its_details(
    world: World, visitor: Visitor
) -> None:
    visitor.log_in(world.bolt.owner.email, onward="/settings/organisation")
    assert "stand still" in visitor.words
    visitor.submit("/settings/organisation/facts", **FACTS)
    assert visitor.status == 409
    visitor.submit("/settings/organisation/terms", terms_version="2020-01")
    assert visitor.status == 422
    visitor.submit("/settings/organisation/terms", terms_version=TERMS_VERSION)
    assert "The terms are accepted." in visitor.words


def test_the_organisation_is_shown_as_it_likes(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email, onward="/settings/organisation")
    wishes = {"name": "Bolt & Sons", "language": "en", "time_zone": "Europe/Kyiv", "shows_name": "1"}
    visitor.submit("/settings/organisation", **wishes)
    assert "The settings are saved." in visitor.words
    assert "Bolt & Sons" in visitor.words
    visitor.submit("/settings/organisation", **{**wishes, "time_zone": "Mars/Olympus"})
    assert (visitor.status, "Choose a time zone from the list." in visitor.words) == (422, True)


def test_members_are_invited_changed_and_removed(world: World, visitor: Visitor) -> None:
    agent = make_member(world.bolt.card, "agent")
    visitor.log_in(world.bolt.owner.email, onward="/settings/members")
    visitor.submit("/settings/members/invitations", email="zoe@example.com", role="finance")
    assert "on its way to zoe@example.com" in visitor.words
    assert posted("zoe@example.com")
    for wrong in (world.bolt.owner.email, "nonsense"):
        visitor.submit("/settings/members/invitations", email=wrong, role="finance")
        assert visitor.status in (409, 422)
        assert 'aria-invalid="true"' in visitor.page
    visitor.submit(f"/settings/members/{agent.id}/buying", may_buy="1")
    assert "may buy" in visitor.words
    visitor.submit(f"/settings/members/{agent.id}/buying")
    assert "does not buy any more" in visitor.words
    visitor.submit(f"/settings/members/{agent.id}/role", role="viewer")
    assert "The new role is: Viewer" in visitor.words
    visitor.submit(f"/settings/members/{agent.id}/remove")
    assert "The member is removed." in visitor.words
    assert agent.email not in visitor.page


def test_an_invitation_can_be_taken_back(world: World, visitor: Visitor) -> None:
    with transaction(world.bolt.id) as session:
        made = invitations.invite(session, world.bolt.owner, "zoe@example.com", "agent")
    visitor.log_in(world.bolt.owner.email, onward="/settings/members")
    assert "zoe@example.com" in visitor.words
    visitor.submit(f"/settings/members/invitations/{made}/revoke")
    assert "The invitation is revoked." in visitor.words
    assert "No open invitations" in visitor.words


def test_an_organisation_keeps_an_owner(world: World, visitor: Visitor) -> None:
    owner = world.bolt.owner
    visitor.log_in(owner.email, onward="/settings/members")
    for path, fields in (
        (f"/settings/members/{owner.id}/role", {"role": "viewer"}),
        (f"/settings/members/{owner.id}/remove", {}),
    ):
        visitor.submit(path, **fields)
        assert "An organisation needs an owner." in visitor.words


def test_an_owner_who_steps_down_or_leaves_is_led_away(world: World, visitor: Visitor) -> None:
    owner, second = world.bolt.owner, make_member(world.bolt.card, "owner")
    visitor.log_in(second.email, onward="/settings/members")
    visitor.submit(f"/settings/members/{second.id}/remove")
    assert visitor.answer is not None
    assert visitor.answer.request.path == "/log-in"
    third = make_member(world.bolt.card, "owner")
    visitor.log_in(third.email, onward="/settings/members")
    visitor.submit(f"/settings/members/{third.id}/role", follow=False, role="viewer")
    assert visitor.answer.location == "/"
    with transaction(world.bolt.id) as session:
        roles = {each.user_id: each.role for each in members.members(session, owner)}
    assert roles == {owner.id: "owner", third.id: "viewer"}


def test_the_table_of_roles_is_the_table_of_permissions(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.acme.owner.email, onward="/settings/members")
    row = re.search(
        r"<tr>\s*<td>Upload, price, publish and withdraw leads</td>(.*?)</tr>", visitor.page, re.DOTALL
    )
    assert row
    assert re.findall(r">(yes|no)<", row[1]) == ["yes", "yes", "yes", "no", "no"]
    assert "Buy and decline leads" not in visitor.page


def test_a_new_key_is_shown_once(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email, onward="/settings/keys")
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    page = visitor.submit("/settings/keys", name="CRM", scopes=["leads:read", "money:read"], expires_on=day)
    secret = re.search(r"floe_live_\w{36}", page)
    assert secret
    assert secret[0] not in visitor.open("/settings/keys")
    session = open_session(None)
    found = api_keys.actor_for_key(session, secret[0])
    keep(session)
    assert found is not None
    assert found.permissions == {"leads:read", "money:read"}
    visitor.submit(f"/settings/keys/{found.id}/revoke")
    assert "The key is revoked." in visitor.words


def test_a_key_lives_through_its_last_day_where_the_organisation_is(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email, onward="/settings/keys")
    visitor.submit("/settings/keys", name="CRM", scopes="leads:read", expires_on="2090-06-30")
    with transaction(world.bolt.id) as session:
        (key,) = api_keys.keys(session, world.bolt.owner)
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2090-06-30T22:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "CRM"}, "scopes"),
        ({"name": "", "scopes": "leads:read"}, "name"),
        ({"name": "CRM", "scopes": "members:write"}, "scopes"),
        ({"name": "CRM", "scopes": "leads:read", "expires_on": "tomorrow"}, "expires_on"),
        ({"name": "CRM", "scopes": "leads:read", "expires_on": "2020-01-01"}, "expires_at"),
    ],
)
def test_a_wrong_key_is_not_made(world: World, visitor: Visitor, fields: dict[str, str], field: str) -> None:
    visitor.log_in(world.bolt.owner.email, onward="/settings/keys")
    visitor.submit("/settings/keys", **fields)
    assert visitor.status in (403, 422)
    assert f'href="#{field}"' in visitor.page
    assert "floe_live_" not in visitor.page


def test_the_audit_log_is_filtered_and_paged(
    world: World, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pages.settings_audit.PAGE", 2)
    with transaction(world.bolt.id) as session:
        for number in range(3):
            time.sleep(0.002)  # ids are in time order by the millisecond
            audit.record(
                session, world.bolt.owner, f"step.{number}", "lead", world.bolt.id, detail={"why": ["a", "b"]}
            )
    visitor.log_in(world.bolt.owner.email, onward="/settings/audit")
    assert ("step.2" in table(visitor), "step.0" in table(visitor)) == (True, False)
    older = re.search(r'href="(\?after=[^"]+)"', visitor.page)
    assert older
    visitor.open(f"/settings/audit{older[1]}")
    assert ("step.0" in table(visitor), "step.2" in table(visitor)) == (True, False)
    visitor.open(f"/settings/audit?deed=step.1&who={world.bolt.owner.id}&subject={world.bolt.id}")
    assert ("step.1" in table(visitor), "step.2" in table(visitor)) == (True, False)
    today = clock.now().astimezone(ZoneInfo(world.bolt.card.time_zone)).date()
    visitor.open(f"/settings/audit?from={today}&to={today}")
    assert "step.2" in table(visitor)
    visitor.open("/settings/audit?to=2020-01-01")
    assert "Nothing matches these filters" in visitor.words


def table(visitor: Visitor) -> str:
    found = re.search(r"<tbody>(.*?)</tbody>", visitor.page, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("query", ["who=me", "after=x", "subject=1", "from=tomorrow"])
def test_nonsense_in_a_filter_is_refused(world: World, visitor: Visitor, query: str) -> None:
    visitor.log_in(world.bolt.owner.email)
    visitor.open(f"/settings/audit?{query}")
    assert visitor.status == 422


def test_a_person_changes_name_and_language_everywhere(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email)
    visitor.submit("/settings/person", name="Ann Lee", language="en")
    assert "Ann Lee" in visitor.words
    with transaction(world.bolt.id) as session:
        assert [each.name for each in members.members(session, world.bolt.owner)] == ["Ann Lee"]
    visitor.submit("/settings/person", name="", language="en")
    assert visitor.status == 422


def test_a_person_changes_the_password_and_stays_logged_in_here_only(
    world: World, visitor: Visitor, stranger: Visitor
) -> None:
    email = world.bolt.owner.email
    visitor.log_in(email)
    stranger.log_in(email)
    visitor.submit("/settings/person/password", old="wrong password", password=NEW_PASSWORD)
    assert (visitor.status, "This is not your present password." in visitor.words) == (422, True)
    visitor.submit("/settings/person/password", old=PASSWORD, password=NEW_PASSWORD)
    assert "Your new password is set." in visitor.words
    stranger.open("/settings/person")
    assert stranger.answer is not None
    assert stranger.answer.request.path == "/log-in"


def test_guessing_the_present_password_is_slowed_down(world: World, visitor: Visitor) -> None:
    visitor.log_in(world.bolt.owner.email)
    for _ in range(6):
        visitor.submit("/settings/person/password", old="wrong password", password=NEW_PASSWORD)
        visitor.open("/settings/person")
    visitor.submit("/settings/person/password", old=PASSWORD, password=NEW_PASSWORD)
    assert (visitor.status, "Too many attempts." in visitor.words) == (429, True)


def test_a_person_ends_a_session_elsewhere(world: World, visitor: Visitor, stranger: Visitor) -> None:
    email = world.bolt.owner.email
    other = log_in.log_in(
        Credentials(email, PASSWORD), Browser("192.0.2.99", "Mozilla/5.0 (Android) Firefox/9")
    )
    visitor.log_in(email)
    assert "Firefox, Android" in visitor.words
    visitor.submit(f"/settings/person/sessions/{other.id}/revoke")
    assert "That session is over." in visitor.words
    assert "192.0.2.99" not in visitor.page


@pytest.mark.parametrize("role", ["manager", "agent", "finance", "viewer"])
def test_only_who_may_sees_each_page(world: World, visitor: Visitor, role: str) -> None:
    visitor.log_in(make_member(world.bolt.card, role).email)
    may_see = {"manager": {"keys", "audit"}, "finance": {"audit"}}.get(role, set())
    for page in ("organisation", "members", "keys", "audit"):
        visitor.open(f"/settings/{page}")
        assert visitor.status == (200 if page in may_see else 403)


def test_nothing_of_another_organisation_can_be_touched(world: World, visitor: Visitor) -> None:
    with transaction(world.acme.id) as session:
        key, _ = api_keys.create(session, world.acme.owner, "CRM", ["leads:read"], None)
        made = invitations.invite(session, world.acme.owner, "zoe@example.com", "agent")
    visitor.log_in(world.bolt.owner.email)
    for path in (
        f"/settings/keys/{key.id}/revoke",
        f"/settings/members/invitations/{made}/revoke",
        f"/settings/members/{world.acme.owner.id}/remove",
        f"/settings/members/{world.acme.owner.id}/role",
    ):
        visitor.submit(path, role="viewer")
        assert visitor.status == 404
    with transaction(world.acme.id) as session:
        assert api_keys.keys(session, world.acme.owner)[0].revoked_at is None
        assert audit.read(session, world.acme.id, Wanted(actions=("key.revoked",))) == []
