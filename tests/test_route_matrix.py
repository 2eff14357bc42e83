"""Every id of every route: a foreign one gets exactly the answer of an absent one, and one's own works.

New routes are walked by themselves; one whose ids the walk cannot name, or whose own ids do not work, fails it. And the
walk fails when a table's policy is dropped.
"""

import io
import zipfile
from collections.abc import Iterator

import psycopg
import pytest
import redis
from flask import Flask
from sqlalchemy import Connection, create_engine, event

from tenants import db
from tests import servers as running
from tests.one_connection import doors_on
from tests.routes.cast import trade
from tests.routes.slots import Slot, methods, owner, slots, thing
from tests.routes.table import ALONE, FOREIGN, LOOKS_LIKE_AN_ID, NOT_HERE, OPEN, PAGES
from tests.routes.walker import NotingRequest, Walker, neighbour, undone
from tests.world import make_party

pytestmark = pytest.mark.fire

PATIENCE = "-c lock_timeout=3000 -c statement_timeout=10000"
STRANGERS = ("company", "agency")
FEWEST_SLOTS = 100


class Two:
    """Two trades, and the walker through the application that serves both."""

    def __init__(self, app: Flask, valkey: redis.Redis) -> None:
        floe = make_party("operator", "Floe", "UA")
        bolt, crane = make_party("company", "Bolt Energy", "PL"), make_party("company", "Crane Loans", "UA")
        self.theirs = trade(make_party("agency", "Acme Leads", "UA"), bolt, floe, 1)
        self.mine = trade(make_party("agency", "Delta Leads", "UA"), crane, floe, 2)
        document = app.test_client().get("/api/v1/openapi.json").get_json()
        self.walker = Walker(app, document, valkey)
        self.slots = slots(app, document)
        for one in (self.mine, self.theirs):
            self.walker.enter(one)


