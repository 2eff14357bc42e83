"""What can be wrong with one value or one row: a closed list of codes, each with one sentence.

Invariant: a problem carries a code and its parameters, never a finished text, so that the edge says it in the
reader's language by translating `SENTENCES[code]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.leads.flag_words import FLAGS


def N_(sentence: str) -> str:  # noqa: N802 (the name under which message extractors look for sentences)
    """Marks a sentence for translation; the edge translates it when it knows the reader."""
    return sentence


SENTENCES: Mapping[str, str] = {
    **FLAGS,
    "missing": N_("A value is needed here."),
    "wrong_type": N_("This value must be a text, a whole number or yes/no."),
    "not_an_object": N_("This must be an object of names and values."),
    "unstorable_text": N_("A text here holds NUL or half a character, which cannot be stored."),
    "too_long": N_("The text is longer than %(limit)s characters."),
    "not_a_number": N_("This is not a whole number."),
    "out_of_range": N_("The number must lie between %(low)s and %(high)s."),
    "not_money": N_("This is not an amount of money."),
    "currency_mismatch": N_("The amount is in %(given)s, but this upload is in %(expected)s."),
    "not_a_choice": N_("This is none of the allowed values: %(allowed)s."),
    "not_boolean": N_("This is neither yes nor no."),
    "not_a_date": N_("This is not a date. Write it as 2026-11-21 or 21.11.2026."),
    "not_a_time": N_("This is not a time. Write it as 2026-11-21 14:03 or 21.11.2026 14:03."),
    "month_is_first": N_("This date has the month first, but dates are read with the day first here."),
    "day_is_first": N_("This date has the day first, but dates are read with the month first here."),
    "year_too_short": N_("Write the year of this date with four digits."),
    "in_future": N_("This time lies in the future."),
    "date_out_of_range": N_("The date must lie between %(low)s and %(high)s."),
    "not_url": N_("This is not a web address."),
    "unknown_country": N_("This country is not known. Write its name or its two-letter code."),
    "unknown_region": N_("This region is not known in the lead's country."),
    "bad_postcode": N_("This is not a postcode of the lead's country."),
    "unknown_language": N_("This language is not known. Write its name or its two-letter code."),
    "bad_phone": N_("This is not a valid phone number for the lead's country."),
    "damaged_phone": N_(
        "A spreadsheet has rounded this phone number. Format the column as text and export again."
    ),
    "bad_email": N_("This is not a valid e-mail address."),
    "no_channel": N_("A lead needs at least one valid phone number or e-mail address."),
    "too_many_contacts": N_("A lead can have at most %(limit)s contacts."),
    "no_consent_time": N_("The time of the consent is missing."),
    "bad_ip": N_("This is not an IP address."),
    "bad_trustedform": N_("This is not the address of a TrustedForm certificate."),
    "bad_jornaya": N_("This is not a Jornaya LeadiD."),
    "no_addressee": N_("A targeted lead needs the company it is meant for."),
    "expired": N_("The enquiry is older than %(days)s days."),
    "unknown_temperature": N_("The temperature must be cold, warm or hot."),
    "unknown_answer": N_("The answer must be confirmed, denied or unknown."),
    "unknown_field": N_("There is no such field in this vertical."),
    "left_out": N_("You decided to leave out rows with this value."),
    "short_row": N_("The row has %(found)s cells, but the file has %(expected)s columns."),
    "long_row": N_("The row has %(found)s cells, but the file has %(expected)s columns."),
    "cell_too_long": N_("A cell holds more than %(limit)s characters."),
    "record_too_long": N_("The row is longer than %(limit)s characters."),
    "stray_quote": N_("A quotation mark stands where it cannot: double it inside a quoted cell."),
    "unterminated_quote": N_("A quotation mark opens here and is never closed."),
    "undecodable_bytes": N_("Some characters cannot be read in the file's encoding."),
}

LEFT_OUT: Mapping[str, str] = {
    "bad_phone": "channel_left_out", "damaged_phone": "channel_left_out", "bad_email": "channel_left_out",
    "bad_trustedform": "certificate_bad", "bad_jornaya": "certificate_bad", "bad_ip": "", "unknown_country": "",
    "unknown_region": "", "bad_postcode": "", "unknown_language": "", "unknown_temperature": "", "too_long": "",
}  # fmt: skip
"""What can be left out of a lead that is good without it: a stored lead is flagged with the very code; code → the flag
that sums several of them up, where there is one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one value: which target it was for, why, and the value as the agency wrote it."""

    target: str | None
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    value: str | None = None

    @property
    def message(self) -> str:
        """The sentence in English; the edge translates `SENTENCES[code]` and fills `params` itself."""
        return SENTENCES[self.code] % self.params


class Unreadable(Exception):
    """A value cannot be read. Raised inside app.leads only; readers turn it into a `Problem`."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def problem(self, target: str | None, value: object) -> Problem:
        """The same answer as a fact about one target; a long value is shown by its beginning."""
        return Problem(target, self.code, self.params, shown(value))


def shown(value: object) -> str:
    """A value as a reject file shows it: at most 120 characters."""
    text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"
