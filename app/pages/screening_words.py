"""What was noticed about a lead, why it waits and where it came from, in the reader's language."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Blueprint
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.leads.problems import Problem
from app.leads.reasons import REASONS

_GAP = re.compile(r"%\(\w+\)s")
pages = Blueprint("screening_words", __name__)

ORIGIN_WORDS: dict[str, Any] = {
    "file": _l("File"), "api": _l("By API"), "form": _l("Form"), "mail": _l("E-mail"), "webhook": _l("Webhook"),
}  # fmt: skip


@pages.app_template_filter()
def reason(code: str) -> str:
    """One flag or reason as a sentence, with dots for what only its lead can say; a code without one as it is."""
    words = REASONS.get(code)
    return _GAP.sub("…", gettext(words)) if words else code


def problem(one: Problem) -> str:
    """What is wrong with a value, as a sentence."""
    words = REASONS.get(one.code)
    return gettext(words) % one.params if words else one.code


@pages.app_template_filter()
def reasons(codes: Iterable[str]) -> str:
    """Flags or reasons as sentences, one after the other."""
    return " ".join(map(reason, codes))
