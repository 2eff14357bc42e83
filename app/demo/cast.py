"""The tenants of the demo and their people, made as they would make themselves: they sign up, open their mail, follow
the link, state their facts, accept the terms, are approved, invite their colleagues.

Invariant: every password is `DEMO_PASSWORD`, and nobody's mail is read but that of the people made here.
"""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tenants import approval, clock, invitations, log_in, members, organisation, sign_up
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.language import LANGUAGES
from tenants.sessions import Browser

DEMO_PASSWORD = "floe-demo-2026"
_BROWSER = Browser("192.0.2.10", "Demo")
_TOKEN = re.compile(r"https?://\S+/([A-Za-z0-9_-]{20,})")
_LAST_MAIL = text("SELECT body FROM mail WHERE to_address = :to ORDER BY id DESC LIMIT 1")


@cache
def script() -> dict[str, Any]:
    """Who plays, and what they are like."""
    return tomllib.loads((Path(__file__).parent / "cast.toml").read_text("utf-8"))


@dataclass(slots=True)
class Player:
    """A tenant of the demo: its owner, its colleagues by role, and how it behaves (its part of the script)."""

    part: dict[str, Any]
    owner: Actor
    colleagues: dict[str, Actor] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return self.owner.card().id

    def member(self, role: str) -> Actor:
        """Somebody of this role; the owner where there is none."""
        return self.colleagues.get(role, self.owner)


@dataclass(slots=True)
class Cast:
    """Everybody, by slug."""

    operator: Player
    players: dict[str, Player]

    def of_kind(self, kind: str) -> list[Player]:
        return [player for player in self.players.values() if player.part["kind"] == kind]


def assemble(start: datetime) -> Cast:
    """Found the operator and all tenants in the days before `start`, approved and with their people."""
    with clock.at(start - timedelta(days=4)):
        operator = _operator()
    players = {}
    for number, part in enumerate(script()["tenants"]):
        with clock.at(start - timedelta(days=3) + timedelta(minutes=37 * number)):
            players[part["slug"]] = _player(part, operator.owner)
    cast = Cast(operator, players)
    with clock.at(start - timedelta(days=1)):
        _join_both(cast)
    return cast


def newcomers() -> None:
    """Those who sign up now and wait for the operator's approval."""
    for part in script()["newcomers"]:
        _found(part)


def _operator() -> Player:
    part = script()["operator"]
    sign_up.create_operator(
        name=part["name"], country=part["country"], email=part["email"], password=DEMO_PASSWORD
    )
    owner = enter(part["email"])
    return Player(part, owner, _invite_all(owner, part["members"]))


def _player(part: dict[str, Any], operator: Actor) -> Player:
    tenant_id = _found(part)
    with transaction(operator.card().id) as session:
        approval.approve(session, operator, tenant_id)
    owner = enter(part["email"])
    return Player(part, owner, _invite_all(owner, part["members"]))


def _found(part: dict[str, Any]) -> UUID:
    form = sign_up.SignUp(
        kind=part["kind"],
        tenant_name=part["name"],
        country=part["country"],
        person_name=part["person"],
        email=part["email"],
        password=DEMO_PASSWORD,
        language=_spoken(part),
        time_zone=part["zone"],
    )
    sign_up.sign_up(form)
    sign_up.confirm_email(mailed_token(part["email"]))
    owner = enter(part["email"])
    with transaction(owner.card().id) as session:
        facts = organisation.Facts(part["legal"], part["country"], part["number"], "")
        organisation.state_facts(session, owner, facts)
        organisation.accept_terms(session, owner, organisation.TERMS_VERSION)
        wanted = organisation.Preferences(
            part.get("shown", part["name"]),
            _spoken(part),
            part["zone"],
            shows_name=part["name"] == "Fjord",
        )
        organisation.prefer(session, owner, wanted)
    return owner.card().id


def _spoken(part: dict[str, Any]) -> str:
    """The tenant's own language where the pages speak it."""
    return part["language"] if part["language"] in LANGUAGES else "en"


def _invite_all(owner: Actor, people: list[dict[str, Any]]) -> dict[str, Actor]:
    joined = {}
    for person in people:
        _invite_new(owner, person["email"], person["name"], person["role"])
        if person.get("may_buy"):
            with transaction(owner.card().id) as session:
                who = next(one for one in members.members(session, owner) if one.email == person["email"])
                members.grant_buying(session, owner, who.user_id, True)
        joined[person["role"]] = enter(person["email"])
    return joined


def _invite_new(owner: Actor, email: str, name: str, role: str) -> None:
    with transaction(owner.card().id) as session:
        invitations.invite(session, owner, email, role)
    person = invitations.NewPerson(name, DEMO_PASSWORD, owner.language)
    invitations.accept_as_new(mailed_token(email), person)


def _join_both(cast: Cast) -> None:
    both = script()["both"]
    first, second = both["places"]
    _invite_new(cast.players[first["slug"]].owner, both["email"], both["name"], first["role"])
    owner = cast.players[second["slug"]].owner
    with transaction(owner.card().id) as session:
        invitations.invite(session, owner, both["email"], second["role"])
    person = enter(both["email"])
    with transaction(person.card().id) as session:
        invitations.accept(session, person, mailed_token(both["email"]))


def enter(email: str) -> Actor:
    """Log in; gives the person as the pages would see them now."""
    begun = log_in.log_in(log_in.Credentials(email, DEMO_PASSWORD), _BROWSER)
    with platform_transaction("the demo: its own people log in") as session:
        actor = log_in.actor_for_session(session, begun.token)
    if actor is None:
        raise LookupError(f"{email} logged in and is nobody")
    return actor


def mailed_token(email: str) -> str:
    """The token of the link in the last mail to somebody of the demo."""
    with platform_transaction("the demo: its own people open their mail") as session:
        body = session.execute(_LAST_MAIL, {"to": email}).scalar_one()
    found = _TOKEN.search(body)
    if found is None:
        raise LookupError(f"the last mail to {email} holds no link")
    return found[1]
