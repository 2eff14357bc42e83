"""Every file of the horrors, its worker killed at a random row and the check resumed: no row is lost, none is twice."""

import os
import random
import signal
from typing import Any

import pytest
from sqlalchemy import text

from app.leads import check as checking
from app.leads import reading
from app.leads.batches import set_mapping
from app.leads.check import check, start_check
from app.leads.check_block import Block
from app.leads.check_work import Work
from tenants import clock
from tenants.db import transaction
from tests.app.leads.files.horrors import HORRORS, Horror
from tests.app.leads.uploads import TODAY, Desk
from tests.world import World

pytestmark = pytest.mark.committed
SAME = {
    "property_type": "detached",
    "is_owner": "yes",
    "enquired_at": TODAY.isoformat(),
    "consent_at": TODAY.isoformat(),
    "consent_origin": "https://acme.example/form",
}


def mapping_of(horror: Horror) -> dict[int, str]:
    """Its first column that holds the phones of all whole rows, and the names before it."""
    row = next((cells for _, cells in reversed(horror.rows) if isinstance(cells, list)), [])
    found = [place for place, cell in enumerate(row) if sum(map(str.isdigit, cell)) >= 9]
    phone = found[0] if found else len(horror.headers) - 1
    return {phone: "contact_1_phone"} | ({0: "contact_1_name"} if phone else {})


def checked_until(desk: Desk, batch_id: Any, row: int) -> int:
    """Check in a process of its own that is killed within the transaction that stores this row; its exit status."""
    child = os.fork()
    if child == 0:
        write = checking._write

        def killed(session: Any, work: Work, number: int, block: Block) -> None:
            write(session, work, number, block)
            if number == row:
                os.kill(os.getpid(), signal.SIGKILL)

        checking._write = killed
        try:
            check(desk.agency.id, batch_id)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize("horror", [one for one in HORRORS if not one.refused], ids=lambda one: one.name)
def test_a_horror_survives_its_worker(world: World, horror: Horror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BLOCK_ROWS", 1)
    desk = Desk(world.acme)
    batch_id = desk.receive(horror.data, f"{horror.name.replace('/', ' ')}.csv")
    with transaction(desk.agency.id) as session:
        set_mapping(session, desk.agency.owner, batch_id, mapping_of(horror), constants=SAME)
        start_check(session, desk.agency.owner, batch_id)
    row = random.randrange(len(horror.rows))
    assert checked_until(desk, batch_id, row) == signal.SIGKILL, row
    reached = desk.view(batch_id)
    assert (reached.state, reached.rows_read) == ("checking", row), "the killed transaction left nothing"
    with clock.at(clock.now() + reading.LEASE * 2):
        check(desk.agency.id, batch_id)
    view = desk.view(batch_id)
    assert view.state == "checked"
    assert view.rows_read == len(horror.rows)
    assert view.accepted + view.rejected + view.duplicates + view.quarantined == view.rows_read
    assert desk.count("lead") == view.accepted
    with transaction(desk.agency.id) as session:
        lines = session.execute(text("SELECT line FROM batch_problem ORDER BY line")).scalars().all()
    assert len(lines) == len(set(lines)) == view.rejected + view.duplicates
    assert set(lines) <= {line for line, _ in horror.rows}


def test_most_horrors_hold_leads(world: World) -> None:
    desk, accepted = Desk(world.acme), 0
    for horror in HORRORS:
        if horror.refused:
            continue
        batch_id = desk.receive(horror.data)
        with transaction(desk.agency.id) as session:
            set_mapping(session, desk.agency.owner, batch_id, mapping_of(horror), constants=SAME)
            start_check(session, desk.agency.owner, batch_id)
        check(desk.agency.id, batch_id)
        view = desk.view(batch_id)
        accepted += view.accepted + view.duplicates > 0
    assert accepted >= 20
