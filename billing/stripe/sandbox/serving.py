"""Puts the parts together and serves them over HTTP, in this process, from threads.

Invariant: whoever leaves `running` leaves no thread, socket or open file behind.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from billing.stripe.sandbox.api import Api
from billing.stripe.sandbox.clockwork import Clockwork
from billing.stripe.sandbox.control import Control
from billing.stripe.sandbox.faults import FaultPlan
from billing.stripe.sandbox.hosted_pages import HostedPages
from billing.stripe.sandbox.settings import SandboxSettings
from billing.stripe.sandbox.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LARGEST_BODY = 1_000_000


class SandboxRequest(Request):
    """A request whose body is bounded."""

    max_content_length = _LARGEST_BODY


class Sandbox:
    """The WSGI application: hosted pages under /c/, levers under /_sandbox/, everything else is the API."""

    def __init__(self, clockwork: Clockwork) -> None:
        faults = FaultPlan()
        self._api = Api(clockwork, faults)
        self._pages = HostedPages(clockwork)
        self._control = Control(clockwork, faults)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            response = self._respond(SandboxRequest(environ))
        except HTTPException as refusal:
            response = Response(str(refusal.description), refusal.code, mimetype="text/plain")
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        if request.path == "/healthz":
            return Response('{"status": "ok"}', mimetype="application/json")
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        if request.path.startswith("/c/"):
            return self._pages(request)
        return self._api(request)


class _Handler(WSGIRequestHandler):
    """Keeps connections open, and keeps one line per call out of the terminal."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: errors are logged where they happen."""


@contextmanager
def running(settings: SandboxSettings) -> Iterator[str]:
    """A sandbox that answers at the yielded address until the block ends; what it was told stays in its home."""
    store = Store(settings.home)
    clockwork = Clockwork(settings, store)
    server = make_server(
        settings.host, settings.port, Sandbox(clockwork), threaded=True, request_handler=_Handler
    )
    clockwork.base_url = clockwork.base_url or f"http://{settings.host}:{server.server_port}"
    listener = threading.Thread(
        target=server.serve_forever, args=(0.05,), name="stripe-sandbox-http", daemon=True
    )
    clockwork.start()
    listener.start()
    try:
        yield f"http://{settings.host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        listener.join(timeout=15)
        clockwork.stop()
        store.close()
