"""What becomes of a body that was refused before it was read: the client hears that the line ends, and hears the answer.

Invariants: an answer given while much of the body is still to come says `Connection: close`, so that no client sends
its next request into a line that is about to go; what is left is thrown away, up to a bound, after the answer is out.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from werkzeug.wsgi import ClosingIterator

LEFT_TO_SERVER = 32 * 1024
"""In bytes: a web server throws that much away by itself and goes on with the same line."""
MOST_THROWN_AWAY = 64 * 1024 * 1024
MOST_SECONDS = 2.0
_AT_ONCE = 64 * 1024
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Body:
    """The stream a server gives, and how much of it is still to come."""

    def __init__(self, stream: Any, length: int | None) -> None:
        self._stream, self._length = stream, length
        self._is_at_end, self._read = False, 0

    @property
    def rest(self) -> float:
        """In bytes; of a body that does not say its length anything may come until its end was read."""
        if self._is_at_end:
            return 0
        return float("inf") if self._length is None else self._length - self._read

    def read(self, size: int = -1) -> bytes:
        return self._seen(self._stream.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        return self._seen(self._stream.readline(size), size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return [self._seen(line, hint) for line in self._stream.readlines(hint)]

    def __iter__(self) -> Iterator[bytes]:
        while line := self.readline():
            yield line

    def _seen(self, data: bytes, size: int | None) -> bytes:
        self._read += len(data)
        self._is_at_end = self._is_at_end or (not data and size != 0)
        return data


def told(app: Wsgi) -> Wsgi:
    """The app, whose early answers tell the client and the server that the line ends with them."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        if not (length or environ.get("HTTP_TRANSFER_ENCODING")):
            return app(environ, start_response)
        body = Body(environ["wsgi.input"], int(length) if length.isdecimal() else None)
        environ["wsgi.input"] = body

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            if body.rest > LEFT_TO_SERVER:
                headers = [*headers, ("Connection", "close")]
                _end_line(start_response)
            return start_response(status, headers, *error)

        return ClosingIterator(app(environ, begin), lambda: _throw_away(body, environ.get("gunicorn.socket")))

    return serve


def _end_line(start_response: Callable[..., Any]) -> None:
    """gunicorn drops an app's `Connection`: only its own response, whose method this is, can end the line."""
    force_close = getattr(getattr(start_response, "__self__", None), "force_close", None)
    if force_close is not None:
        force_close()


def _throw_away(body: Body, line: Any) -> None:
    """A line that is closed on unread bytes is reset, and the client never sees its answer."""
    if body.rest <= LEFT_TO_SERVER:
        return
    thrown, until = 0, time.monotonic() + MOST_SECONDS
    with suppress(OSError, ValueError):  # the line broke, or its stream is closed already
        while thrown < MOST_THROWN_AWAY and (seconds := until - time.monotonic()) > 0:
            if line is not None:
                line.settimeout(seconds)
            data = body.read(_AT_ONCE)
            if not data:
                return
            thrown += len(data)
