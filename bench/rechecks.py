"""A re-check of unsold stock at size: one worker looks through it, then applies what it found.

Every fiftieth lead stands on a suppression list by the time. `python -m bench.rechecks [leads]`.
"""

import resource
import sys
import time

from app.leads import suppression
from app.leads.queries import LeadFilter, lead_page
from app.market import rechecks
from app.market.batch_offers import finish, publish_batch
from app.market.prices import Price, set_price
from app.market.rechecks import Scope
from bench.database import analyze, durable_database
from bench.intake import file_of
from tenants import clock
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.world import World


def prepared(desk: Desk, leads: int) -> None:
    """A published batch of so many leads, and the list that some of them stand on."""
    agency = desk.agency
    with transaction(agency.id) as session:
        set_price(session, agency.owner, desk.source_id, "home_solar", Price(shared_minor=2000), clock.now())
    batch = desk.upload(file_of(leads, 1)).id
    with transaction(agency.id) as session:
        publish_batch(session, agency.owner, batch, clock.now())
    finish(agency.id, batch)
    with transaction(agency.id) as session:
        listed = suppression.create(session, agency.owner, "Do not call")
        suppression.add(
            session, agency.owner, listed, (f"o{number}@example.com" for number in range(1, leads, 50))
        )


def main(leads: int = 100_000) -> None:
    """Print leads a second of both passes."""
    with durable_database() as url:
        world = World()
        assert world.floe.id
        desk = Desk(world.acme)
        prepared(desk, leads)
        analyze(url)
        with transaction(desk.agency.id) as session:
            begun = rechecks.start(session, desk.agency.owner, Scope(vertical="home_solar"))
        for name in ("looked through", "applied"):
            started = time.perf_counter()
            rechecks.go_on(desk.agency.id, begun)
            seconds = time.perf_counter() - started
            print(f"{leads:,} leads {name} in {seconds:.1f} s: {leads / seconds:,.0f} a second")
            if name == "looked through":
                with transaction(desk.agency.id) as session:
                    rechecks.apply(session, desk.agency.owner, begun)
        started = time.perf_counter()
        with transaction(desk.agency.id) as session:
            found = lead_page(session, desk.agency.id, LeadFilter(flag="bad_phone"))
        took = 1000 * (time.perf_counter() - started)
        print(f"a flag that no lead has, among {leads:,}: {took:.0f} ms, {len(found.rows)} rows")
        print(f"memory of the worker: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
