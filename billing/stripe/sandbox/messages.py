"""Sends signed webhook messages: late, twice, out of order or lost at first when told so, and again until accepted.

Invariants: a message is tried until a 2xx answer or its last attempt; no lock is held while the receiver thinks.
"""

import hashlib
import hmac
import http.client
import ssl
import time
from urllib.parse import SplitResult, urlsplit

from billing.stripe.sandbox.store import Store

_MOST_ATTEMPTS = 16
_LONGEST_WAIT_SECONDS = 3600.0
_RECEIVER_SECONDS = 10.0
_IDLE_SECONDS = 5.0


def signature(payload: str, secret: str, at_epoch: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over time and body."""
    mac = hmac.new(secret.encode(), f"{at_epoch}.{payload}".encode(), hashlib.sha256)
    return f"t={at_epoch},v1={mac.hexdigest()}"


class Messenger:
    """Takes waiting messages out of the store one by one."""

    def __init__(self, store: Store, retry_seconds: float) -> None:
        self._store = store
        self._retry_seconds = retry_seconds

    def send_due(self) -> float:
        """Sends one message whose time has come; returns how long to wait before asking again."""
        with self._store.transaction() as records:
            switches = records.setting("webhooks", {})
            order = "DESC" if switches.get("reorder") else "ASC"
            due = records.sql(
                "SELECT seq, url, secret, body, attempts FROM delivery "  # noqa: S608 (a fixed word)
                f"WHERE state = 'pending' AND due_at <= ? ORDER BY seq {order} LIMIT 1",
                (time.time(),),
            ).fetchone()
            next_at = records.sql("SELECT min(due_at) FROM delivery WHERE state = 'pending'").fetchone()[0]
        if due is None:
            return _IDLE_SECONDS if next_at is None else next_at - time.time()
        seq, url, secret, body, attempts = due
        is_lost = bool(switches.get("drop_first")) and attempts == 0
        self._record(seq, attempts + 1, is_accepted=not is_lost and _post(url, secret, body))
        return 0.0

    def _record(self, seq: int, attempts: int, *, is_accepted: bool) -> None:
        state = "delivered" if is_accepted else "dead" if attempts >= _MOST_ATTEMPTS else "pending"
        wait = min(self._retry_seconds * 2 ** (attempts - 1), _LONGEST_WAIT_SECONDS)
        with self._store.transaction() as records:
            records.sql(
                "UPDATE delivery SET state = ?, attempts = ?, due_at = ? WHERE seq = ?",
                (state, attempts, time.time() + wait, seq),
            )


def _post(url: str, secret: str, body: str) -> bool:
    """One attempt. A receiver that cannot be reached or says anything but 2xx has not accepted."""
    where = urlsplit(url)
    line = _line_to(where)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(body, secret, int(time.time())),
        "User-Agent": "Floe-Stripe-Sandbox/1.0",
    }
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    try:
        line.request("POST", path, body.encode(), headers)
        return 200 <= line.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _line_to(where: SplitResult) -> http.client.HTTPConnection:
    host, port = where.hostname or "", where.port
    if where.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_RECEIVER_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=_RECEIVER_SECONDS)


def is_address(url: object) -> bool:
    """Whether messages can be sent there at all: http or https, a host, a readable port."""
    try:
        where = urlsplit(str(url))
        return where.scheme in ("http", "https") and bool(where.hostname) and where.port != 0
    except ValueError:
        return False
