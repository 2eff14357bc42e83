"""The values a field allows, where they are a closed list, in a reader's language."""

from app.leads import regions
from app.leads.targets import canonical
from app.leads.verticals import Vertical
from tenants.language import N_, say

_YES, _NO = N_("yes"), N_("no")


def allowed_values(vertical: Vertical, target: str, language: str, country: str) -> list[tuple[str, str]]:
    """(value, label) pairs; empty for a field that is no closed list."""
    name = canonical(target)
    one = next((one for one in vertical.fields if one.name == name), None)
    kind = one.type if one else name
    if one is not None and one.choices:
        return [(c.value, c.labels.get(language, c.labels["en"])) for c in one.choices]
    if kind == "boolean":
        return [("yes", say(language, _YES)), ("no", say(language, _NO))]
    if kind == "region":
        known = regions.of_country(country)
        return sorted(((code, region.name(language)) for code, region in known.items()), key=lambda x: x[1])
    return []


def said(vertical: Vertical, language: str, allowed: str) -> str:
    """A field's allowed values, listed as a problem lists them, by the labels its reader knows; others as they are."""
    for one in vertical.fields:
        if one.choices and allowed == ", ".join(choice.value for choice in one.choices):
            return ", ".join(c.labels.get(language, c.labels["en"]) for c in one.choices)
    return allowed
