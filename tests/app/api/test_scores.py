"""Why a lead scores what it scores, by API; leads by grade and score."""

from typing import Any

from tests.app.api.conftest import KeyOf
from tests.app.api.test_intake import agency, facts, lead
from tests.world import World

__all__ = ["agency", "facts"]


def test_every_point_of_a_lead_is_explained(agency: Any, facts: dict[str, Any]) -> None:
    made = agency("create_lead", lead(facts))
    score = agency("read_lead_score", lead_id=made["id"])
    assert (score["stored"], score["fit"], score["grade"]) == (made["score"], made["fit"], made["grade"])
    assert score["score"] == int(sum(group["counts"] for group in score["groups"]) + 0.5)
    owner = next(
        rule for group in score["groups"] for rule in group["rules"] if rule["subject"] == "answer.is_owner"
    )
    assert (owner["op"], owner["values"], owner["points"], owner["points_now"]) == ("is", [True], 14, 14.0)
    assert {"kind": "must", "is_met": True}.items() <= score["traits"][1].items()


def test_leads_are_found_by_grade_and_score(agency: Any, facts: dict[str, Any]) -> None:
    good = agency("create_lead", lead(facts))
    poor = lead(facts, 2, answers={"property_type": "flat", "is_owner": False}, bant={"need": "denied"})
    bad = agency("create_lead", poor)
    assert bad["grade"] == "D"

    def found(**asked: Any) -> list[str]:
        return [one["id"] for one in agency("list_leads", query=asked)["items"]]

    assert found(grade="D") == [bad["id"]]
    assert found(min_score=good["score"]) == [good["id"]]
    assert set(found(min_score=0)) == {good["id"], bad["id"]}
    assert agency.refused("list_leads", query={"grade": "E"})[0] == 422
    assert agency.refused("list_leads", query={"min_score": 101})[0] == 422


def test_a_score_is_nobody_elses(key_of: KeyOf, world: World, agency: Any, facts: dict[str, Any]) -> None:
    made = agency("create_lead", lead(facts))
    stranger = key_of(world.bolt)
    assert stranger.refused("read_lead_score", lead_id=made["id"])[0] == 404
    assert stranger.refused("read_purchase_score", purchase_id=made["id"])[0] == 404
