"""The words of hosted forms for their agency: states, steps of the way, reasons why something was not taken."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.leads.forms import counting
from app.leads.forms.origin import LeadOrigin
from app.pages.trade_words import iso_moment, link_to

STATES = {"draft": _l("Draft"), "published": _l("Published"), "paused": _l("Paused")}
LOOKS = {"draft": "quiet", "published": "ok", "paused": "warn"}
STEPS = {
    counting.VISIT: _l("Visits"),
    counting.START: _l("Begun"),
    counting.SUBMIT: _l("Sent"),
    counting.LEAD: _l("Leads"),
}
REFUSALS = {
    counting.TRAPPED: _l("A program filled the hidden field"),
    counting.REPLAYED: _l("The same page was sent again"),
    counting.TOO_FAST: _l("Sent faster than anybody types"),
    counting.TOO_OLD: _l("The page was too old or damaged"),
    counting.TOO_MANY: _l("Too many from one address"),
    "link_in_name": _l("A web address as a name"),
    "disposable_email": _l("A mailbox for minutes"),
}
"""Kind of count → why nothing was taken at that moment; people were asked to correct or to send again."""
TRACES = {
    "utm_source": _l("Campaign: source"),
    "utm_medium": _l("Campaign: medium"),
    "utm_campaign": _l("Campaign: name"),
    "utm_term": _l("Campaign: term"),
    "utm_content": _l("Campaign: content"),
    "sub": _l("Sub-ID of the link"),
    "gclid": _l("Click ID of Google"),
    "fbclid": _l("Click ID of Facebook"),
    "msclkid": _l("Click ID of Microsoft"),
    "ttclid": _l("Click ID of TikTok"),
    "referrer": _l("Came from"),
    "landing": _l("Page of the form"),
    "ip": _l("IP address"),
    "agent": _l("Browser"),
    "sent_at": _l("Form sent"),
    "consent_at": _l("Consent ticked"),
    "confirmed_at": _l("Confirmed by mail"),
}
"""What a form's lead carries → its name."""
_OF_THE_PERSON = ("ip", "agent")


def came_from(origin: LeadOrigin | None, *, has_people: bool) -> list[tuple[Any, Any]]:
    """Where a lead came from, as facts; what is the person's own only beside their contacts. Empty for no form's lead."""
    if origin is None:
        return []
    form = _("%(name)s, version %(number)s", name=origin.form_name, number=origin.version)
    facts: list[tuple[Any, Any]] = [(_("Form"), link_to(form, url_for("forms.show", form_id=origin.form_id)))]
    for name, value in {**origin.campaign, **origin.traces}.items():
        if has_people or name not in _OF_THE_PERSON:
            facts.append((TRACES[name], iso_moment(value) if name.endswith("_at") else value))
    return facts
