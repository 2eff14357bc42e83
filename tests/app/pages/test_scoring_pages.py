"""Scoring in the browser: rules changed in a draft, tried out and saved; alerts and the gateway; why, on every lead."""

import pytest
from flask import Flask

from app.leads.scoring import editing
from tenants.db import transaction
from tests.app.leads.scoring.desk import ScoringDesk
from tests.app.pages.trade import enter
from tests.app.pages.visitor import Visitor
from tests.world import World, make_member

PATH = "/scoring/home_solar"
RULE = {"what": "rule", "subject": "answer.roof_area", "op": "at_least", "values": ["50", ""], "group": "answers",
        "points": "9", "half_life_days": "30"}  # fmt: skip


@pytest.fixture
def agency(world: World, visitor: Visitor) -> Visitor:
    assert world.floe
    return enter(visitor, world.acme)


def test_rules_are_changed_tried_and_saved(world: World, agency: Visitor) -> None:
    lead = ScoringDesk(world.acme).send(roof_area=60)
    agency.open("/scoring")
    assert "Solar for homes" in agency.words
    agency.open(f"{PATH}/rule?subject=answer.roof_area")
    agency.submit(f"{PATH}/rule", **RULE)
    assert "Unsaved changes" in agency.words
    assert "Roof area, m²: at least 50" in agency.words
    agency.open(f"{PATH}?lead={lead}")
    assert "Under the saved rules" in agency.words
    assert "Score now" in agency.words
    agency.submit(f"{PATH}/group", group="answers", cap="50", floor="-10")
    agency.submit(f"{PATH}/remove", rule="battery")
    assert "Wants a battery" not in agency.page.split("Try it")[0]
    agency.submit(f"{PATH}/save")
    assert "Version 1" in agency.words
    assert agency.status == 200
    agency.open(f"/leads/{lead}")
    assert "Why this score?" in agency.words


def test_a_lead_made_up_is_scored_before_anything_is_saved(agency: Visitor) -> None:
    made = (
        "made=1&try-property_type=detached&try-is_owner=yes&try-roof_area=90&try-phone=1&try-mail=corporate"
    )
    agency.open(
        f"{PATH}?{made}&try-bant_need=c&try-age=14&try-event=qualified&try-consent=1&try-channel=webinar"
    )
    assert "Why this score" in agency.words
    assert "half of it fades in" in agency.words
    agency.open(f"{PATH}?made=1&try-property_type=detached")
    assert "Fill in the answers" in agency.words
    agency.open(f"{PATH}?made=1&try-property_type=castle&try-is_owner=yes")
    assert "cannot be read" in agency.words
    agency.open(f"{PATH}?{made}&try-age=soon&try-event=marriage&try-country=ZZ")
    assert agency.status == 200


@pytest.mark.parametrize(
    ("subject", "more"),
    [
        ("answer.property_type", {"op": "one_of", "values": ["flat", "detached"]}),
        ("answer.property_type", {"op": "one_of", "values": ["flat"]}),
        ("answer.is_owner", {"op": "is", "values": ["true"]}),
        ("answer.monthly_bill", {"op": "between", "values": ["1 000", "2000"], "currency": "UAH"}),
        ("answer.comment", {"op": "present"}),
        ("country", {"op": "one_of", "values": ["UA, PL"]}),
        ("bant.need", {"op": "one_of", "values": ["confirmed"]}),
        ("age", {"op": "at_most", "values": ["3"]}),
        ("activity.call", {"op": "present"}),
        ("channel", {"op": "one_of", "values": ["webinar"]}),
    ],
)
def test_every_kind_of_rule_has_its_form(agency: Visitor, subject: str, more: dict[str, object]) -> None:
    agency.open(f"{PATH}/rule?subject={subject}")
    assert "Put into the draft" in agency.words
    fields = {
        "what": "rule",
        "subject": subject,
        "group": "answers",
        "points": "5",
        "half_life_days": "",
        **more,
    }
    agency.submit(f"{PATH}/rule", **fields)
    assert "Changed in the draft" in agency.words


