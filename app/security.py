"""Headers, CSRF and cookies: strict CSP without inline anything, no cross-site writes, no cached personal data."""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from app import body_size, unread_body
from app.body_size import PROGRAMS
from app.config import Settings
from tenants.errors import Forbidden
from tenants.language import N_

csrf = CSRFProtect()

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class CrossSite(Forbidden):
    """Another site tried to act in the person's name; nothing was done."""

    code = "cross_site"


def register(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer and refuse cross-site writes before any view."""
    is_https = settings.base_url.startswith("https://")
    app.config.update(SESSION_COOKIE_SECURE=is_https, SESSION_COOKIE_SAMESITE="Lax", WTF_CSRF_TIME_LIMIT=None)
    body_size.register(app)
    csrf.init_app(app)
    policy = content_policy(settings)
    app.before_request(_same_site)

    def dress(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", policy)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers.setdefault("Cache-Control", "no-store")
        headers.add("Vary", "Accept-Language, Cookie")
        if is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response

    app.after_request(dress)
    static = WhiteNoise(app.wsgi_app, root=app.static_folder, prefix="static/", max_age=3600)
    app.wsgi_app = static  # type: ignore[method-assign]
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.proxies, settings.proxies)  # type: ignore[method-assign]
    app.wsgi_app = unread_body.told(app.wsgi_app)  # type: ignore[assignment, method-assign]


def content_policy(settings: Settings) -> str:
    """The policy: nothing but our own files; forms may lead to the hosted checkout."""
    checkout = "https://checkout.stripe.com"
    if settings.stripe_api_base:
        parts = urlsplit(settings.stripe_api_base)
        checkout = f"{parts.scheme}://{parts.netloc}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self' {checkout}; base-uri 'none'; frame-ancestors 'none'"
    )


def _same_site() -> None:
    if request.method in UNSAFE and not request.path.startswith(PROGRAMS):
        origin = request.headers.get("Sec-Fetch-Site")
        if origin in ("cross-site", "same-site"):
            raise CrossSite(N_("This request came from another site, so nothing was done."))
