"""The icons of the pages as one SVG sprite under an address that changes with its content.

Invariant: `ICONS` is the whole list; an icon outside it is refused when a page is rendered, never left blank.
"""

import hashlib
from functools import lru_cache
from importlib.resources import as_file, files
from xml.etree import ElementTree
from zipfile import ZipFile

from flask import Flask, Response
from markupsafe import Markup

from app.guard import allow_anyone

# Names of lucide, sorted; "blank" is ours and keeps the place of an icon free.
_NAMES = """
activity archive arrow-down arrow-down-right arrow-left arrow-right arrow-up arrow-up-right badge-check
badge-percent ban banknote bell book-open book-open-check briefcase bug building-2 calendar calendar-clock
calendar-days chart-column chart-line chart-no-axes-column chart-pie check check-check chevron-down chevron-left
chevron-right chevrons-up-down circle circle-alert circle-check circle-dollar-sign circle-dot
circle-question-mark circle-x clipboard-list clock code coins columns-3 contact copy credit-card database
download ellipsis external-link eye eye-off file-down file-spreadsheet file-text flag flame
flask-conical folder-up funnel gauge gavel gift git-branch globe hand-coins handshake hash heading
heart-handshake history hourglass house id-card image inbox info kanban key-round landmark languages layers
layout-dashboard life-buoy link list list-checks list-filter list-todo lock log-in log-out mail map-pin
megaphone menu message-square messages-square minus monitor moon mouse-pointer-click newspaper package pause
pencil percent phone phone-call phone-missed piggy-bank pin play plug plus power qr-code receipt receipt-text
refresh-cw repeat repeat-2 rocket rotate-ccw save scale scan-search search search-x send server settings shield
shield-alert shield-check shopping-cart shuffle sliders-horizontal snowflake sparkles split square-kanban star
store sun sun-moon tag tags target terminal thermometer thumbs-down thumbs-up ticket timer toggle-left trash-2
trending-down trending-up triangle-alert trophy undo-2 upload user user-check user-plus user-x users
venetian-mask wallet waypoints webhook wifi-off workflow x zap
"""
ICONS = tuple(_NAMES.split())
_SVG = "{http://www.w3.org/2000/svg}"
_YEAR_SECONDS = 31_536_000


class UnknownIconError(LookupError):
    """A page asked for an icon that the sprite does not hold; add its lucide name to `ICONS`."""


def _symbol(name: str, drawing: bytes) -> str:
    parts = []
    for part in ElementTree.fromstring(drawing):  # noqa: S314 (a file of an installed package)
        attributes = "".join(f' {key}="{value}"' for key, value in part.attrib.items())
        parts.append(f"<{part.tag.removeprefix(_SVG)}{attributes}/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(parts)}</symbol>'


@lru_cache(maxsize=1)
def sprite() -> str:
    """All icons as one SVG document; the same text for the same release, so that its address can be kept for ever."""
    with as_file(files("lucide") / "lucide.zip") as path, ZipFile(path) as archive:
        symbols = [_symbol(name, archive.read(f"{name}.svg")) for name in ICONS]
    symbols.append('<symbol id="blank" viewBox="0 0 24 24"></symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


@lru_cache(maxsize=1)
def sprite_path() -> str:
    """Where the sprite lives: changes with its content only."""
    return f"/static/icons.{hashlib.sha256(sprite().encode()).hexdigest()[:12]}.svg"


@lru_cache(maxsize=512)
def icon(name: str) -> Markup:
    """An icon as decoration beside a word; screen readers skip it. Raises UnknownIconError outside `ICONS`."""
    if name != "blank" and name not in ICONS:
        raise UnknownIconError(f"“{name}” is not in the sprite: add it to ICONS in app/icons.py")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        sprite_path(), name
    )


@allow_anyone("the icons of the pages")
def _serve_sprite() -> Response:
    response = Response(sprite(), mimetype="image/svg+xml")
    response.cache_control.public = True
    response.cache_control.max_age = _YEAR_SECONDS
    response.cache_control.immutable = True
    return response


def register(app: Flask) -> None:
    """Give templates `icon()` and the site its sprite; the sprite is built here, not in the first request."""
    app.add_url_rule(sprite_path(), endpoint="icons.sprite", view_func=_serve_sprite)
    app.jinja_env.globals["icon"] = icon
