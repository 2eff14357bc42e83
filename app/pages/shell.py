"""What every page's frame needs: links to this page with other filters, and the remembered theme.

Invariant: a link made here stays on this page (it is only a query), and a redirect never leaves this site.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response

from app.guard import allow_anyone

THEMES = ("light", "dark", "auto")
_PAGER = ("after", "before")
_YEAR_SECONDS = 31_536_000

COOKIE = "floe_theme"

pages = Blueprint("shell", __name__)


@pages.app_template_global()
def query_rest(*names: str) -> list[tuple[str, str]]:
    """The arguments of this page without `names` and without the place in the pager, for hidden fields."""
    return [(key, value) for key, value in request.args.items(multi=True) if key not in (*names, *_PAGER)]


@pages.app_template_global()
def url_with(**changes: Any) -> str:
    """This page with some arguments changed; none removes one; the pager starts anew unless it is what changes."""
    pairs = query_rest(*changes)
    for name, value in changes.items():
        several = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, str(one)) for one in several if one is not None]
    return "?" + urlencode(pairs)


@pages.app_template_global()
def url_toggle(name: str, value: object, many: bool = True) -> str:
    """This page with a filter's value added, or removed when it is there; with many=False it takes the other's place."""
    chosen, wanted = request.args.getlist(name), str(value)
    if wanted in chosen:
        return url_with(**{name: [one for one in chosen if one != wanted]})
    return url_with(**{name: [*chosen, wanted] if many else wanted})


@lru_cache(maxsize=64)
def _digest(path: Path, _changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


@pages.app_template_global()
def asset_url(name: str) -> str:
    """The address of a file in static/, different for each content, so that nobody sees last week's style sheet."""
    path = Path(str(current_app.static_folder)) / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime_ns))


def local_path(target: str) -> str:
    """`target` when it is a path of this site, else the front page: a redirect must not lead elsewhere."""
    is_local = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_local else "/"


@pages.post("/theme")
@allow_anyone("a matter of taste, kept in the reader's own cookie")
def theme() -> Response:
    """Remember light, dark or the system's choice in a cookie, so that the first paint is right; safe to repeat."""
    response = redirect(local_path(request.form.get("next", "/")), code=303)
    chosen = request.form.get("theme", "auto")
    if chosen in THEMES:
        response.set_cookie(COOKIE, chosen, max_age=_YEAR_SECONDS, samesite="Lax", secure=request.is_secure)
    return response
