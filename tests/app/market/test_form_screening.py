"""What screening says of a form's lead: it rests or is left out, the person is thanked all the same, and nothing is lost."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.leads import quarantine, suppression
from app.leads.forms import origin
from app.leads.resting import RESTS_FOR
from app.market.form_leads import Thanked
from app.market.release import release
from tenants import clock
from tenants.db import transaction
from tests.app.leads.forms.desk import OLENA, PHONE, Person, counts, leads, live, make_form, submissions
from tests.world import Party, World

CAME = {"utm_source": "google", "gclid": "EAIa", "landing": "https://acme.example/solar"}
TEST = {**OLENA, "name": "Test"}


def resting(agency: Party) -> list[Any]:
    with transaction(agency.id) as session:
        return list(session.execute(text("SELECT * FROM quarantined_lead ORDER BY id")).all())


def test_a_lead_to_be_looked_at_rests_as_the_forms_own_and_the_person_is_thanked(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    thanked, as_always = (
        Person(form, CAME).fills(TEST),
        Person(form).fills({**OLENA, "phone": "050 765 43 21"}),
    )
    assert isinstance(thanked, Thanked)
    assert thanked == as_always
    [waits] = resting(world.acme)
    assert (waits.origin, waits.origin_id, waits.reasons) == ("form", form.id, ["name_test"])
    [one, _] = sorted(submissions(), key=lambda row: row.state)
    assert (one.state, one.quarantined_id, one.lead_id) == ("quarantined", waits.id, None)
    assert b"EAIa" not in bytes(waits.came_sealed)
    assert (counts(world.acme)["quarantined"], counts(world.acme)["lead"]) == (1, 1)


def test_a_released_lead_knows_whence_it_came(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    Person(form, CAME).fills(TEST)
    [waits] = resting(world.acme)
    with transaction(world.acme.id) as session:
        taken = release(
            session, world.acme.owner, waits.id, clock.now(), accepting=["name_test"], is_draft=True
        )
        assert taken.lead_id is not None
        came = origin.of_lead(session, world.acme.id, taken.lead_id)
    assert came is not None
    assert (came.form_id, came.version, came.campaign) == (form.id, 1, {"utm_source": "google"})
    assert (came.traces["gclid"], came.traces["ip"]) == ("EAIa", PHONE.ip)
    assert came.traces["landing"] == "https://acme.example/solar"
    [lead] = leads(world.acme)
    assert came.traces["consent_at"] == came.traces["sent_at"] == lead.consent_at.isoformat()
    [settled] = resting(world.acme)
    assert (settled.state, settled.came_sealed) == ("released", None)
    [one] = submissions()
    assert (one.state, one.lead_id) == ("stored", taken.lead_id)
    assert counts(world.acme)["lead"] == 1


def test_what_rests_too_long_takes_its_origin_with_it(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    Person(form, CAME).fills(TEST)
    quarantine.expire(clock.now() + RESTS_FOR + timedelta(hours=1))
    [gone] = resting(world.acme)
    assert (gone.state, gone.sealed, gone.came_sealed) == ("expired", None, None)


def test_who_stands_on_a_list_is_thanked_like_everybody(world: World) -> None:
    form = live(world.acme, make_form(world.acme))
    as_always = Person(form).fills({**OLENA, "phone": "050 765 43 21", "email": ""})
    with transaction(world.acme.id) as session:
        made = suppression.create(session, world.acme.owner, "Do not call")
        suppression.add(session, world.acme.owner, made, ["+380671234567"])
    assert Person(form, CAME).fills() == as_always
    assert len(leads(world.acme)) == 1
    assert resting(world.acme) == []
    assert sorted(one.state for one in submissions()) == ["refused", "stored"]
    assert counts(world.acme)["suppressed"] == 1
