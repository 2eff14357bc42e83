"""The cookie that holds a session's token: for this site's server only, gone with the browser.

Invariant: no script can read it, and it is never sent unencrypted where the site speaks HTTPS.
"""

from flask import current_app, request
from werkzeug.wrappers import Response

from app.config import Settings
from app.guard import COOKIE
from tenants.sessions import Browser, NewSession


def give(response: Response, opened: NewSession) -> Response:
    """Put the token into the reader's browser, in place of an earlier one."""
    settings: Settings = current_app.config["FLOE"]
    is_https = settings.base_url.startswith("https://")
    response.set_cookie(COOKIE, opened.token, httponly=True, samesite="Lax", secure=is_https)
    return response


def take(response: Response) -> Response:
    """Take the token out of the reader's browser."""
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return response


def token() -> str:
    """The token the reader's browser sent, if any."""
    return request.cookies.get(COOKIE, "")


def browser() -> Browser:
    """Where the reader comes from, as shown in the list of sessions."""
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", ""))
