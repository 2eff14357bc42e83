"""What rules may know of a lead: the same when it is read and when it is stored."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from app.leads import intake, verticals
from app.leads.lead_reading import ReadLead
from app.leads.scoring.facts import Told, has_proof, known_of, told_from, told_json, told_of
from app.leads.scoring.subjects import CORPORATE, FREE
from tenants.db import transaction
from tests.app.leads.test_add_lead import OLENA
from tests.app.leads.test_flags import CERTIFICATE, LEADID, NOW, read
from tests.app.leads.uploads import Desk
from tests.world import World

SOLAR = verticals.get("home_solar")


def told(**changes: Any) -> Told:
    lead = read(changes)
    assert isinstance(lead, ReadLead)
    return told_of(lead, SOLAR)


@pytest.mark.parametrize(
    ("emails", "kind"),
    [
        (["o@gmail.com"], FREE),
        (["o@hotmail.de", "o@aol.co.uk"], FREE),
        (["o@firm.ua", "o@gmail.com"], CORPORATE),
        (["o@mailinator.com"], FREE),
    ],
)
def test_what_anybody_can_open_is_no_company(emails: list[str], kind: str) -> None:
    assert told(contacts=[{"emails": emails}]).mail == kind


OLD = (NOW - timedelta(days=90, seconds=1)).isoformat()


@pytest.mark.parametrize(
    ("given", "is_certified"),
    [
        ({}, False),
        ({"trustedform_url": CERTIFICATE}, True),
        ({"jornaya_id": LEADID}, True),
        ({"trustedform_url": "https://cert.example/1"}, False),
        ({"trustedform_url": CERTIFICATE, "consent_at": OLD}, False),
        ({"trustedform_url": CERTIFICATE, "jornaya_id": LEADID, "consent_at": OLD}, True),
    ],
)
def test_a_usable_certificate_proves_a_consent_beside_its_time(
    given: dict[str, Any], is_certified: bool
) -> None:
    found = told(**given)
    assert found.is_certified is is_certified
    assert told_from(orjson.loads(told_json(found))) == found
    assert has_proof(NOW, found, "") is is_certified
    assert has_proof(None, found, "") is False
    assert has_proof(NOW, found, "https://acme.example/form") is True


def test_a_lead_stored_before_certificates_were_known_has_none() -> None:
    assert told_from({"mail": None, "phone": True, "channels": 1, "completeness": 0, "has": []}).phone


def test_a_stored_certificate_proves_what_the_read_one_did(world: World) -> None:
    values = {**OLENA, "consent_origin": "", "trustedform_url": CERTIFICATE}
    with transaction(world.acme.id) as session:
        (taken,) = intake.take(session, world.acme.card, [values], Desk(world.acme).facts)
        row = session.execute(
            text("""SELECT country, region, language, 'blog' AS channel, source_id, sub_id, consent_at, NULL AS consent_text_id,
            consent_origin, facts, signals, bant FROM lead WHERE id = :id"""),
            {"id": taken.lead_id},
        ).one()
    assert row.consent_origin == ""
    assert known_of(row).place.is_proven