@pytest.fixture
def quiet_app(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Without tokens in forms, which are another test's question; it notes what is read of requests."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    monkeypatch.setattr(app, "request_class", NotingRequest)
    NotingRequest.read.clear()
    return app


@pytest.fixture
def two(quiet_app: Flask, doors: None, valkey: redis.Redis) -> Two:
    return Two(quiet_app, valkey)


def test_a_foreign_id_is_answered_like_an_absent_one_and_an_own_one_works(two: Two) -> None:
    wrong = [fault for slot in two.slots for fault in (*_leaks(two, slot), *_failures(two, slot))]
    assert not wrong, "\n".join(wrong)
    assert len(two.slots) > FEWEST_SLOTS
    assert {slot.key for slot in two.slots} >= {*OPEN, *ALONE}, "the lists name a slot that is gone"
    _visit_the_rest(two)
    unknown = sorted(_unknown_names())
    assert not unknown, f"ids? Say so in tests/routes/table.py: {unknown}"


def _leaks(two: Two, slot: Slot) -> Iterator[str]:
    """What tells a stranger that the id is somebody's."""
    if slot.key in OPEN:
        return
    real = two.theirs.things[FOREIGN.get((slot.rule, slot.name), thing(slot))]
    for kind in STRANGERS:
        foreign = two.walker.send(slot, kind, two.mine, real)
        absent = two.walker.send(slot, kind, two.mine, neighbour(real))
        if foreign != absent or foreign.status >= 500:
            yield f"{slot} as {kind}:\n  foreign {foreign}\n  absent {absent}"


def _failures(two: Two, slot: Slot) -> Iterator[str]:
    """The positive control: with an own id the route works, and a filter finds something."""
    if slot.key in ALONE:
        return
    kind, own = owner(slot.method, slot.rule), two.mine.things[thing(slot)]
    works = two.walker.send(slot, kind, two.mine, own)
    if not works.is_fine:
        yield f"{slot}: its own id gets {works}"
        return
    is_filter = slot.place == "query" and slot.name not in ("after", "before")
    if is_filter and works == two.walker.send(slot, kind, two.mine, neighbour(own)):
        yield f"{slot}: its own id finds nothing"


def _visit_the_rest(two: Two) -> None:
    """Routes without a slot are asked once, so that it is noted what they read."""
    walked = {(slot.method, slot.rule) for slot in two.slots}
    for rule in two.walker.app.url_map.iter_rules():
        for method in methods(rule):
            if (method, rule.rule) not in walked and not rule.arguments:
                two.walker.get(method, rule.rule, owner(method, rule.rule), two.mine)


def _unknown_names() -> Iterator[tuple[str, str, str, str]]:
    """Names a page read that may be ids and are not described."""
    said = {(_area(route.partition(" ")[2]), place) for route, places in PAGES.items() for place in places}
    said |= {(_area(one.split()[1]), one.split()[2]) for one in NOT_HERE if " " in one}
    for method, rule, place, name in NotingRequest.read:
        is_asked = (name in LOOKS_LIKE_AN_ID or name.endswith("_id")) and not rule.startswith("/api/")
        is_empty = (method, place) == ("GET", "form")
        if (
            is_asked
            and not is_empty
            and name not in NOT_HERE
            and (_area(rule), f"{place}:{name}") not in said
        ):
            yield method, rule, place, name


def _area(rule: str) -> str:
    """The pages of an area show each other's forms again."""
    return rule.split("/")[1]


def _pages(two: Two, app: Flask) -> Iterator[tuple[str, str]]:
    """Every GET of the application with everything of theirs in its path: (path, rule)."""
    words = {
        "kind": "csv",
        "code": "home_solar",
        "measure": "sold",
        "number": "5",
        "decision": "refuse",
        "slug": "x",
    }
    for rule in app.url_map.iter_rules():
        if "GET" in methods(rule) and not {"filename", "token", "mail_id"} & rule.arguments:
            for lead in ("reserved", "listing"):
                values = {
                    name: words.get(name)
                    or two.theirs.things[
                        lead if name == "lead_id" else thing(Slot("GET", rule.rule, "path", name))
                    ]
                    for name in rule.arguments
                }
                path = app.url_map.bind("localhost").build(rule.endpoint, values, method="GET")
                yield path, rule.rule


def _sightings(two: Two, app: Flask) -> list[str]:
    """Where a stranger sees something of a targeted lead."""
    marks = [two.theirs.things[name].encode() for name in ("reserved", "wanted", "linked", "addressee")]
    marks += [b"Bolt Energy LLC", b"Waiting for Acme Leads"]
    seen = []
    for path, rule in sorted(set(_pages(two, app))):
        for kind in STRANGERS:
            for query in ("", "?format=csv") if path == rule else ("",):
                body = _opened(two.walker.get("GET", path + query, kind, two.mine).body)
                asked = path.encode()
                seen += [
                    f"{rule} as {kind}{query}: {mark!r}" for mark in marks if mark in body.replace(asked, b"")
                ]
    return seen


def _opened(body: bytes) -> bytes:
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_a_targeted_lead_is_seen_by_nobody_but_its_addressee(two: Two, quiet_app: Flask) -> None:
    assert _sightings(two, quiet_app) == []
    shown = two.walker.get("GET", "/reserved", "company", two.theirs).body
    assert two.theirs.things["reserved"].encode() in shown, "its addressee sees it"


LEAKS = {"purchase": "purchase", "return_claim": "claim", "top_up": "top_up", "action": "action"}
"""Table whose policy is dropped → whose ids must then be seen to leak. Where a query names its tenant too, or joins a
table that is still closed, as those of destinations, leads, sources and sales do, nothing leaks even then."""

POLICIES = """
SELECT policyname FROM pg_policies WHERE tablename = %s AND qual <> 'true' AND NOT roles && '{owner,platform}'
"""


@pytest.fixture
def two_that_can_break(
    quiet_app: Flask, database: running.DatabaseUrls, valkey: redis.Redis, _connected: None, _no_door_by_accident: None
) -> Iterator[Two]:  # fmt: skip
    """On a connection that becomes the superuser when told: it can drop policies, and put them back by rolling back."""
    engine = create_engine(database.superuser, connect_args={"options": PATIENCE})
    event.listen(engine, "connect", lambda raw, _record: raw.execute("SET SESSION AUTHORIZATION app"))
    valkey.flushdb()
    with doors_on(engine):
        yield Two(quiet_app, valkey)
    engine.dispose()


def test_the_walk_notices_every_table_whose_policy_is_gone(two_that_can_break: Two, quiet_app: Flask) -> None:
    two = two_that_can_break
    unnoticed = []
    for table, named in LEAKS.items():
        walked = [slot for slot in two.slots if slot.place == "path" and thing(slot) == named]
        with undone():
            _drop_policies(table)
            if not any(fault for slot in walked for fault in _leaks(two, slot)):
                unnoticed.append(table)
    assert unnoticed == []
    with undone():
        _drop_policies("reserved_lead")
        assert _sightings(two, quiet_app)


def _drop_policies(table: str) -> None:
    """Everybody sees every row of the table."""
    assert isinstance(db._bind, Connection)
    raw = db._bind.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    raw.execute("RESET SESSION AUTHORIZATION")
    found = [row[0] for row in raw.execute(POLICIES, (table,)).fetchall()]
    assert found, table
    for policy in found:
        raw.execute(f"ALTER POLICY {policy} ON {table} USING (true)".encode())
    raw.execute("SET SESSION AUTHORIZATION app")
