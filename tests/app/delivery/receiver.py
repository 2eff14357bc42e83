"""Real HTTP receivers for the delivery tests: one that answers as told, and a tripwire nobody may touch."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def message(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass(frozen=True)
class Reply:
    """What the receiver answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0


Rule = Callable[[Heard], Reply]


class Receiver:
    """A receiver on a loopback port; `reply` is a Reply or a rule from the request to one."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.reply: Reply | Rule = Reply()
        self.in_flight = 0
        self.most_in_flight = 0
        self.connections = 0
        self.guard = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, heard: Heard) -> Reply:
        with self.guard:
            self.heard.append(heard)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = self.reply if isinstance(self.reply, Reply) else self.reply(heard)
            time.sleep(reply.delay_seconds)
            return reply
        finally:
            with self.guard:
                self.in_flight -= 1


def _handler_for(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            receiver.connections += 1

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.answer(Heard(self.path, headers, self.rfile.read(length).decode()))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def handle(self) -> None:
            try:
                super().handle()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the sender gave up: that is what some tests are about

        def log_message(self, *_: object) -> None:
            """Tests read `heard`."""

    return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A running receiver, stopped at the end."""
    receiver = Receiver()
    thread = threading.Thread(
        target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


class Tripwire:
    """Listens on every address of this machine and counts who connects."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.listener.setblocking(False)
        self.port = int(self.listener.getsockname()[1])

    def connections(self) -> int:
        """How many have connected since the last time this was asked."""
        count = 0
        while True:
            try:
                peer, _ = self.listener.accept()
            except BlockingIOError:
                return count
            peer.close()
            count += 1


@contextmanager
def tripwire() -> Iterator[Tripwire]:
    """A listener no request may reach."""
    wire = Tripwire()
    try:
        yield wire
    finally:
        wire.listener.close()
