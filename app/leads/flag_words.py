"""What may be noticed about a lead: a closed list of flags, each with one sentence. A flag holds nothing personal.

Invariant: a flag alone never refuses a lead; the vertical says which of them do (`[screening]` in its file).
"""

from collections.abc import Mapping


def N_(sentence: str) -> str:  # noqa: N802 (the name under which message extractors look for sentences)
    """Marks a sentence for translation; the edge translates it when it knows the reader."""
    return sentence


FLAGS: Mapping[str, str] = {
    "phone_mobile": N_("A phone number is a mobile one."),
    "phone_fixed": N_("A phone number is a fixed line."),
    "phone_fixed_or_mobile": N_("A phone number is a fixed line or a mobile one: its country does not tell."),
    "phone_voip": N_("A phone number belongs to an internet telephony service."),
    "phone_premium": N_("A phone number costs its caller extra."),
    "phone_toll_free": N_("A phone number is free of charge for its caller: a firm's, not a person's."),
    "phone_shared_cost": N_("A phone number shares its cost with the caller: a firm's, not a person's."),
    "phone_service": N_("A phone number is neither mobile nor a fixed line."),
    "phone_foreign": N_("A phone number is of another country than the lead."),
    "phone_other_region": N_("A fixed line is in another region than the lead."),
    "email_free": N_("An e-mail address is of a free mail host."),
    "email_corporate": N_("An e-mail address is of an organisation's own domain."),
    "email_disposable": N_("An e-mail address is of a host whose boxes are thrown away."),
    "email_role": N_("An e-mail address belongs to a desk, not to a person."),
    "email_typo": N_("An e-mail address looks like a misspelt one of a large host."),
    "name_digits": N_("The name has digits."),
    "name_short": N_("The name is a single letter."),
    "name_repeated": N_("The name is one letter over and over."),
    "name_test": N_("The name is a word for trying a form out."),
    "birth_minor": N_("By the date of birth the person is under 18."),
    "birth_implausible": N_("By the date of birth the person is over 110 years old or not yet three."),
    "postcode_other_region": N_("The postcode lies in another region than the lead."),
    "ip_other_country": N_("The enquiry was sent from another country than the lead's."),
    "ip_private": N_("The IP address given is not one of the public internet."),
    "channel_left_out": N_("A further phone number or e-mail address could not be read and was left out."),
    "known_elsewhere": N_("This person is known on the platform already."),
    "certificate_bad": N_("A consent certificate could not be read and was left out."),
    "certificate_old": N_("The TrustedForm certificate is older than 90 days and proves nothing any more."),
}
"""Flag → what it says, in English."""
NEUTRAL = frozenset({"phone_mobile", "phone_fixed", "phone_fixed_or_mobile", "email_free", "email_corporate"})
"""Flags that say what something is and warn of nothing."""
