"""A company's CRM as a process of its own: it checks signatures with the library of the standard and drops doubles.

`python -m tests.under_fire.receiver PORT FOLDER`; the folder tells it the secrets and keeps what it did. The path of
a request names the secret. What it does, it does once for a webhook-id: one line in `done`.
"""

import json
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TextIO

from standardwebhooks import Webhook, WebhookVerificationError

WORK_SECONDS = 0.05
"""How long it thinks about each message: time for a sender to be killed in."""


@dataclass(frozen=True)
class Heard:
    """What the receiver did, read from its folder."""

    done: list[tuple[str, str]]
    """Webhook-id and purchase, once each."""
    doubles: int
    forged: int
    others: list[str]
    """Types of messages that were not about a sale."""


def read(folder: Path) -> Heard:
    """Whatever it did until now."""
    kinds: dict[str, list[list[str]]] = {"done": [], "double": [], "forged": [], "other": []}
    log = folder / "heard"
    for line in log.read_text().splitlines() if log.exists() else []:
        kind, *rest = line.split()
        kinds[kind].append(rest)
    done = [(webhook_id, purchase) for webhook_id, purchase in kinds["done"]]
    others = [rest[0] for rest in kinds["other"]]
    return Heard(done, len(kinds["double"]), len(kinds["forged"]), others)


def tell_secrets(folder: Path, secrets: dict[str, str]) -> None:
    """Path → secret; before the first message."""
    (folder / "secrets.json").write_text(json.dumps(secrets))


class Handler(BaseHTTPRequestHandler):
    """One message."""

    protocol_version = "HTTP/1.1"
    folder: Path
    log: TextIO
    seen: set[str] = set()  # noqa: RUF012 (shared by all requests on purpose)
    guard = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(WORK_SECONDS)
        self.send_response(self._take(body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _take(self, body: bytes) -> int:
        secrets = json.loads((self.folder / "secrets.json").read_text())
        try:
            Webhook(secrets[self.path]).verify(body, dict(self.headers))
        except (KeyError, WebhookVerificationError):
            return self._write("forged", 401)
        webhook_id = str(self.headers["webhook-id"])
        with self.guard:
            is_new = webhook_id not in self.seen
            self.seen.add(webhook_id)
        if not is_new:
            return self._write(f"double {webhook_id}")
        told = json.loads(body)
        if told["type"] != "sale.created":
            return self._write(f"other {told['type']}")
        return self._write(f"done {webhook_id} {told['data']['purchase_id']}")

    def _write(self, line: str, status: int = 200) -> int:
        with self.guard:
            self.log.write(f"{line}\n")
            self.log.flush()
        return status

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # its sender was killed

    def log_message(self, *_: object) -> None:
        """`heard` says it all."""


def main(port: int, folder: Path) -> None:
    """Listen until stopped."""
    Handler.folder, Handler.log = folder, (folder / "heard").open("a")
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
