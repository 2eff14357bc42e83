"""The reader's language: the person's choice, else the browser's wish, else English.

Invariant: only languages whose catalogue is complete are offered; a catalogue in use is never older than its source.
"""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request
from flask_babel import Babel

LANGUAGES = {"en": "English", "uk": "Українська"}
"""Complete translations only, by the name a reader knows them under."""

babel = Babel()


def register(app: Flask) -> None:
    """Choose language and time zone per request; catalogues are compiled first, where that is due."""
    compile_catalogues(Path(app.root_path) / "translations")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=choose, timezone_selector=zone)


def compile_catalogues(folder: Path) -> None:
    """Compile every `.po` whose `.mo` is missing or older. Processes that start together may all do it.

    Raises `OSError` where the folder cannot be written: compile the catalogues when installing there.
    """
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        made = source.with_suffix(".mo")
        if not made.exists() or made.stat().st_mtime_ns < source.stat().st_mtime_ns:
            _compile(source, made)


def _compile(source: Path, made: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file)
    half = made.with_suffix(f".{os.getpid()}.mo")
    with half.open("wb") as file:
        write_mo(file, catalogue)
    half.replace(made)


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
