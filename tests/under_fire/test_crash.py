"""Workers, the web server and Valkey are killed in the middle of five hundred purchases with webhooks.

What was acknowledged is there, once; it is told once in effect, within two minutes. And the same loss without the
sweeper stays a loss: so it is the sweeper that makes up for it.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import redis

from app.delivery import destinations
from app.delivery.destinations import NewDestination
from app.delivery.jobs import wake_due_shards
from app.embedded.children import Child
from app.embedded.servers import Home, leave, open_home, start_valkey
from app.market.purchase import buy
from app.market.terms import Item, Mode, Order, Terms
from app.proofs import run_all
from tenants import clock
from tenants.db import transaction
from tests.stock import Wanted, fill_wallet, put_on_sale
from tests.under_fire import receiver
from tests.under_fire.buyers import Program, Told, Wish, all_at_once
from tests.under_fire.conftest import NewGround
from tests.under_fire.ground import LOCAL, Ground, free_port, rows, wait_until
from tests.world import Party, make_party

pytestmark = [pytest.mark.committed, pytest.mark.fire]

COMPANIES, EACH = 5, 100
TELL_SECONDS = 120
"""The promise: so long after the last kill everything is told."""
PATIENCE_SECONDS = 300
LOST_SECONDS = 4
MONEY = 10_000_000


@dataclass
class Crm:
    """The receiver's port and folder."""

    folder: Path
    port: int = field(default_factory=free_port)

    def start(self, site: Ground) -> None:
        self.folder.mkdir()
        site.start("receiver", "tests.under_fire.receiver", str(self.port), str(self.folder))

    def heard(self) -> receiver.Heard:
        return receiver.read(self.folder)


@dataclass
class Valkey:
    """A server of the test's own, to be killed."""

    home: Home
    child: Child | None = None

    def start(self) -> None:
        self.child = start_valkey(self.home, lambda: False)

    def forget_and_die(self) -> None:
        """FLUSHALL, kill -9, and a new one in its place."""
        with redis.Redis.from_url(self.home.valkey_url()) as client:
            client.flushall()
        self.stop()
        self.start()

    def stop(self) -> None:
        assert self.child is not None
        self.child._process.kill()
        self.child.stop()


@pytest.fixture
def crm(tmp_path: Path) -> Crm:
    return Crm(tmp_path / "crm")


@pytest.fixture
def valkey_to_kill(tmp_path: Path) -> Iterator[Valkey]:
    made = Valkey(open_home(tmp_path / "valkey-home"))
    made.start()
    yield made
    made.stop()
    leave(made.home)


@pytest.fixture
def stage(new_ground: NewGround, crm: Crm, valkey_to_kill: Valkey) -> Iterator[Ground]:
    """A ground on a Valkey of its own, whose deliveries may go to the receiver."""
    told = {
        "REDIS_URL": valkey_to_kill.home.valkey_url(),
        "FLOE_ALLOW_LOOPBACK_DESTINATIONS": f"{LOCAL}:{crm.port}",
    }
    with new_ground(**told) as made:
        yield made


def companies_with_webhooks(crm: Crm, count: int) -> list[Party]:
    """Companies with money whose receiver knows their secrets."""
    make_party("operator", "Floe", "UA")
    made, secrets = [make_party("company", f"Company {n}", "PL") for n in range(count)], {}
    for number, company in enumerate(made):
        fill_wallet(company, MONEY, clock.now())
        wanted = NewDestination("webhook", "CRM", f"http://{LOCAL}:{crm.port}/{number}")
        with transaction(company.id) as session:
            created = destinations.create(session, company.id, wanted, frozenset({(LOCAL, crm.port)}))
        secrets[f"/{number}"] = created.secret or ""
    receiver.tell_secrets(crm.folder, secrets)
    return made


def start_workers(site: Ground) -> None:
    for queue in ("deliveries", "fast"):
        site.start(f"worker-{queue}", "app.worker", queue)


