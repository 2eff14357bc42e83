"""Rules from data: read back as they were, and refused with the field at fault."""

from typing import Any

import pytest

from app.leads import verticals
from app.leads.scoring.rules import MOST_RULES, read, read_group, read_rule, read_trait
from app.leads.scoring.shipped import shipped
from tenants.errors import Invalid
from tests.app.leads.scoring.leads import SOLAR, rule, trait

BAD_RULES: list[tuple[str, dict[str, Any]]] = [
    ("subject", rule("answer.shoe_size", 5)),
    ("subject", rule("", 5)),
    ("op", rule("phone", 5, "is", True)),
    ("op", rule("answer.comment", 5, "is", "call me")),
    ("op", rule("answer.is_owner", 5, "at_least", 1)),
    ("values", rule("answer.property_type", 5, "is", "castle")),
    ("values", rule("answer.property_type", 5, "is")),
    ("values", rule("answer.property_type", 5, "one_of")),
    ("values", rule("answer.roof_area", 5, "at_least", "many")),
    ("values", rule("answer.roof_area", 5, "at_least", True)),
    ("values", rule("answer.roof_area", 5, "at_least", -1)),
    ("values", rule("answer.roof_area", 5, "at_least", 10**10)),
    ("values", rule("answer.roof_area", 5, "between", 5)),
    ("values", rule("answer.roof_area", 5, "between", 9, 5)),
    ("values", rule("answer.is_owner", 5, "is", "yes")),
    ("values", {**rule("phone", 5), "values": "many"}),
    ("values", rule("sub_id", 5, "is", "x" * 101)),
    ("currency", rule("answer.monthly_bill", 5, "at_least", 5)),
    ("currency", rule("answer.monthly_bill", 5, "at_least", 5, currency="euro")),
    ("points", rule("phone", 0)),
    ("points", rule("phone", 101)),
    ("points", {**rule("phone", 5), "points": "five"}),
    ("points", {**rule("phone", 5), "points": True}),
    ("points", rule("age", -5, "at_most", 2)),
    ("points", rule("age", 5, "at_least", 2)),
    ("group", rule("phone", 5, group="luck")),
    ("half_life_days", rule("phone", 5, half_life_days=0)),
    ("half_life_days", rule("phone", 5, half_life_days=366)),
    ("half_life_days", rule("phone", -5, half_life_days=5)),
]
BAD_TRAITS: list[tuple[str, dict[str, Any]]] = [
    ("kind", trait("phone", "maybe")),
    ("weight", trait("phone", "weight")),
    ("weight", trait("phone", "weight", weight=101)),
    ("subject", trait("age", "must", "at_most", 2)),
    ("subject", trait("activity.call", "weight", weight=5)),
]


@pytest.mark.parametrize(("field", "data"), BAD_RULES)
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(field: str, data: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        read_rule(data, SOLAR)
    assert list(refused.value.details["fields"]) == [field]


@pytest.mark.parametrize(("field", "data"), BAD_TRAITS)
def test_a_trait_that_makes_no_sense_is_refused_by_its_field(field: str, data: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        read_trait(data, SOLAR)
    assert list(refused.value.details["fields"]) == [field]


@pytest.mark.parametrize(
    ("field", "name", "cap", "floor"),
    [("group", "luck", 5, 0), ("cap", "answers", -1, 0), ("cap", "answers", 101, 0), ("cap", "answers", None, 0),
     ("floor", "answers", 5, 1), ("floor", "answers", 5, -101), ("floor", "answers", 5, None)],
)  # fmt: skip
def test_limits_that_make_no_sense_are_refused(field: str, name: str, cap: object, floor: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_group(name, cap, floor)
    assert list(refused.value.details["fields"]) == [field]


@pytest.mark.parametrize("code", [one.code for one in verticals.current()])
def test_what_was_read_reads_again_the_same(code: str) -> None:
    rules = shipped(code)
    again = read(rules.as_data(), rules.vertical, rules.version)
    assert (again.groups, again.rules, again.profile) == (rules.groups, rules.rules, rules.profile)


@pytest.mark.parametrize(
    "data",
    [
        {"rules": [rule("phone", 5), rule("phone", 5)]},
        {"rules": [rule("phone", 5, key=f"k{number}") for number in range(MOST_RULES + 1)]},
        {"groups": {"luck": [5, 0]}},
        {"spells": []},
    ],
)
def test_a_whole_that_makes_no_sense_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read(data, SOLAR, 1)
