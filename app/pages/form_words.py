"""The words of hosted forms for their agency: states, steps of the way, reasons why something was not taken."""

from flask_babel import lazy_gettext as _l

from app.leads.forms import counting

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
