"""The sandbox's time and everything that runs by it: acts, timers and the messages they cause.

Invariants: sandbox time is real time plus one stored offset, so it runs and can be moved both ways; an act's messages
leave only after it was kept. Messages are retried in real time, for signatures are judged by real time.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from billing.stripe.sandbox import timers
from billing.stripe.sandbox.act import Act, Caller
from billing.stripe.sandbox.messages import Messenger
from billing.stripe.sandbox.settings import SandboxSettings
from billing.stripe.sandbox.store import Records, Store

_log = logging.getLogger(__name__)
_LONGEST_NAP_SECONDS = 5.0


class Clockwork:
    """Owns the store's time; `start` runs two threads until `stop`."""

    def __init__(self, settings: SandboxSettings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.base_url = settings.public_url or ""
        messenger = Messenger(store, settings.retry_seconds)
        self._loops = [Loop("timers", self._ring), Loop("messages", messenger.send_due)]
        with store.transaction() as records:
            if settings.webhook_url:
                known = records.setting("webhooks", {})
                told = {"url": settings.webhook_url, "secret": settings.webhook_secret}
                records.set_setting("webhooks", {**known, **told})

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        for loop in self._loops:
            loop.stop()

    @contextmanager
    def act(self, caller: Caller, base_url: str) -> Iterator[Act]:
        """One deed, kept whole or not at all; its messages and timers start moving after it."""
        with self.store.transaction() as records:
            yield Act(
                records, caller, self.now(records), (self.base_url or base_url).rstrip("/"), self.settings
            )
        self.wake()

    def wake(self) -> None:
        for loop in self._loops:
            loop.wake()

    def now(self, records: Records) -> int:
        """Sandbox time in whole epoch seconds."""
        return int(time.time()) + int(records.setting("clock_offset", 0))

    def move(self, new_now: Callable[[int], int]) -> tuple[int, int]:
        """Sets sandbox time and does at once what is due by then; returns the time and how much was done."""
        with self.store.transaction() as records:
            before = self.now(records)
            shift = new_now(before) - before
            records.set_setting("clock_offset", records.setting("clock_offset", 0) + shift)
            timers.keep_waiting_times(records, shift)
        done = self.run_due()
        self.wake()
        return before + shift, done

    def run_due(self) -> int:
        """Does all work whose time has come, each piece in its own transaction at the moment it was due."""
        done = 0
        while self._run_one():
            done += 1
        return done

    def _run_one(self) -> bool:
        with self.store.transaction() as records:
            found = timers.due(records, self.now(records), most=1)
            for seq, deed, account, ref, due_at in found:
                act = Act(records, Caller(account), due_at, self.base_url, self.settings)
                timers.do(act, seq, deed, ref)
        return bool(found)

    def _ring(self) -> float:
        if self.run_due():
            self._loops[1].wake()
        with self.store.transaction() as records:
            next_at = timers.next_due_at(records)
            return _LONGEST_NAP_SECONDS if next_at is None else next_at - self.now(records)


class Loop:
    """Runs `step` again and again; each step says how many seconds it may sleep unless woken."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._step = step
        self._alarm = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=f"stripe-sandbox-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._alarm.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._alarm.set()
        if self._thread.is_alive():
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while not self._is_stopping:
            self._alarm.clear()
            try:
                nap = self._step()
            except Exception:
                # One broken piece of work must not end time for all others; it is tried again.
                _log.exception("the sandbox's %s loop failed", self._thread.name)
                nap = _LONGEST_NAP_SECONDS
            if nap > 0:
                self._alarm.wait(min(nap, _LONGEST_NAP_SECONDS))
