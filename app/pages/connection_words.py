"""Words for connections: what sends, and what became of what was sent."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.pages import trade_words

trade_words.WORDS["connection"] = {
    "generic": _l("Any system (JSON or form)"),
    "google_ads": _l("Google Ads lead form"),
    "meta": _l("Meta lead ads"),
}
trade_words.WORDS["body"] = {
    "pending": _l("Waiting"),
    "dead": _l("Given up"),
    "accepted": _l("Accepted"),
    "known": _l("Known already"),
    "duplicate": _l("Duplicate"),
    "rejected": _l("Rejected"),
    "quarantined": _l("In quarantine"),
    "refused": _l("Refused"),
    "unmapped": _l("Not mapped yet"),
    "test": _l("A test, not stored"),
}
trade_words.KINDS["body"] = {
    "pending": "info", "dead": "bad", "accepted": "ok", "known": "quiet", "duplicate": "quiet", "rejected": "bad",
    "quarantined": "warn", "refused": "bad", "unmapped": "warn", "test": "info",
}  # fmt: skip


def said(problem: dict[str, Any]) -> str:
    """What was wrong with something received, in the reader's language."""
    written = problem["message"]
    sentence = str(_(written))
    try:
        return str(sentence % problem["params"])
    except (KeyError, ValueError, TypeError):
        return sentence


def kinds() -> list[tuple[str, str, str]]:
    """What can send, with a hint each."""
    return [
        (
            "generic",
            _("Any system (JSON or form)"),
            _("Tilda, Typeform, Intercom, Make, Zapier: you map what they send."),
        ),
        ("google_ads", _("Google Ads lead form"), _("Google proves itself with a key that you choose.")),
        (
            "meta",
            _("Meta lead ads"),
            _("Meta signs its messages; the lead is then fetched with your access token."),
        ),
    ]
