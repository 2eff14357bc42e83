"""Refusals rendered: a problem document (RFC 9457) for the API, a page with a clear sentence for people.

A refusal is never a 500 and a bug is never a refusal.
"""

import logging
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.body_size import too_large
from tenants.errors import Busy, Refused

log = logging.getLogger(__name__)

TRANSIENT = ("40001", "40P01", "55P03", "57014", "53300")
"""SQLSTATEs that mean "again, please": serialisation, deadlock, lock and statement timeouts, too many connections."""


def problem(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> Response:
    """An application/problem+json answer; `code` is stable, `detail` is for reading."""
    body = {
        "type": f"/docs/problems#{code}",
        "title": code,
        "status": status,
        "detail": message,
        "code": code,
    }
    answer = jsonify({**(details or {}), **body})
    answer.status_code = status
    answer.content_type = "application/problem+json"
    if details and "retry_after" in details:
        answer.headers["Retry-After"] = str(details["retry_after"])
    return answer


def wants_json() -> bool:
    """Whether the caller is a program."""
    return (
        request.path.startswith(("/api/", "/webhooks/", "/in/"))
        or request.accept_mimetypes.best == "application/json"
    )


def answer(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> Response:
    """The refusal in the caller's form."""
    if wants_json():
        return problem(status, code, message, details)
    page = Response(render_template("errors/error.html", status=status, code=code, message=message), status)
    if details and "retry_after" in details:
        page.headers["Retry-After"] = str(details["retry_after"])
    return page


def register(app: Flask) -> None:
    """Answer every refusal, every HTTP error and every bug."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(OperationalError, _operational)
    app.register_error_handler(PoolTimeout, lambda error: _refused(Busy()))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _refused(refused: Refused) -> Response:
    from app.wording import sentence

    if refused.status == 401 and not wants_json():
        return _to_log_in()
    return answer(refused.status, refused.code, sentence(refused), refused.details)


def _to_log_in() -> Response:
    from flask import redirect, url_for

    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("account.log_in", next=here), 303)  # type: ignore[return-value]


def _operational(error: OperationalError) -> Response:
    if getattr(error.orig, "sqlstate", None) in TRANSIENT:
        return _refused(Busy())
    return _bug(error)


def _http(error: HTTPException) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        return _refused(too_large())
    if error.response is not None and error.code is None:
        return error.response  # type: ignore[return-value]
    code = (error.name or "error").lower().replace(" ", "_")
    # the page of an error has sentences of its own; a program reads the library's
    message = (error.description or _("Something went wrong.")) if wants_json() else ""
    made = answer(error.code or 500, code, message)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate", "Location"):
            made.headers[name] = value
    return made


def _bug(error: Exception) -> Response:
    log.exception("unhandled error on %s %s", request.method, request.path, exc_info=error)
    return answer(500, "internal_error", _("Something went wrong on our side. Nothing was changed."))
