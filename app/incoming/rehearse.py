"""The test box of a mail connection: rules tried on a sample, to see what each finds and what lead would come out.

Invariant: nothing is stored, whatever becomes of the sample.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.incoming.become import Became, become
from app.incoming.connections import Connection
from app.incoming.contents import contents, guessed, laid_out, rows
from app.incoming.mail.mail import Mail
from app.incoming.paths import Paths, values
from tenants.actor import Actor
from tenants.db import rehearsal


@dataclass(frozen=True, slots=True)
class Trial:
    """What a sample shows: its places, what the rules found, each lead's values, what would become of it."""

    places: Mapping[str, str]
    found: Mapping[str, str]
    leads: tuple[Mapping[str, object], ...]
    became: Became | None
    lines: tuple[str, ...]


def rehearse(
    session: Session, actor: Actor, found: Connection, mail: Mail, rules: Paths, received_at: datetime
) -> Trial:
    """Try rules on a sample without storing anything."""
    tried = replace(found, mapped=rules)
    laid = laid_out(tried, mail)
    flat = contents(tried, mail)
    if rules.is_empty:
        return Trial(laid.places, {}, (), None, laid.lines)
    has_consent = found.facts.consent_text_id is not None
    with rehearsal(session):
        became = become(session, actor, tried, mail, received_at)
    ruled = {place: flat.get(place, "") for place in rules.paths}
    flats = rows(tried, mail).documents if became.rows else (flat,)
    leads = tuple(values(found.kind, rules, one, received_at, has_consent=has_consent) for one in flats)
    return Trial(laid.places, ruled, leads, became, laid.lines)


def suggestion(found: Connection, mail: Mail) -> dict[str, str]:
    """Rules for mails like this one, as far as we are sure."""
    return guessed(found, mail)
