"""The scheduler: `python -m app.scheduler` runs every sweep at its interval. Two of them do no harm, none loses nothing.

Due work stands in the database; this only looks. A sweep that fails is logged and tried again at its next turn.
"""

import logging
import signal
import threading
import time

from app import create_app
from tenants import clock, jobs

log = logging.getLogger(__name__)


def main() -> None:
    """Run until SIGINT or SIGTERM."""
    app = create_app()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    last: dict[str, float] = {}
    with app.app_context():
        while not stop.wait(1):
            run_due(last, time.monotonic())


def run_due(last: dict[str, float], moment: float) -> None:
    """Run each sweep whose interval has passed since its last turn; `last` remembers the turns."""
    for sweep in jobs.sweeps():
        if moment - last.get(sweep.name, float("-inf")) >= sweep.every_seconds:
            last[sweep.name] = moment
            try:
                sweep.run(clock.now())
            except Exception:
                log.exception("sweep %s failed; it runs again in %s s", sweep.name, sweep.every_seconds)


if __name__ == "__main__":
    main()
