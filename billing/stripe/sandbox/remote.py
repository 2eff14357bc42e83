"""Pulls the levers of a running sandbox from another process: the demo and the tests use it, the product never does."""

import http.client
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

_PATIENCE_SECONDS = 60.0


class SandboxRefused(Exception):
    """The sandbox found the order senseless; nothing was changed."""


class SandboxRemote:
    """The sandbox at `base_url`."""

    def __init__(self, base_url: str) -> None:
        where = urlsplit(base_url)
        self._host, self._port = where.hostname or "127.0.0.1", where.port

    def pay(
        self, session_id: str, card: str = "4242424242424242", challenge: str = "complete"
    ) -> dict[str, Any]:
        """Pays a session as a person on its page would; says `paid`, `open` (declined), `challenge` or `expired`."""
        return self._post(f"pay/{session_id}", {"card": card, "challenge": challenge})

    def set_clock(self, moment: datetime) -> dict[str, Any]:
        """Moves sandbox time to an aware moment, forwards or back, and does what is due by then."""
        return self._post("clock", {"now": moment.isoformat()})

    def advance_clock(self, seconds: int) -> dict[str, Any]:
        return self._post("clock", {"advance_seconds": seconds})

    def webhooks(self, **switches: Any) -> dict[str, Any]:
        """Sets url, secret, duplicate, reorder, drop_first, delay_seconds; tells how many messages wait."""
        return self._post("webhooks", switches)

    def fail(self, mode: str, count: int = 1, seconds: float = 30, operation: str = "") -> dict[str, Any]:
        """Lets the next `count` API calls suffer `mode`; `none` forgets all planned faults."""
        return self._post("fail", {"mode": mode, "count": count, "seconds": seconds, "operation": operation})

    def _post(self, lever: str, order: dict[str, Any]) -> dict[str, Any]:
        line = http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE_SECONDS)
        try:
            line.request(
                "POST", f"/_sandbox/{lever}", json.dumps(order), {"Content-Type": "application/json"}
            )
            answer = line.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        finally:
            line.close()
        if answer.status != 200:
            raise SandboxRefused(told["error"]["message"])
        return told
