"""When two leads are of one person: the rule a vertical's file states under `[duplicates]`. Pure.

Invariant: without a word in the file it is the rule of RULES: any phone or e-mail equal, enquired within 90 days of
each other, in the same agency's stock. An `external_id` is unique in its agency whatever the rule says.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

PHONE, EMAIL, NAME_POSTCODE = "phone", "email", "name_postcode"
FIELDS = (PHONE, EMAIL, NAME_POSTCODE)
AGENCY, VERTICAL, PLATFORM = "agency", "vertical", "platform"
"""How far is looked: the agency's own leads of the vertical; everybody's leads of the vertical; everybody's leads."""
REJECT, FLAG = "reject", "flag"


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """What is compared, within which time, how far, and what becomes of a lead that is met beyond its agency."""

    fields: tuple[str, ...] = (PHONE, EMAIL)
    window: timedelta = timedelta(days=90)
    needs_all: bool = False
    scope: str = AGENCY
    elsewhere: str = REJECT

    @property
    def is_usual(self) -> bool:
        """Whether any phone or e-mail decides."""
        return not self.needs_all and set(self.fields) == {PHONE, EMAIL}

    def is_met(self, equal: Collection[str]) -> bool:
        """Whether two leads that are equal in these fields are of one person."""
        return all(one in equal for one in self.fields) if self.needs_all else bool(equal)


USUAL = DuplicateRule()


def read_rule(entry: Mapping[str, Any]) -> DuplicateRule:
    """The rule of a vertical's file. Raises `ValueError` for what is no rule."""
    rule = DuplicateRule(
        fields=tuple(entry.get("fields", (PHONE, EMAIL))),
        window=timedelta(days=entry.get("days", 90)),
        needs_all={"any": False, "all": True}[entry.get("match", "any")],
        scope=entry.get("scope", AGENCY),
        elsewhere=entry.get("elsewhere", REJECT),
    )
    is_known = (
        set(entry) <= {"fields", "days", "match", "scope", "elsewhere"}
        and 0 < len(rule.fields) == len(set(rule.fields))
        and set(rule.fields) <= set(FIELDS)
        and rule.scope in (AGENCY, VERTICAL, PLATFORM)
        and rule.elsewhere in (REJECT, FLAG)
        and timedelta(days=1) <= rule.window <= timedelta(days=3650)
    )
    if not is_known:
        raise ValueError("duplicates: this is no rule for duplicates")
    return rule
