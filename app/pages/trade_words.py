"""The words of the trade for people: every code that the market's tables hold, in the reader's language, as filters.

Invariant: a code without a word is shown as it is, never refused: pages must stay readable after a new code.
"""

from datetime import datetime
from typing import Any

from babel import Locale
from flask import Blueprint
from flask_babel import get_locale, pgettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app import formats
from app.leads import regions, verticals
from app.leads.channels import CHANNELS
from tenants import clock
from tenants.errors import Refused

pages = Blueprint("trade_words", __name__)

WORDS: dict[str, dict[str, Any]] = {
    "temperature": {"cold": _l("Cold"), "warm": _l("Warm"), "hot": _l("Hot")},
    "lead_type": {"consumer": _l("Consumer"), "targeted": _l("Targeted")},
    "lead_state": {"draft": _l("Draft"), "offered": _l("On offer"), "paused": _l("Paused"), "sold_out": _l("Sold out"),
                   "expired": _l("Expired"), "withdrawn": _l("Withdrawn"), "erased": _l("Erased")},
    "batch": {"received": _l("Received"), "mapped": _l("Mapped"), "checking": _l("Checking"), "checked": _l("Checked"),
              "staging": _l("Being prepared"), "staged": _l("Prepared"), "publishing": _l("Publishing"),
              "published": _l("Published"), "paused": _l("Paused"), "undone": _l("Undone"),
              "failed": _l("Failed"), "cancelled": _l("Cancelled")},
    "recheck": {"checking": _l("Checking"), "checked": _l("Checked"), "applying": _l("Being applied"),
                "applied": _l("Applied"), "failed": _l("Failed"), "cancelled": _l("Cancelled")},
    "list_upload": {"reading": _l("Being read"), "done": _l("Read"), "refused": _l("Refused"), "stopped": _l("Stopped"),
                    "failed": _l("Failed")},
    "verdict": {"ready": _l("Still ready"), "warned": _l("With a warning"), "waiting": _l("To be looked at"),
                "rejected": _l("Rejected"), "duplicate": _l("Duplicate"), "suppressed": _l("Suppressed"),
                "expired": _l("Expired")},
    "recheck_outcome": {"withdrawn": _l("Withdrawn"), "expired": _l("Expired"), "sold": _l("Sold meanwhile, left alone"),
                        "passed": _l("Passes now, left alone"), "gone": _l("Taken back or deleted meanwhile"),
                        "changed": _l("Flags or score brought up to date")},
    "withdraw": {"mistake": _l("A mistake"), "quality": _l("Poor quality"), "consent": _l("The person withdrew consent"),
                 "other": _l("Another reason")},
    "terms": {"ppl": _l("Per lead"), "ppa": _l("Per action")},
    "mode": {"shared": _l("Shared"), "exclusive": _l("Exclusive"), "reserved": _l("Reserved")},
    "trade": {"active": _l("Bought"), "returned": _l("Returned"), "held": _l("Open"),
              "part_captured": _l("Partly billed"), "closed": _l("Closed")},
    "sold": {"active": _l("Sold"), "returned": _l("Returned"), "held": _l("Open"),
             "part_captured": _l("Partly earned"), "closed": _l("Closed")},
    "outcome": {"none": _l("Nothing yet"), "contacted": _l("Contacted"), "call": _l("Call"),
                "consultation": _l("Consultation"), "qualified": _l("Qualified"), "purchase": _l("Purchase"),
                "rejected": _l("Rejected")},
    "reject": {"not_reached": _l("Not reached"), "not_interested": _l("Not interested"),
               "outside_criteria": _l("Outside our criteria"), "no_money": _l("No money"),
               "bought_elsewhere": _l("Bought elsewhere"), "other": _l("Other")},
    "return_reason": {"wrong_number": _l("Wrong number"), "wrong_person": _l("Wrong person"),
                      "duplicate": _l("Duplicate of ours"), "outside_criteria": _l("Outside the criteria"),
                      "no_consent": _l("No consent"), "spam": _l("Spam")},
    "claim": {"open": _l("Waiting"), "accepted": _l("Accepted"), "refused": _l("Refused"),
              "appealed": _l("Appealed"), "decided": _l("Decided")},
    "action": {"pending": _l("Waiting"), "confirmed": _l("Confirmed"), "withdrawn": _l("Withdrawn"),
               "disputed": _l("Disputed"), "decided": _l("Decided")},
    "delivery": {"pending": _l("Waiting"), "sending": _l("Sending"), "delivered": _l("Delivered"),
                 "refused": _l("Refused"), "dead": _l("Given up")},
    "attempt": {"success": _l("Delivered"), "failure": _l("Refused"), "error": _l("Failed"), "skip": _l("Skipped")},
    "destination": {"webhook": _l("Webhook"), "email": _l("E-mail"), "download": _l("Download")},
    "answer": {"sold": _l("Bought"), "gone": _l("Gone"), "price_changed": _l("Price has risen"),
               "already_yours": _l("Already yours"), "not_allowed": _l("Not offered"),
               "duplicate_person": _l("Same person"), "already_customer": _l("Your customer")},
    "answer_text": {
        "sold": _l("Yours now."), "gone": _l("This lead is no longer available."),
        "price_changed": _l("The price has risen. Look at the new price and decide again."),
        "already_yours": _l("You have bought this lead before. You were not charged."),
        "not_allowed": _l("The agency does not offer this lead on these terms."),
        "duplicate_person": _l("You bought this person in this vertical within 90 days. You were not charged."),
        "already_customer": _l("This person is on your own list of customers. You were not charged.")},
    "basis": {"consent": _l("Consent"), "requested_contact": _l("Asked to be contacted"),
              "legitimate_interest": _l("Legitimate interest")},
    "vat": {"domestic": _l("domestic"), "reverse_charge": _l("reverse charge"), "export": _l("export")},
    "bant": {"c": _l("confirmed"), "d": _l("denied"), "u": _l("unknown")},
    "event": {"sale.created": _l("Lead bought"), "sale.returned": _l("Return accepted"),
              "return.claimed": _l("Return claimed"), "return.refused": _l("Return refused"),
              "action.reported": _l("Action reported"), "action.captured": _l("Action billed"),
              "action.withdrawn": _l("Action withdrawn"), "action.disputed": _l("Action disputed"),
              "action.decided": _l("Dispute decided"), "lead.reserved": _l("Leads reserved"),
              "lead.declined": _l("Reserved lead declined"), "lead.consent_withdrawn": _l("Consent withdrawn"),
              "lead.score_reached": _l("Score reached"), "ping": _l("Test")},
}  # fmt: skip
"""Kind of code → code → word."""

