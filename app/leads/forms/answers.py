"""What a person answered, held against the rules of the vertical and of contacts, field by field. Pure.

Invariant: an answer that is fine here is read the same way at intake; a problem names the question it is about.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from app.leads import countries, emails, mail_kinds, phones, regions
from app.leads.contacts import RawContact, read_contacts
from app.leads.fields import LONGEST_TEXT, Setting
from app.leads.forms.questions import NAMES, questions
from app.leads.forms.spec import FormSpec
from app.leads.problems import SENTENCES, Problem, Unreadable
from app.leads.verticals import Attributes
from tenants.language import N_

AGREED = "agreed"
"""The name of the tick under the consent text."""
LINK, DISPOSABLE, NOT_AGREED = "link_in_name", "disposable_email", "not_agreed"

SAID: Mapping[str, str] = {
    **SENTENCES,
    "missing": N_("Please answer this."),
    "bad_phone": N_("Please check the phone number."),
    "damaged_phone": N_("Please check the phone number."),
    "bad_email": N_("Please check the e-mail address."),
    "bad_postcode": N_("Please check the postcode."),
    "unknown_region": N_("Please choose a region."),
    "not_a_choice": N_("Please choose one of the answers."),
    "not_boolean": N_("Please choose one of the answers."),
    "not_a_number": N_("Please write a whole number."),
    "not_money": N_("Please write an amount, for example 1500."),
    "not_a_date": N_("Please write a date, for example 21.11.1990."),
    "in_future": N_("This date lies in the future."),
    "no_channel": N_("Please leave a phone number or an e-mail address."),
    LINK: N_("A name holds no web address."),
    DISPOSABLE: N_("Please give an e-mail address that you keep."),
    NOT_AGREED: N_("Please tick this if you agree; without it we may not take your request."),
}
"""The sentences of problems as the person reads them who fills in a form."""

_LINK = re.compile(r"https?:|www\.|://|\[url|<a\b|\b[\w-]+\.(?:com|net|org|info|biz|top|xyz|site|online|shop|ru|ua|pl)\b", re.IGNORECASE)  # fmt: skip


def problems(
    spec: FormSpec, names: Iterable[str], values: Mapping[str, str], zone: str, at: datetime
) -> dict[str, Problem]:
    """What is wrong with the answers to these questions, by question."""
    asked = questions(spec.kind)
    named = [name for name in names if name in asked]
    found = {
        name: Problem(name, "missing") for name in named if not values.get(name) and spec.is_required(name)
    }
    given = {name: values[name] for name in named if values.get(name)}
    found |= _of_vertical(spec, given, at.astimezone(ZoneInfo(zone)))
    for name, text in given.items():
        if not asked[name].is_own:
            problem = _of_person(name, text, spec.country)
            if problem:
                found[name] = problem
    return found


def _of_vertical(spec: FormSpec, given: Mapping[str, str], today: datetime) -> dict[str, Problem]:
    own = {name: text for name, text in given.items() if questions(spec.kind)[name].is_own}
    setting = Setting(spec.country, countries.currency_of(spec.country) or "EUR", today.date())
    read = spec.kind.read(own, setting)
    if isinstance(read, Attributes):
        return {}
    return {one.target: one for one in read if one.target in own}


def _of_person(name: str, text: str, country: str) -> Problem | None:
    if len(text) > LONGEST_TEXT:
        return Problem(name, "too_long", {"limit": LONGEST_TEXT})
    if name in ("region", "postcode"):
        reader = regions.find if name == "region" else regions.postcode
        try:
            reader(text, country)
        except Unreadable as unread:
            return unread.problem(name, text)
        return None
    if name in NAMES and _LINK.search(text):
        return Problem(name, LINK)
    return _of_channel(name, text, country)


def _of_channel(name: str, text: str, country: str) -> Problem | None:
    raw = RawContact(1)
    if name in NAMES:
        raw.cells[name] = text
    else:
        split = {"phone": phones.split, "email": emails.split}.get(name, lambda one: [one])
        raw.channels[name] = split(text) or [text]
    read = read_contacts([raw], country)
    if read.problems:
        one = read.problems[0]
        return Problem(name, one.code, one.params, one.value)
    if any(mail_kinds.DISPOSABLE in mail_kinds.flags_of_email(address) for address in read.emails):
        return Problem(name, DISPOSABLE)
    return None
