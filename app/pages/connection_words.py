"""Words for connections: what sends, and what became of what was sent."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.incoming.bodies import filled
from app.leads import targets, verticals
from app.leads.intake_facts import IntakeFacts
from app.pages import trade_words

trade_words.WORDS["connection"] = {
    "generic": _l("Any system (JSON or form)"),
    "google_ads": _l("Google Ads lead form"),
    "meta": _l("Meta lead ads"),
    "mail": _l("Mail"),
}
trade_words.WORDS["secret"] = {
    "google_key": _l("Google key"),
    "app_secret": _l("App secret"),
    "verify_token": _l("Verify token"),
    "access_token": _l("Access token"),
    "signing_secret": _l("Signing secret"),
}
_HEADS = {
    "header.subject": _l("Subject"),
    "header.from_name": _l("Sender: name"),
    "header.from_address": _l("Sender: address"),
    "header.reply_to_name": _l("Answers go to: name"),
    "header.reply_to_address": _l("Answers go to: address"),
    "header.date": _l("Date of the mail"),
    "forwarded.subject": _l("Forwarded mail: subject"),
    "forwarded.from_name": _l("Forwarded mail: sender's name"),
    "forwarded.from_address": _l("Forwarded mail: sender's address"),
    "forwarded.date": _l("Forwarded mail: date"),
}
_RULES = {
    "label": _l("Label"),
    "block": _l("Label with the lines below"),
    "column": _l("Column of a table"),
    "sentence": _l("Sentence with a gap"),
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
    "no_lead": _l("No lead"),
    "several": _l("Several leads"),
}
trade_words.KINDS["body"] = {
    "pending": "info", "dead": "bad", "accepted": "ok", "known": "quiet", "duplicate": "quiet", "rejected": "bad",
    "quarantined": "warn", "refused": "bad", "unmapped": "warn", "test": "info", "no_lead": "quiet", "several": "info",
}  # fmt: skip


def said(problem: dict[str, Any]) -> str:
    """What was wrong with something received, in the reader's language."""
    written = problem["message"]
    return filled(str(_(written)), problem["params"])


def target_words(facts: IntakeFacts) -> dict[str, str]:
    """What the targets of a connection's leads are called in the reader's language."""
    kind = verticals.get(facts.vertical)
    return {one.name: one.label for one in targets.targets(kind, facts.lead_type, trade_words.language())}


def place_word(place: str) -> str:
    """A place of a mail for a reader: "Label: Phone"."""
    kind, _dot, name = place.partition(".")
    if place in _HEADS:
        return str(_HEADS[place])
    return f"{_RULES[kind]}: {name}" if kind in _RULES else place


def rule_kinds() -> list[tuple[str, str]]:
    """The kinds of rules that a person writes."""
    return [(kind, str(word)) for kind, word in _RULES.items()]


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
        (
            "mail",
            _("Mail"),
            _("A mail server or provider hands mails over; rules say what of them is the lead."),
        ),
    ]