KINDS = {
    "lead_state": {"draft": "quiet", "offered": "ok", "paused": "warn", "sold_out": "info", "expired": "quiet",
                   "withdrawn": "bad", "erased": "quiet"},
    "batch": {"received": "warn", "mapped": "warn", "checking": "info", "checked": "warn", "staging": "info",
              "staged": "warn", "publishing": "info", "published": "ok", "paused": "warn", "undone": "quiet", "failed": "bad", "cancelled": "quiet"},
    "recheck": {"checking": "info", "checked": "warn", "applying": "info", "applied": "ok", "failed": "bad"},
    "list_upload": {"reading": "info", "done": "ok", "refused": "bad", "stopped": "quiet", "failed": "bad"},
    "verdict": {"ready": "ok", "warned": "info", "waiting": "warn", "rejected": "bad", "duplicate": "warn",
                "suppressed": "bad", "expired": "quiet"},
    "trade": {"active": "quiet", "returned": "bad", "held": "info", "part_captured": "info", "closed": "quiet"},
    "outcome": {"none": "quiet", "rejected": "bad", "purchase": "ok", "qualified": "info", "contacted": "info",
                "call": "info", "consultation": "info"},
    "claim": {"open": "warn", "accepted": "ok", "refused": "bad", "appealed": "warn", "decided": "quiet"},
    "action": {"pending": "warn", "confirmed": "ok", "withdrawn": "quiet", "disputed": "bad", "decided": "quiet"},
    "delivery": {"pending": "warn", "sending": "info", "delivered": "ok", "refused": "bad", "dead": "bad"},
    "attempt": {"success": "ok", "failure": "bad", "error": "warn", "skip": "quiet"},
    "answer": {"sold": "ok", "gone": "quiet", "price_changed": "warn", "already_yours": "quiet",
               "not_allowed": "bad", "duplicate_person": "quiet", "already_customer": "quiet"},
    "temperature": {"cold": "quiet", "warm": "info", "hot": "warn"},
}  # fmt: skip
"""Kind of code → code → how its status looks."""
KINDS["sold"] = KINDS["trade"]


