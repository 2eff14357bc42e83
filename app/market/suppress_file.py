"""Files of people put on suppression lists by a worker, block by block, each closing what an agency still has on offer.

Invariants: a repeated, doubled or interrupted reading adds every entry once; a list that is deleted, or a reading that
is stopped, ends it cleanly between two blocks. A dead worker's file is woken where it stood.
"""

from contextlib import closing
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from app.leads import list_reading, list_uploads
from app.leads.files.kinds import BadFile
from app.leads.files.layout import Line
from app.leads.list_reading import PATIENCE_SECONDS, Reading
from app.leads.list_uploads import Received
from app.market.suppress import close_listings
from tenants.actor import Actor
from tenants.db import platform_transaction, transaction
from tenants.jobs import SLOW, enqueue, job, sweep, wake

_SELLS = text("SELECT kind = 'agency' FROM tenant WHERE id = :tenant")


def suppress_file(
    session: Session, actor: Actor, list_id: UUID, file_name: str, stream: BinaryIO
) -> Received:
    """Have a file of people put on a list by a worker. Raises what `list_uploads.receive` refuses: nothing was stored.

    What it does to listings is what `app.market.suppress` says.
    """
    received = list_uploads.receive(session, actor, list_id, file_name, stream)
    enqueue(session, read_list_file, str(actor.card().id), str(received.id))
    return received


@job(SLOW)
def read_list_file(tenant_id: str, upload_id: str) -> None:
    """Read a file onto its list, woken by its arrival or by the sweep."""
    go_on(UUID(tenant_id), UUID(upload_id))


@sweep(every_seconds=30)
def wake_forgotten(now: datetime) -> None:
    """Wake the readings whose worker died or was never woken."""
    with platform_transaction("suppression: files of all organisations that nobody reads") as session:
        forgotten = list_reading.forgotten(session, now)
    for tenant_id, upload_id in forgotten:
        wake(read_list_file, str(tenant_id), str(upload_id))


def go_on(tenant_id: UUID, upload_id: UUID) -> None:
    """Read a file on where its last reader stopped, to its end. Does nothing when it is read, or in other hands.

    A fault of the program leaves it `failed`; a database that is away leaves it due, and the sweep wakes it.
    """
    try:
        reading = list_reading.claim(tenant_id, upload_id)
        if reading is not None:
            _read(reading)
    except (InterfaceError, OperationalError, PoolTimeout):
        raise
    except BadFile as bad:
        told = {"sentence": bad.message, "details": bad.details}
        with transaction(tenant_id) as session:
            list_uploads.end(session, tenant_id, upload_id, "refused", failure=bad.code, told=told)
    except Exception:
        with transaction(tenant_id) as session:
            list_uploads.end(session, tenant_id, upload_id, "failed", failure="internal_error")
        raise


def _read(reading: Reading) -> None:
    if reading.layout is None and not list_reading.look_through(reading):
        return
    with closing(list_reading.blocks(reading)) as found:
        if not all(_take(reading, block) for block in found):
            return
    with transaction(reading.tenant_id) as session:
        list_reading.finish(session, reading)


def _take(reading: Reading, block: list[Line]) -> bool:
    """One block in a transaction of its own; False when the file is to be read no further, or by somebody else."""
    done = reading.reader.read(block, is_start=reading.rows == 0)
    with transaction(reading.tenant_id, patience_seconds=PATIENCE_SECONDS) as session:
        taken = list_reading.take(session, reading, block, done)
        if taken is None:
            return False
        sells = session.execute(_SELLS, {"tenant": reading.tenant_id}).scalar_one()
        closed = close_listings(session, reading.tenant_id, taken.blinds) if sells else 0
        list_reading.note(session, reading, taken, closed)
    return True
