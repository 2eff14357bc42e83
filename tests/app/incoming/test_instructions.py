"""Posting instructions: they ask what intake asks, their examples run, their secret link opens and closes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.incoming import instruction_links as links
from app.incoming.instructions import written
from app.leads import verticals
from app.leads.intake import Result, take
from app.leads.intake_facts import IntakeFacts
from app.leads.sent_lead import laid_out
from app.market.prices import Price, set_price
from tenants import clock
from tenants.api_keys import create_by_operator
from tenants.db import rehearsal, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tests.app.leads.uploads import Desk
from tests.app.pages.visitor import Visitor
from tests.under_fire.ground import Ground, rows
from tests.world import World, make_member, make_party


@pytest.mark.parametrize("code", [one.code for one in verticals.current()])
@pytest.mark.parametrize("country", ["UA", "PL", "GB"])
def test_the_example_of_every_vertical_is_accepted(world: World, code: str, country: str) -> None:
    """Python's example is the body: run here, it must be what intake takes."""
    desk = Desk(world.acme)
    facts = IntakeFacts(code, "consumer", desk.source_id, country, "consent", desk.consent_text_id)
    said = written(facts, "https://floe.test", "en")
    names: dict[str, object] = {}
    exec(said.python.split("request = ")[0], names)  # noqa: S102 (our own example)
    body = names["lead"]
    assert isinstance(body, dict)
    shared = ("vertical", "type", "source_id", "country", "legal_basis", "consent_text_id", "test")
    lead = laid_out({key: value for key, value in body.items() if key not in shared})
    with transaction(world.acme.id) as session, rehearsal(session):
        (taken,) = take(session, world.acme.card, [lead], facts)
    assert taken.result is Result.ACCEPTED, taken.problems


def test_what_a_vertical_demands_is_marked_and_choices_are_listed(world: World) -> None:
    said = written(Desk(world.acme).facts, "https://floe.test", "uk")
    fields = {one.name: one for one in said.fields}
    assert fields["answers.property_type"].is_required
    assert "detached" in fields["answers.property_type"].allowed
    assert fields["enquired_at"].is_required
    assert "contacts[].phones[]" in fields
    assert not fields["bant.need"].is_required
    assert all(sentence and "%(" not in sentence for _code, sentence in said.codes)


def test_a_link_opens_until_it_is_revoked(world: World) -> None:
    desk = Desk(world.acme)
    with transaction(world.acme.id) as session:
        token = links.make(session, world.acme.owner, desk.facts)
    found = links.opened(token)
    assert (found.agency, found.facts) == ("Acme Leads", desk.facts)
    for wrong in ("", token[:-1], token + "x", "\ud800"):
        with pytest.raises(NotFound):
            links.opened(wrong)
    with transaction(world.acme.id) as session:
        (link,) = links.listed(session, world.acme.id, desk.source_id)
        links.revoke(session, world.acme.owner, desk.source_id, link.id)
        with pytest.raises(NotFound):
            links.revoke(session, world.acme.owner, desk.source_id, link.id)
    with pytest.raises(NotFound):
        links.opened(token)


def test_a_link_is_made_by_who_may_for_facts_that_hold(world: World) -> None:
    desk = Desk(world.acme)
    with transaction(world.acme.id) as session:
        with pytest.raises(Forbidden):
            links.make(session, make_member(world.acme.card, "viewer"), desk.facts)
        with pytest.raises(Invalid):
            links.make(
                session,
                world.acme.owner,
                IntakeFacts("home_solar", "consumer", world.acme.id, "UA", "consent"),
            )


def test_the_pages_show_and_share_them(world: World, visitor: Visitor, stranger: Visitor) -> None:
    desk = Desk(world.acme)
    path = f"/sources/{desk.source_id}/instructions"
    visitor.log_in(world.acme.owner.email, onward=path)
    assert "contacts[].phones[]" in visitor.page
    visitor.open(f"{path}?vertical=home_solar")
    assert "answers.property_type" in visitor.page
    form = {"vertical": "home_solar", "lead_type": "consumer", "country": "UA", "legal_basis": "consent"}
    visitor.submit(path, **form, consent_text_id="")
    assert visitor.status == 422
    page = visitor.submit(path, **form, consent_text_id=str(desk.consent_text_id))
    address = page.split('data-copy="')[1].split('"')[0]
    assert "/instructions/" in address
    place = address[address.index("/instructions/") :]
    shown = stranger.open(place)
    assert (stranger.status, "How to send leads to Acme Leads" in stranger.words) == (200, True)
    assert stranger.answer is not None
    assert stranger.answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "floe_live_" not in shown
    assert "answers.property_type" in shown
    text = stranger.open(f"{place}/leads.md")
    assert text.startswith("# How to send leads to Acme Leads")
    assert "| `answers.property_type` | choice | required |" in text
    assert visitor.open(f"{path}.md?vertical=insurance").startswith("# ")
    visitor.open(f"{path}?vertical=unknown")
    assert visitor.status == 404
    visitor.open(path)
    with transaction(world.acme.id) as session:
        (link,) = links.listed(session, world.acme.id, desk.source_id)
    visitor.submit(f"{path}/{link.id}/revoke")
    stranger.open(place)
    assert stranger.status == 404


@pytest.mark.committed
@pytest.mark.fire
def test_the_examples_run_against_a_server(site: Ground, tmp_path: Path) -> None:
    agency = make_party("agency", "Acme Leads", "UA")
    desk = Desk(agency)
    with transaction(agency.id) as session:
        price = Price(shared_minor=2000)
        set_price(session, agency.owner, desk.source_id, "home_solar", price, clock.now())
    site.start_web()
    key = create_by_operator(agency.card.slug, ["leads:write"])
    environment = {**os.environ, "FLOE_KEY": key, "no_proxy": "*"}
    said = written(desk.facts, site.address, "en")
    program, script = tmp_path / "lead.py", tmp_path / "lead.sh"
    program.write_text(said.python)
    script.write_text(said.curl)

    def told(*command: str) -> str:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    assert told(sys.executable, str(program)).split() == ["200", "offered"]
    assert '"state":"offered"' in told("sh", str(script)).replace(" ", "")
    assert rows("SELECT id FROM lead") == []
    program.write_text(said.python.replace('"test": True', '"test": False'))
    assert told(sys.executable, str(program)).split() == ["201", "offered"]
    environment["FLOE_KEY"] = "floe_live_wrong"
    assert told(sys.executable, str(program)).split() == ["401", "not_logged_in"]
    assert len(rows("SELECT id FROM lead")) == 1
