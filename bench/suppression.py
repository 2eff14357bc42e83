"""A suppression list at size: how long a file holds its sender, a worker reads it, and a full list takes to be looked at.

Memory is the worker's and that of the process that reads the file for it. `python -m bench.suppression [entries]`.
"""

import hashlib
import io
import logging
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from typing import BinaryIO, cast
from uuid import UUID

from app.leads import list_uploads, suppressed, suppression
from app.leads.files import sandbox
from app.leads.list_uploads import ListUpload
from app.market import suppress_file
from bench.database import analyze, durable_database
from tenants import clock
from tenants.db import transaction
from tests.world import Party, World

WAYS: dict[str, Callable[[int], str]] = {
    "SHA-256": lambda number: hashlib.sha256(f"o{number}@example.com".encode()).hexdigest(),
    "MD5": lambda number: hashlib.md5(f"o{number}@example.com".encode(), usedforsecurity=False).hexdigest(),
    "e-mails": lambda number: f"o{number}@example.com",
    "phones": lambda number: "+380 67 {}{}{} {}{} {}{}".format(*f"{number:07d}"),
}


def taken(written: BinaryIO, party: Party, list_id: UUID) -> tuple[ListUpload, float, float]:
    """A file sent and read; the seconds of both."""
    started = time.perf_counter()
    with transaction(party.id) as session:
        sent = suppress_file.suppress_file(session, party.owner, list_id, "list.csv", written)
    held = time.perf_counter() - started
    started = time.perf_counter()
    suppress_file.go_on(party.id, sent.id)
    took = time.perf_counter() - started
    with transaction(party.id) as session:
        return list_uploads.view(session, party.id, list_id, sent.id), held, took


readers: list[int] = []
"""Megabytes of each process that read a file for us, as the sandbox notes them."""


class Noted(logging.Handler):
    """Hears what the sandbox notes of its processes."""

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple):
            readers.append(int(str(record.args[2])))


def megabytes() -> int:
    """The most memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def read_files(party: Party, list_id: UUID, count: int) -> None:
    """A file of each way, one after another onto one list."""
    for name, write in WAYS.items():
        before, cpu = megabytes(), time.process_time()
        with tempfile.TemporaryFile() as kept, io.TextIOWrapper(kept, write_through=True) as text:
            text.writelines(write(number) + "\n" for number in range(count))
            text.flush()
            size = kept.tell()
            upload, held, took = taken(cast(BinaryIO, kept), party, list_id)
        cpu = time.process_time() - cpu
        print(
            f"{count:,} {name} ({size / 1e6:.0f} MB): the sender waits {held:.2f} s, read in {took:.1f} s "
            f"({count / took:,.0f}/s, of it {cpu:.1f} s computing here); {upload.state}: {upload.added:,} added, {upload.known:,} known, {upload.refused:,} "
            f"refused; memory {before} → {megabytes()} MB, reader {max(readers, default=0)} MB"
        )


def looked_at(party: Party, list_id: UUID) -> None:
    """What a person and an intake ask of a full list."""
    numbers = random.Random(1).sample(range(10**7), 1000)
    leads = [(f"+38050{number:07d}", f"x{number}@example.org") for number in numbers]
    deeds: dict[str, Callable[[], object]] = {}
    with transaction(party.id) as session:
        entries = suppression.get(session, party.id, list_id).entries
        deeds["its page"] = lambda: (
            suppression.get(session, party.id, list_id), list_uploads.page(session, party.id, list_id)
        )  # fmt: skip
        suppressed.find(session, party.id, leads[:10], clock.now())
        deeds["1,000 leads held against it"] = lambda: suppressed.find(session, party.id, leads, clock.now())
        deeds["one entry taken off"] = lambda: suppression.remove(
            session, party.owner, list_id, "o1@example.com"
        )
        for name, deed in deeds.items():
            started = time.perf_counter()
            deed()
            print(f"a list of {entries:,}: {name} in {(time.perf_counter() - started) * 1000:.1f} ms")
    started = time.perf_counter()
    with transaction(party.id) as session:
        suppression.delete(session, party.owner, list_id)
    print(f"a list of {entries:,} is deleted in {time.perf_counter() - started:.1f} s")


def main(count: int = 500_000) -> None:
    """Print it all."""
    sandbox.log.setLevel(logging.DEBUG)
    sandbox.log.addHandler(Noted())
    with durable_database() as url:
        world = World()
        assert world.floe.id
        with transaction(world.bolt.id) as session:
            list_id = suppression.create(session, world.bolt.owner, "Our customers")
        read_files(world.bolt, list_id, count)
        analyze(url)
        looked_at(world.bolt, list_id)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
