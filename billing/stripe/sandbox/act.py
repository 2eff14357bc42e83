"""One deed on one account at one sandbox moment: what every operation, hosted page and timer is handed.

Invariant: objects, events and deliveries of one act are stored in its one transaction, so a message can never tell of
something that was not kept.
"""

import json
import secrets
import string
import time
from dataclasses import dataclass, field
from typing import Any

from billing.stripe.sandbox.refusals import missing
from billing.stripe.sandbox.settings import SandboxSettings
from billing.stripe.sandbox.store import Json, Records

API_VERSION = "2026-10-28.endive"
REORDER_SECONDS = 0.3
_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """An id nobody can guess, in Stripe's look: `cs_test_…`."""
    return f"{prefix}_{''.join(secrets.choice(_ALPHABET) for _ in range(24))}"


def public(body: Json) -> Json:
    """The object as the outside may see it, without the sandbox's own notes."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


@dataclass(frozen=True)
class Caller:
    """Who asked: the account of the key, and the request when it came through the API."""

    account: str
    request_id: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Act:
    """`now` is sandbox time in epoch seconds; `sent_at` is real, and one for all messages of the act."""

    records: Records
    caller: Caller
    now: int
    base_url: str
    settings: SandboxSettings
    sent_at: float = field(default_factory=time.time)

    def load(self, kind: str, wanted_id: str, param: str = "id") -> Json:
        """The object, or the 404 Stripe would give; another account's object is just as missing."""
        found = self.records.get(self.caller.account, kind, wanted_id)
        if found is None:
            raise missing(kind, wanted_id, param)
        return found

    def save(self, body: Json, parent: str | None = None) -> Json:
        return self.records.put(self.caller.account, body, parent)

    def later(self, due_at: int, deed: str, ref: str) -> None:
        """Has a timer do `deed` on the object `ref` once sandbox time reaches `due_at`."""
        row = (due_at, deed, self.caller.account, ref)
        self.records.sql("INSERT INTO task (due_at, deed, account, ref) VALUES (?, ?, ?, ?)", row)

    def tell(self, event_type: str, body: Json, previous: Json | None = None) -> None:
        """Records an event with a snapshot of the object and queues its messages."""
        targets = self._targets(event_type)
        data: Json = {"object": public(body)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(targets),
            "request": {"id": self.caller.request_id, "idempotency_key": self.caller.idempotency_key},
            "type": event_type,
        }
        self.save(event, parent=body.get("id"))
        self._queue(event, targets)

    def _targets(self, event_type: str) -> list[tuple[str, str]]:
        configured = self.records.setting("webhooks", {})
        targets = [(configured["url"], configured["secret"])] if configured.get("url") else []
        for endpoint in self.records.children(self.caller.account, "webhook_endpoint"):
            if {"*", event_type} & set(endpoint["enabled_events"]):
                targets.append((endpoint["url"], endpoint["_secret"]))
        return targets

    def _queue(self, event: Json, targets: list[tuple[str, str]]) -> None:
        switches: dict[str, Any] = self.records.setting("webhooks", {})
        wait = switches.get("delay_seconds", 0) + (REORDER_SECONDS if switches.get("reorder") else 0)
        for url, secret in targets * (2 if switches.get("duplicate") else 1):
            self.records.sql(
                "INSERT INTO delivery (event_id, url, secret, body, due_at) VALUES (?, ?, ?, ?, ?)",
                (event["id"], url, secret, json.dumps(event, indent=2), self.sent_at + wait),
            )
