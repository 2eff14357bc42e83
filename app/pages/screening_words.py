"""What was noticed about a lead, why it waits and where it came from, in the reader's language."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.leads.reasons import REASONS

pages = Blueprint("screening_words", __name__)

ORIGIN_WORDS: dict[str, Any] = {
    "file": _l("File"), "api": _l("By API"), "form": _l("Form"), "mail": _l("E-mail"), "webhook": _l("Webhook"),
}  # fmt: skip


@pages.app_template_filter()
def reason(code: str) -> str:
    """One flag or reason as a sentence; a code without one is shown as it is."""
    words = REASONS.get(code)
    return gettext(words) if words and "%(" not in words else code


@pages.app_template_filter()
def reasons(codes: Iterable[str]) -> str:
    """Flags or reasons as sentences, one after the other."""
    return " ".join(map(reason, codes))
