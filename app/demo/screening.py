"""What an agency has to look at, and whom nobody may be sold: leads in quarantine, suppression lists."""

from datetime import datetime, timedelta

from app.demo.cast import Cast
from app.demo.uploads import Streams
from app.leads import intake, suppression
from app.leads.intake_facts import IntakeFacts
from app.leads.resting import AWAITING_CONFIRMATION, Origin, rest
from app.market import rechecks
from app.market.suppress import suppress
from tenants.db import transaction

_SOLAR = {"property_type": "detached", "is_owner": "yes"}
_ODD = (
    ({"name": "Test Test", "phones": ["+380671110001"], "emails": ["test@yopmail.com"]}, "api"),
    ({"name": "Ірина Бойко", "phones": ["+380671110002"], "emails": ["iryna@mailinator.com"]}, "webhook"),
    ({"name": "qwerty", "phones": ["+380671110003"], "emails": ["q@ukr.net"]}, "form"),
)
_UNCONFIRMED = {"name": "Марко Лисенко", "phones": ["+380671110004"], "emails": ["marko.lysenko@ukr.net"]}
_LISTED = ("+380671119901", "+380671119902", "nobody@example.org", "@spam.example")
_NAMES = {"agency": "Do not call", "company": "Customers of 2026"}


def leave_in_quarantine(streams: Streams, moment: datetime) -> None:
    """Three leads that acme's vertical wants looked at, and one whose person has not confirmed yet."""
    stream = next(
        one for one in streams.all
        if one.player.part["slug"] == "acme" and one.part["vertical"] == "home_solar" and "addressee" not in one.part
    )  # fmt: skip
    desk, agency = stream.desk, stream.player.owner.card()
    facts = IntakeFacts("home_solar", "consumer", desk.source(0), "UA", "consent", desk.consent_text_id)
    times = dict.fromkeys(("enquired_at", "consent_at"), (moment - timedelta(hours=1)).isoformat())
    with transaction(agency.id) as session:
        for person, origin in _ODD:
            intake.take(
                session, agency, [{**_SOLAR, **times, "contacts": [person]}], facts, origin=Origin(origin)
            )
        unconfirmed = {**_SOLAR, **times, "contacts": [_UNCONFIRMED]}
        rest(session, agency.id, unconfirmed, facts, [AWAITING_CONFIRMATION], Origin("form"))


def keep_lists(cast: Cast) -> None:
    """One list for everybody, of people who are not in the demo."""
    for player in (cast.operator, *cast.players.values()):
        name = _NAMES.get(player.owner.card().kind, "The platform's own")
        with transaction(player.id) as session:
            suppress(session, player.owner, suppression.create(session, player.owner, name), _LISTED)


def look_through_stock(cast: Cast) -> None:
    """acme holds its unsold solar leads against the rules of today; nothing is applied."""
    agency = cast.players["acme"]
    with transaction(agency.id) as session:
        begun = rechecks.start(session, agency.owner, rechecks.Scope(vertical="home_solar"))
    rechecks.go_on(agency.id, begun)
