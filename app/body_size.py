"""How large a request's body may be: each route says so, and what is larger is refused before it is read.

Invariants: no body is read before its route's limit is known; strangers send a form of a few kilobytes and nothing
else, unless a route says more; a whole file is taken only from a browser that shows a log-in.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Request, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from app.guard import COOKIE, rule_of
from tenants.errors import Refused
from tenants.language import N_

LARGEST_WITH_FILE = 201 * 1024 * 1024
"""In bytes: the largest file of `app.leads.files.layout`, and what stands beside it in its form."""
LARGEST_FORM = 2_000_000
"""Of a person who is logged in."""
LARGEST_OF_STRANGERS = 100_000
PROGRAMS = ("/api/", "/webhooks/", "/in/")
"""Paths for programs: no cookie is read there, and no form before its route asks for it."""
View = TypeVar("View", bound=Callable[..., Any])


class BodyTooLarge(Refused):
    """The request's body is larger than `limit`, in bytes; nothing of it was kept."""

    status, code = 413, "request_entity_too_large"


class FormTooLarge(Refused):
    """A form has more fields than are taken, or a longer one; nothing of it was kept."""

    status, code = 413, "form_too_large"


class WholeBody(LimitedStream):
    """A body that does not say its length: the library's stream would end at the limit as if the body did."""

    def readall(self) -> bytes:
        """All of it. Raises the library's error where there is more than the limit."""
        found = super().readall()
        if self.is_exhausted and self._stream.read(1):
            raise RequestEntityTooLarge
        return found


class WholeRequest(Request):
    """A request whose body is never taken for whole when it is not."""

    @cached_property
    def stream(self) -> Any:
        """The body, up to the limit of its route."""
        found = super().stream
        if self.content_length is None and self.max_content_length and isinstance(found, LimitedStream):
            return WholeBody(self.environ["wsgi.input"], self.max_content_length, is_max=True)
        return found


def takes_body(largest: int) -> Callable[[View], View]:
    """The route takes a body of at most so many bytes."""

    def mark(view: View) -> View:
        view.floe_largest_body = largest  # type: ignore[attr-defined]
        return view

    return mark


def takes_files(view: View) -> View:
    """The page takes a form with a whole file, up to the size of the largest; every other page takes less."""
    view.floe_takes_files = True  # type: ignore[attr-defined]
    return view


def register(app: Flask) -> None:
    """Look at the size before anything reads a form."""
    app.request_class = WholeRequest
    app.before_request(_demand_size)


def too_large() -> Refused:
    """Why the library stopped reading: the body goes beyond its limit, or a form in it does."""
    limit = request.max_content_length
    if request.content_length is not None and limit is not None and request.content_length <= limit:
        return FormTooLarge(
            N_("The form has too many fields, or a field that is too long. Nothing was stored.")
        )
    return BodyTooLarge(
        N_("What was sent is larger than %(limit)s bytes, the most that is taken here. Nothing was stored."),
        limit=limit,
    )


def _demand_size() -> None:
    if request.endpoint is None:
        return
    limit = _largest()
    if limit is not None:
        request.max_content_length = limit
    if (request.content_length or 0) > (request.max_content_length or 0):
        raise too_large()


def _largest() -> int | None:
    """None: the route of a program, which reads up to a limit of its own."""
    view = current_app.view_functions[request.endpoint or ""]
    declared: int | None = getattr(view, "floe_largest_body", None)
    is_program = request.path.startswith(PROGRAMS)
    if declared is not None:
        return declared
    if getattr(view, "floe_takes_files", False) and (is_program or _may_bring_a_file()):
        return LARGEST_WITH_FILE
    if is_program:
        return None
    is_open = rule_of(current_app, request.endpoint or "").startswith("anyone")
    return LARGEST_OF_STRANGERS if is_open or COOKIE not in request.cookies else LARGEST_FORM


def _may_bring_a_file() -> bool:
    return COOKIE in request.cookies and request.mimetype == "multipart/form-data"
