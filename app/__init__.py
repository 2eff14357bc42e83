"""THE MARKETPLACE, and everything that speaks HTTP. `create_app()` puts it together."""

import logging

from flask import Flask

from app.config import Settings, read


def create_app(settings: Settings | None = None) -> Flask:
    """A Floe from these settings (by default from the environment).

    Raises `app.config.Misconfigured` with one sentence if a setting is missing or wrong.
    """
    from app import (
        background,
        commands,
        connections,
        database,
        errors,
        event_mails,
        guard,
        language,
        pages_list,
        security,
    )

    settings = settings or read()
    _log()
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        FLOE=settings,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=2000,
    )
    database.register(app, settings)
    connections.register(app, settings)
    background.load()
    event_mails.register()
    language.register(app)
    security.register(app, settings)
    errors.register(app)
    guard.register(app)
    pages_list.register(app)
    commands.register(app)
    guard.demand_rules(app)
    return app


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("stripe").setLevel(logging.WARNING)
