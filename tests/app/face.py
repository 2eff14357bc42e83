"""A small site that has only the face: real translations, real CSRF tokens, no database."""

from flask import Flask, Response
from flask_babel import Babel
from flask_wtf import CSRFProtect

from app import formats, icons
from app.pages import shell, ui

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def face(zone: str = "Europe/Kyiv") -> Flask:
    """The design system under the strict policy, in English and in this zone unless a test forces another language."""
    site = Flask("app")
    site.config.update(SECRET_KEY="face", BABEL_DEFAULT_TIMEZONE=zone)
    Babel(site)
    CSRFProtect(site)
    icons.register(site)
    formats.register(site)
    site.register_blueprint(shell.pages)
    site.register_blueprint(ui.pages)

    @site.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return site
