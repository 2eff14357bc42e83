"""From what stands in a received body to the values of a lead: which path goes where, what is always the same. Pure.

Invariant: a lead's own id, time and consent time are never invented while the body names them; what is not mapped is
left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.incoming.documents import GOOGLE_ADS, MAIL, META, Document
from app.leads.columns import suggest
from app.leads.targets import canonical, targets
from app.leads.verticals import Vertical
from tenants.errors import Invalid
from tenants.language import N_

OWN_KEY = "own.key"
"""Where a mail's own key stands among its places."""
OWN_ID = {GOOGLE_ADS: "lead_id", META: "id", MAIL: OWN_KEY}
OWN_TIME = {GOOGLE_ADS: "lead_submit_time", META: "created_time", MAIL: "header.date"}
MOST_CONSTANTS, LONGEST_CONSTANT = 30, 500


@dataclass(frozen=True, slots=True)
class Paths:
    """Path → target, and target → what it always is."""

    paths: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Nothing was mapped yet."""
        return not self.paths


def read_paths(
    vertical: Vertical, lead_type: str, paths: Mapping[str, str], constants: Mapping[str, str]
) -> Paths:
    """A mapping that can be used. Raises `Invalid` for an unknown target or one that is named twice."""
    known = {one.name for one in targets(vertical, lead_type)}
    used = [canonical(target) for target in (*paths.values(), *constants)]
    if unknown := set(used) - known:
        _refuse(N_("There is no field %(field)s."), min(unknown))
    if twice := {one for one in used if used.count(one) > 1}:
        _refuse(N_("The field %(field)s is filled twice."), min(twice))
    if len(constants) > MOST_CONSTANTS or any(len(one) > LONGEST_CONSTANT for one in constants.values()):
        _refuse(N_("There are too many fixed values, or one is too long."), "")
    return Paths(
        {path: canonical(target) for path, target in paths.items()},
        {canonical(target): value for target, value in constants.items()},
    )


def guess(vertical: Vertical, lead_type: str, country: str, document: Document) -> dict[str, str]:
    """Where each path should go, as far as we are sure: by its last word and by what its value looks like."""
    places = list(document)
    headings = [place.rpartition(".")[2].replace("_", " ") for place in places]
    found = suggest(headings, [[document[place] for place in places]], vertical, lead_type, country)
    return {places[one.column]: one.target for one in found if one.target}


def values(
    kind: str, mapped: Paths, document: Document, received_at: datetime, *, has_consent: bool
) -> dict[str, object]:
    """The lead's values by target, as `intake.take` reads them.

    Without a time of its own the lead is as old as its arrival. Where the connection names a consent text, the form it
    stands in was sent at the time of the enquiry, so that is when consent was given, unless the body says otherwise.
    """
    found: dict[str, object] = dict(mapped.constants)
    for path, target in mapped.paths.items():
        if document.get(path):
            found[target] = document[path]
    if own := document.get(OWN_ID.get(kind, "")):
        found.setdefault("external_id", f"{kind}:{own}")
    time = document.get(OWN_TIME.get(kind, ""))
    if not time or (kind == MAIL and datetime.fromisoformat(time) > received_at):
        time = received_at.isoformat()  # the clock of whoever wrote a mail may run ahead
    found.setdefault("enquired_at", time)
    if has_consent:
        found.setdefault("consent_at", found["enquired_at"])
    return found


def _refuse(sentence: str, name: str) -> None:
    raise Invalid(sentence, field=name)