def test_a_rule_and_a_trait_are_opened_again_and_changed(world: World, agency: Visitor) -> None:
    agency.open(f"{PATH}/rule?rule=start_now")
    assert 'value="21"' in agency.page
    agency.submit(f"{PATH}/rule", **{**RULE, "rule": "roof"})
    agency.open(f"{PATH}/rule?rule=ideal_roof")
    trait = {"what": "trait", "rule": "ideal_roof", "subject": "answer.roof_area", "op": "at_least",
             "values": ["70"], "kind": "must", "weight": ""}  # fmt: skip
    agency.submit(f"{PATH}/rule", **trait)
    with transaction(world.acme.id) as session:
        draft = editing.draft_of(session, world.acme.id, "home_solar")
    assert draft is not None
    assert {one.key: one.points for one in draft.rules}["roof"] == 9
    assert {one.key: one.kind for one in draft.profile}["ideal_roof"] == "must"


@pytest.mark.parametrize(
    "wrong",
    [{"points": "many"}, {"points": ""}, {"values": ["wide", ""]}, {"values": ["9" * 30]}, {"subject": "answer.shoe"},
     {"op": "is_like"}, {"group": "luck"}, {"half_life_days": "-3"}, {"op": "between"}, {"what": "trait"}],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_says_so_and_changes_nothing(
    world: World, agency: Visitor, wrong: dict[str, object]
) -> None:
    agency.open(f"{PATH}/rule?subject=answer.roof_area")
    agency.submit(f"{PATH}/rule", **{**RULE, **wrong})
    assert agency.status == 422
    with transaction(world.acme.id) as session:
        assert editing.draft_of(session, world.acme.id, "home_solar") is None


def test_what_is_not_there_is_not_found(agency: Visitor) -> None:
    for path in (
        "/scoring/castles",
        f"{PATH}/rule?rule=nothing",
        f"{PATH}?lead=nothing",
        "/scoring/home_solar@9",
    ):
        agency.open(path)
        assert agency.status == 404, path
    agency.open(PATH)
    agency.submit(f"{PATH}/save")
    assert agency.status == 409
    agency.submit(f"{PATH}/group", group="answers", cap="lots", floor="0")
    assert agency.status == 422


def test_alerts_and_the_gateway(world: World, agency: Visitor) -> None:
    agency.open("/score-alerts")
    owner = str(world.acme.owner.id)
    agency.submit("/score-alerts", at_least="80", members=owner, phones="+380671112233")
    assert "Set up a gateway" in agency.words
    gateway = {
        "url": "https://sms.example.com/send",
        "format": "json",
        "body": '{"to": "{to}", "text": "{text}"}',
    }
    agency.submit("/score-alerts/gateway", **gateway, headers="Authorization: Bearer s3cret")
    assert "sms.example.com" in agency.words
    assert "s3cret" not in agency.page
    agency.submit("/score-alerts", at_least="80", members=owner, phones="+380671112233", has_webhook="1")
    assert "…2233" in agency.words
    assert "380671112233" not in agency.page
    threshold = agency.page.split("/score-alerts/")[1].split('"')[0]
    agency.submit(f"/score-alerts/{threshold}", do="off")
    assert "Switch on" in agency.words
    agency.submit(f"/score-alerts/{threshold}", do="delete")
    assert "Nobody is told yet" in agency.words
    agency.submit("/score-alerts/gateway/remove")
    assert "No gateway yet" in agency.words
    for wrong in ({"at_least": "0"}, {"at_least": "a lot"}, {"vertical": "castles", "has_webhook": "1"}):
        agency.submit("/score-alerts", **{"at_least": "80", **wrong})
        assert agency.status == 422
    agency.submit("/score-alerts/gateway", **{**gateway, "url": "https://10.0.0.1/"})
    assert agency.status == 422


def test_who_may_only_look_changes_nothing_and_a_company_has_alerts_alone(
    world: World, app: Flask, agency: Visitor
) -> None:
    viewer = Visitor(app.test_client())
    viewer.log_in(make_member(world.acme.card, "viewer").email)
    viewer.open(PATH)
    assert viewer.status == 200
    assert "Add a rule" not in viewer.words
    viewer.submit(f"{PATH}/save")
    assert viewer.status == 403
    company = enter(Visitor(app.test_client()), world.bolt)
    company.open(PATH)
    assert company.status == 404
    company.open("/score-alerts")
    assert company.status == 200
