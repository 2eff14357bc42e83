"""Who is asking, and may they: cookie or API key → actor; one request = one tenant = one transaction.

Invariants: every route says `@allow(permission)` or `@allow_anyone(reason)`, else the app does not start; the
transaction is committed iff the answer's status is below 400; a foreign id and an absent id get the same answer.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_login import LoginManager, UserMixin
from sqlalchemy.orm import Session

from tenants.actor import Actor
from tenants.api_keys import actor_for_key
from tenants.db import bind, drop, keep, open_session
from tenants.errors import Forbidden, Invalid, Refused
from tenants.key_limits import KeyBound, demand_place
from tenants.language import N_
from tenants.log_in import actor_for_session
from tenants.permissions import Permission

COOKIE = "floe_session"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
View = TypeVar("View", bound=Callable[..., Any])


class NotLoggedIn(Refused):
    """Nobody is logged in, or the key is not valid (unknown, expired, revoked)."""

    status, code = 401, "not_logged_in"


def allow(permission: Permission, *, to_source_keys: bool = False) -> Callable[[View], View]:
    """The route is for actors who hold `permission` in the tenant they act for.

    A key that is bound to a source reaches it only when `to_source_keys` says so.
    """

    def mark(view: View) -> View:
        view.floe_to_source_keys = to_source_keys  # type: ignore[attr-defined]
        return _mark(permission)(view)

    return mark


def allow_member(view: View) -> View:
    """The route is for anybody who is logged in, also before they belong to a tenant."""
    return _mark("member")(view)


def allow_anyone(reason: str) -> Callable[[View], View]:
    """The route is public, for a reason."""
    return _mark(f"anyone: {reason}")


def _mark(rule: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.floe_rule = rule  # type: ignore[attr-defined]
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> str:
    """The rule of a route: a permission, "member" or "anyone: why"; "" when it has none."""
    view = app.view_functions[endpoint]
    return str(getattr(view, "floe_rule", ""))


def actor() -> Actor:
    """Who is asking. Raises `NotLoggedIn` on a public route without a log-in."""
    found = getattr(g, "actor", None)
    if found is None:
        raise NotLoggedIn(N_("Please log in first."))
    return found  # type: ignore[no-any-return]


def session() -> Session:
    """The request's one transaction, bound to the actor's tenant."""
    return g.floe_session  # type: ignore[no-any-return]


def settle() -> None:
    """Commit the request's transaction now, before a deed that talks to the network (never inside one)."""
    opened = g.pop("floe_session", None)
    if opened is not None:
        keep(opened)


class _Person(UserMixin):  # type: ignore[misc]
    def __init__(self, who: Actor) -> None:
        self.actor = who

    def get_id(self) -> str:
        return str(self.actor.id)


login_manager = LoginManager()


def _person(_request: object) -> _Person | None:
    found = getattr(g, "actor", None)
    return _Person(found) if found else None


def register(app: Flask) -> None:
    """Put the guard before every request and the commit after it."""
    login_manager.request_loader(_person)
    login_manager.init_app(app)
    app.before_request(_enter)
    app.after_request(_leave)
    app.teardown_request(_abandon)


def demand_rules(app: Flask) -> None:
    """Refuse to start with a route that names no rule."""
    bare = sorted(endpoint for endpoint in app.view_functions if not rule_of(app, endpoint))
    if bare:
        raise RuntimeError(f"routes without @allow: {', '.join(bare)}")


def _demand_text() -> None:
    """A page takes no NUL, wherever it is written: no column holds one. (The API names the field.)"""
    if request.path.startswith(("/api/", "/in/", "/webhooks/")):
        return
    written = [request.path]
    if request.mimetype in FORMS:  # any other body is read by its route, up to a limit of its own
        written += [text for name, values in request.form.lists() for text in (name, *values)]
    if b"%00" in request.query_string or any("\0" in text for text in written):
        raise Invalid(N_("A text may not hold the character NUL."))


def _enter() -> None:
    if request.endpoint is None:
        return
    _demand_text()
    rule = rule_of(current_app, request.endpoint)
    if rule.startswith("anyone") and COOKIE not in request.cookies:
        return
    opened = g.floe_session = open_session(None)
    who = _find(opened)
    if who is not None and who.tenant_id is not None:
        bind(opened, who.tenant_id)
    g.actor = who
    _check(rule, who)
    if who is not None and who.kind == "key":
        _check_key(who, request.endpoint)


def _find(opened: Session) -> Actor | None:
    header = request.headers.get("Authorization", "")
    if request.path.startswith("/api/"):
        kind, _, key = header.partition(" ")
        return actor_for_key(opened, key.strip()) if kind.lower() == "bearer" else None
    token = request.cookies.get(COOKIE, "")
    return actor_for_session(opened, token) if token else None


def _check(rule: str, who: Actor | None) -> None:
    if rule.startswith("anyone"):
        return
    if who is None:
        raise NotLoggedIn(N_("Please log in first."))
    if rule == "member":
        return
    if who.tenant_id is None:
        raise Forbidden(N_("You do not belong to an organisation yet."))
    if rule not in who.permissions:
        raise Forbidden(N_("Your role does not allow this."), permission=rule)


def _check_key(who: Actor, endpoint: str) -> None:
    demand_place(who, request.remote_addr or "")
    view = current_app.view_functions[endpoint]
    if who.source_id is not None and not getattr(view, "floe_to_source_keys", False):
        raise KeyBound(N_("This key only sends leads of its own source."))


def _leave(response: Response) -> Response:
    opened = g.pop("floe_session", None)
    if opened is not None:
        if response.status_code < 400:
            keep(opened)
        else:
            drop(opened)
    return response


def _abandon(_error: BaseException | None) -> None:
    opened = g.pop("floe_session", None)
    if opened is not None:
        drop(opened)