def test_what_was_acknowledged_is_there_and_told_whoever_is_killed(
    stage: Ground, crm: Crm, valkey_to_kill: Valkey
) -> None:
    crm.start(stage)
    start_workers(stage)
    stage.start("scheduler", "app.scheduler")
    companies, told = companies_with_webhooks(crm, COMPANIES), Told()
    leads = put_on_sale(make_party("agency", "Acme Leads", "UA"), datetime.now(UTC), Wanted(COMPANIES * EACH))
    stage.start_web()
    threads = all_at_once(
        (Program(stage.address, company, told, PATIENCE_SECONDS), [[Wish(lead, "shared")] for lead in part])
        for number, company in enumerate(companies)
        for part in _halves(leads[number * EACH : (number + 1) * EACH])
    )
    last_kill = _kill_one_after_another(stage, valkey_to_kill, told)
    _demand_that_all_end(threads)
    assert len(told.sold) == COMPANIES * EACH

    def is_told() -> bool:
        return len(crm.heard().done) == len(told.sold) and _untold() == []

    assert wait_until(is_told, last_kill + TELL_SECONDS - time.monotonic()), (crm.heard(), _untold())
    _demand_once_each(told, crm.heard())
    assert run_all() == []


def _kill_one_after_another(site: Ground, valkey: Valkey, told: Told) -> float:
    """Gives the moment of the last kill; each comes while purchases and deliveries are under way."""
    _wait_for(told, 50)
    assert wait_until(lambda: bool(rows("SELECT FROM delivery WHERE state = 'sending'")), PATIENCE_SECONDS)
    for queue in ("deliveries", "fast"):
        site.kill(f"worker-{queue}")
    start_workers(site)
    _wait_for(told, 150)
    site.kill("web")
    site.start_web()
    _wait_for(told, 300)
    valkey.forget_and_die()
    assert len(told.sold) < COMPANIES * EACH, "all was over before the last kill"
    return time.monotonic()


def _wait_for(told: Told, count: int) -> None:
    assert wait_until(lambda: len(told.sold) >= count, PATIENCE_SECONDS), told


def _halves(leads: list[UUID]) -> Iterator[list[UUID]]:
    yield leads[::2]
    yield leads[1::2]


def _demand_that_all_end(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "an order was never answered"


def _untold() -> list[str]:
    return [row["state"] for row in rows("SELECT state FROM delivery WHERE state <> 'delivered'")]


def _demand_once_each(told: Told, heard: receiver.Heard) -> None:
    sold = rows("SELECT s.id::text, s.company_id FROM sale s JOIN purchase p ON p.id = s.id")
    assert {row["id"]: row["company_id"] for row in sold} == told.sold
    assert len(sold) == len(told.sold)
    assert (set(told.statuses) - {200, 409, 429, 503}, heard.forged) == (set(), 0)
    assert sorted(purchase for _, purchase in heard.done) == sorted(told.sold)
    deliveries = rows("SELECT id::text, subject_id::text FROM delivery")
    assert sorted((row["id"], row["subject_id"]) for row in deliveries) == sorted(heard.done)


def test_without_the_sweeper_what_valkey_forgot_stays_untold(
    new_ground: NewGround, crm: Crm, valkey: redis.Redis
) -> None:
    told = {"FLOE_ALLOW_LOOPBACK_DESTINATIONS": f"{LOCAL}:{crm.port}"}
    with new_ground(**told) as site:
        crm.start(site)
        [company] = companies_with_webhooks(crm, 1)
        buy_some(company, 5)
        valkey.flushdb()
        worker = site.start("worker-deliveries", "app.worker", "deliveries")
        worker.wait_until(lambda: bool(valkey.smembers("rq:workers")), PATIENCE_SECONDS, lambda: False)
        assert not wait_until(lambda: bool(crm.heard().done), LOST_SECONDS)
        wake_due_shards(clock.now())
        assert wait_until(lambda: len(crm.heard().done) == 5, PATIENCE_SECONDS)


def buy_some(company: Party, count: int) -> None:
    """Purchases made here, whose wake-ups go to the Valkey of this process."""
    leads = put_on_sale(make_party("agency", "Acme Leads", "UA"), clock.now(), Wanted(count))
    order = Order(tuple(Item(lead, Terms.PPL, Mode.SHARED, 5000) for lead in leads), "once")
    with transaction(company.id) as session:
        buy(session, company.owner, order, clock.now())
