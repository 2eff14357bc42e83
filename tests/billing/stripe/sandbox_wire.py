"""Plain HTTP to a sandbox (to see what an SDK hides), and a receiver for its webhook messages."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Heard:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


def say(
    base_url: str, method: str, path: str, form: dict[str, Any] | str | None = None, **headers: str
) -> Heard:
    """One request, with a form or a body as it is; `headers` are written with underscores."""
    where = urlsplit(base_url)
    line = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    body = form
    if isinstance(form, dict):
        body, told = urlencode(form), {"Content-Type": "application/x-www-form-urlencoded", **told}
    try:
        line.request(method, path, body, told)
        answer = line.getresponse()
        return Heard(answer.status, answer.headers, answer.read().decode())
    finally:
        line.close()


@dataclass
class Catcher:
    """A webhook receiver: keeps every message, answers `status`; to a browser it is any page."""

    url: str
    status: int = 200
    caught: list[tuple[str, str]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in list(self.caught)]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@contextmanager
def catching() -> Iterator[Catcher]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            catcher.caught.append((body, self.headers["Stripe-Signature"]))
            self.send_response(catcher.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    catcher = Catcher(f"http://127.0.0.1:{server.server_port}/hooks")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield catcher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_until(is_so: Callable[[], bool], seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