def language() -> str:
    """The reader's language for data that carries its own labels."""
    return str(get_locale() or "en")


@pages.app_template_filter()
def word(code: str, kind: str) -> str:
    """A code in words."""
    return str(WORDS[kind].get(code, code))


@pages.app_template_filter()
def look(code: str, kind: str) -> str:
    """How the status of a code looks: ok, warn, bad, info or quiet."""
    return KINDS[kind].get(code, "quiet")


@pages.app_template_global()
def words(kind: str, *codes: str) -> list[tuple[str, str]]:
    """(code, word) of a kind for a filter or a form; all of them, or the named ones."""
    return [(code, str(WORDS[kind].get(code, code))) for code in codes or WORDS[kind]]


@pages.app_template_filter()
def vertical_name(code: str) -> str:
    """A vertical in words."""
    try:
        return verticals.get(code).name(language())
    except Refused:
        return code


@pages.app_template_filter()
def region_name(code: str) -> str:
    """A region in words; its code where we ship no names."""
    found = regions.of_country(code[:2]).get(code)
    return found.name(language()) if found else code


@pages.app_template_filter()
def place_name(lead: Any) -> str:
    """Region and country of a lead."""
    known = lead.region and lead.region in regions.of_country(lead.country)
    return f"{region_name(lead.region)}, {lead.country}" if known else territory(lead.country)


@pages.app_template_filter()
def territory(code: str) -> str:
    """A country in words."""
    return str(Locale.parse(language()).territories.get(code, code))


@pages.app_template_filter()
def tongue(code: str) -> str:
    """A language in words."""
    name = Locale.parse(language()).languages.get(code, code)
    return f"{name[:1].upper()}{name[1:]}"


@pages.app_template_filter()
def channel_name(code: str) -> str:
    """A channel in words."""
    return CHANNELS[code].label(language()) if code in CHANNELS else code


@pages.app_template_filter()
def yes_no(value: bool) -> str:
    """A boolean in words."""
    return str(pgettext("an answer", "Yes") if value else pgettext("an answer", "No"))


@pages.app_template_filter()
def link_to(label: str, href: str) -> Markup:
    """A link in a place that takes a value."""
    return Markup('<a href="{}">{}</a>').format(href, label)


@pages.app_template_filter()
def action_prices(sale: Any) -> list[tuple[str, Markup]]:
    """(action, price) of what was agreed when it was sold."""
    return [
        (word(kind, "outcome"), formats.money(minor, sale.currency)) for kind, minor in sale.prices.items()
    ]


@pages.app_template_filter()
def iso_moment(written: str) -> Markup:
    """A stored ISO time as the page writes times."""
    return formats.moment(datetime.fromisoformat(written))


@pages.app_template_filter()
def seconds_left(until: datetime) -> float:
    """How long until then; negative once it has passed."""
    return (until - clock.now()).total_seconds()


def vertical_options() -> list[tuple[str, str]]:
    """(code, name) of every vertical, by name."""
    return sorted(((v.code, v.name(language())) for v in verticals.current()), key=lambda pair: pair[1])
