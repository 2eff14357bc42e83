"""The reader's language: the person's choice, else the browser's wish, else English."""

from flask import Flask, g, has_request_context, request
from flask_babel import Babel

LANGUAGES = {"en": "English", "uk": "Українська"}
"""Complete translations only."""

babel = Babel()


def register(app: Flask) -> None:
    """Choose language and time zone per request."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=choose, timezone_selector=zone)


def choose() -> str:
    """The language of this request's reader."""
    if not has_request_context():
        return "en"
    actor = getattr(g, "actor", None)
    wanted = request.cookies.get("floe_language") or (actor.language if actor else None)
    return wanted if wanted in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES)) or "en"


def zone() -> str:
    """Times are shown in the tenant's zone."""
    actor = getattr(g, "actor", None) if has_request_context() else None
    return actor.tenant.time_zone if actor and actor.tenant else "UTC"
