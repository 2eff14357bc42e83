"""Scores by a table of cases: BANT, points, decay, caps and floors, the ideal customer, grades; and what always holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leads import verticals
from app.leads.qualification import Bant, qualify
from app.leads.scoring.points import NO_EVENTS, Scorer, grade, group_sums, total_of
from app.leads.scoring.shipped import shipped, shipped_scorer
from tests.app.leads.scoring.leads import IT, SOLAR, WIDE, known, rule, rules, scorer, trait

FADES = {"half_life_days": 10}
POINTS: list[tuple[str, list[dict[str, Any]], Any, float, dict[str, float], int]] = [
    # what is shown, rules, what is known, days since the enquiry, events, score
    ("nothing known", [rule("phone", 10)], known(), 0, {}, 0),
    ("phone there", [rule("phone", 10)], known(phone=True), 0, {}, 10),
    ("equals", [rule("answer.is_owner", 14, "is", True)], known({"is_owner": True}), 0, {}, 14),
    ("equals, the other", [rule("answer.is_owner", 14, "is", True)], known({"is_owner": False}), 0, {}, 0),
    ("one of", [rule("answer.property_type", 8, "one_of", "detached", "flat")], known({"property_type": "flat"}), 0, {}, 8),
    ("at least, on it", [rule("answer.roof_area", 6, "at_least", 40)], known({"roof_area": 40}), 0, {}, 6),
    ("at least, below", [rule("answer.roof_area", 6, "at_least", 40)], known({"roof_area": 39}), 0, {}, 0),
    ("at most", [rule("answer.roof_area", 6, "at_most", 40)], known({"roof_area": 40}), 0, {}, 6),
    ("between, on the edge", [rule("answer.roof_area", 6, "between", 40, 60)], known({"roof_area": 60}), 0, {}, 6),
    ("between, outside", [rule("answer.roof_area", 6, "between", 40, 60)], known({"roof_area": 61}), 0, {}, 0),
    ("present, sealed answer", [rule("answer.comment", 5)], known(has=("comment",)), 0, {}, 5),
    ("present, not answered", [rule("answer.roof_area", 5)], known(), 0, {}, 0),
    ("money in its currency", [rule("answer.monthly_bill", 8, "at_least", 2000, currency="UAH")],
     known({"monthly_bill": 200_000, "currency": "UAH"}), 0, {}, 8),
    ("money in another currency", [rule("answer.monthly_bill", 8, "at_least", 2000, currency="UAH")],
     known({"monthly_bill": 900_000, "currency": "PLN"}), 0, {}, 0),
    ("channel", [rule("channel", 6, "one_of", "webinar")], known(channel="webinar"), 0, {}, 6),
    ("source", [rule("source", 6, "is", "s-1")], known(source="s-1"), 0, {}, 6),
    ("sub-ID", [rule("sub_id", 6, "is", "aff7")], known(sub_id="aff7"), 0, {}, 6),
    ("corporate mail", [rule("mail", 10, "is", "corporate")], known(mail="corporate"), 0, {}, 10),
    ("free mail is not corporate", [rule("mail", 10, "is", "corporate")], known(mail="free"), 0, {}, 0),
    ("completeness", [rule("completeness", 6, "at_least", 60)], known(completeness=60), 0, {}, 6),
    ("ways to reach", [rule("channels", 4, "at_least", 2)], known(channels=1), 0, {}, 0),
    ("consent proven", [rule("consent", 4)], known(is_proven=True), 0, {}, 4),
    ("country", [rule("country", 3, "one_of", "UA", "PL")], known(country="PL"), 0, {}, 3),
    ("BANT confirmed", [rule("bant.need", 10, "is", "confirmed")], known(bant="uucu"), 0, {}, 10),
    ("BANT denied", [rule("phone", 30), rule("bant.need", -15, "is", "denied")], known(bant="uudu", phone=True), 0, {}, 15),
    ("BANT unknown counts for nothing", [rule("bant.need", 10, "is", "confirmed")], known(), 0, {}, 0),
    ("fresh", [rule("age", 10, "at_most", 2)], known(), 2.0, {}, 10),
    ("no longer fresh", [rule("age", 10, "at_most", 2)], known(), 2.1, {}, 0),
    ("old", [rule("phone", 30), rule("age", -10, "at_least", 20)], known(phone=True), 20, {}, 20),
    ("decay on day 0", [rule("phone", 40, **FADES)], known(phone=True), 0, {}, 40),
    ("decay at half-life", [rule("phone", 40, **FADES)], known(phone=True), 10, {}, 20),
    ("decay at two half-lives", [rule("phone", 40, **FADES)], known(phone=True), 20, {}, 10),
    ("decay far out", [rule("phone", 40, **FADES)], known(phone=True), 365, {}, 0),
    ("no decay", [rule("phone", 40)], known(phone=True), 365, {}, 40),
    ("open answers decay too", [rule("answer.roof_area", 40, "at_least", 1, **FADES)], known({"roof_area": 9}), 10, {}, 20),
    ("activity now", [rule("activity.qualified", 16, **FADES)], known(), 30, {"qualified": 0}, 16),
    ("activity decays from its own time", [rule("activity.qualified", 16, **FADES)], known(), 30, {"qualified": 10}, 8),
    ("activity of another kind", [rule("activity.qualified", 16)], known(), 0, {"call": 0}, 0),
    ("never below 0", [rule("activity.rejected", -30)], known(), 0, {"rejected": 0}, 0),
    ("never above 100", [rule("phone", 90), rule("consent", 90, group="origin")], known(phone=True, is_proven=True), 0, {}, 100),
    ("rounds half up", [rule("phone", 5, **FADES)], known(phone=True), 10, {}, 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rules_", "lead", "age", "events", "score"), [c[1:] for c in POINTS], ids=[c[0] for c in POINTS]
)
def test_points(
    rules_: list[dict[str, Any]], lead: Any, age: float, events: dict[str, float], score: int
) -> None:
    assert scorer(*rules_).score(lead, age, events) == score


CAPPED = [
    rule("phone", 30),
    rule("consent", 30),
    rule("activity.rejected", -50),
    rule("country", 20, group="origin"),
]
LIMITS = [
    ("within", {**WIDE}, known(phone=True, is_proven=True), {}, 60),
    ("cap", {**WIDE, "answers": [45, -10]}, known(phone=True, is_proven=True), {}, 45),
    ("a cap of one group leaves another alone", {**WIDE, "answers": [45, -10]}, known(phone=True, is_proven=True, country="UA"), {}, 65),
    ("floor", {**WIDE, "answers": [45, -10]}, known(country="UA"), {"rejected": 0.0}, 10),
    ("a cap of 0 switches a group off", {**WIDE, "answers": [0, 0]}, known(phone=True), {}, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "lead", "events", "score"), [c[1:] for c in LIMITS], ids=[c[0] for c in LIMITS]
)
def test_groups_are_held_within_cap_and_floor(
    groups: Any, lead: Any, events: dict[str, float], score: int
) -> None:
    assert scorer(*CAPPED, groups=groups).score(lead, 0, events) == score


B2B = (
    trait("answer.industry", "weight", "one_of", "finance", "health", weight=40),
    trait("answer.company_size", "weight", "between", 51, 5000, weight=40),
    trait("answer.seniority", "weight", "one_of", "owner", "c_level", weight=20),
)
HOME = (
    trait("answer.property_type", "exclude", "is", "flat"),
    trait("answer.is_owner", "must", "is", True),
    trait("answer.roof_area", "weight", "at_least", 40, weight=1),
    trait("bant.need", "weight", "is", "confirmed", weight=1),
)
FITS: list[tuple[str, Any, tuple[Any, ...], Any, int | None, str | None]] = [
    ("all of it", IT, B2B, known({"industry": "finance", "company_size": 51, "seniority": "owner"}), 100, "A"),
    ("80 is A", IT, B2B, known({"industry": "finance", "company_size": 51}), 80, "A"),
    ("60 is B", IT, B2B, known({"company_size": 5000, "seniority": "c_level"}), 60, "B"),
    ("40 is C", IT, B2B, known({"industry": "health"}), 40, "C"),
    ("20 is D", IT, B2B, known({"seniority": "owner", "industry": "media"}), 20, "D"),
    ("nothing known", IT, B2B, known(), 0, "D"),
    ("consumer, half", SOLAR, HOME, known({"is_owner": True, "roof_area": 40}), 50, "C"),
    ("consumer, all", SOLAR, HOME, known({"is_owner": True, "roof_area": 40}, "uucu"), 100, "A"),
    ("must missed", SOLAR, HOME, known({"is_owner": False, "roof_area": 40}, "uucu"), 0, "D"),
    ("must unknown is missed", SOLAR, HOME, known({"roof_area": 40}, "uucu"), 0, "D"),
    ("excluded", SOLAR, HOME, known({"is_owner": True, "property_type": "flat", "roof_area": 40}, "uucu"), 0, "D"),
    ("only demands, met", SOLAR, HOME[:2], known({"is_owner": True}), 100, "A"),
    ("no profile", SOLAR, (), known({"is_owner": True}), None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "profile", "lead", "fit", "letter"), [c[1:] for c in FITS], ids=[c[0] for c in FITS]
)
def test_fit_and_grade(kind: Any, profile: Any, lead: Any, fit: int | None, letter: str | None) -> None:
    rating = scorer(profile=profile, vertical=kind).rate(lead, 0)
    assert (rating.fit, rating.grade) == (fit, letter)


@pytest.mark.parametrize(
    ("fit", "letter"),
    [(100, "A"), (80, "A"), (79, "B"), (60, "B"), (59, "C"), (40, "C"), (39, "D"), (0, "D")],
)
def test_the_edges_of_the_grades(fit: int, letter: str) -> None:
    assert grade(fit) == letter


@pytest.mark.parametrize(
    ("code", "temperature", "stage", "points"),
    [("uuuu", "cold", "RQL", 0), ("cuuu", "cold", "RQL", 8), ("ccuu", "warm", "MQL", 16), ("cccu", "warm", "MQL", 26),
     ("cccc", "hot", "SQL", 34), ("dddd", "cold", "RQL", 0), ("ccdu", "warm", "MQL", 1)],
)  # fmt: skip
def test_temperature_is_a_second_axis_beside_the_points_of_bant(
    code: str, temperature: str, stage: str, points: int
) -> None:
    found = qualify(Bant.of_code(code))
    assert (found.temperature, found.stage) == (temperature, stage)
    sums = group_sums(shipped_scorer("home_solar").counted(known(bant=code), 0), shipped("home_solar"))
    # freshness gives 10 points to each
    assert round(sums["ripeness"][0]) - 10 == {"dddd": -23}.get(code, points)


ANSWERS = st.fixed_dictionaries({}, optional={
    "property_type": st.sampled_from(["detached", "flat", "terraced"]), "is_owner": st.booleans(),
    "roof_area": st.integers(5, 10_000), "wants_battery": st.booleans(), "start": st.sampled_from(["now", "later"]),
    "monthly_bill": st.integers(0, 10**8), "currency": st.sampled_from(["UAH", "PLN", "EUR"]),
})  # fmt: skip
LEADS = st.builds(
    lambda answers, bant, mail, count, proven, has: known(
        answers,
        bant,
        mail=mail,
        phone=count > 1,
        channels=count,
        completeness=count * 10,
        is_proven=proven,
        has=has,
    ),
    ANSWERS,
    st.text("cdu", min_size=4, max_size=4),
    st.sampled_from([None, "free", "corporate"]),
    st.integers(0, 10),
    st.booleans(),
    st.sampled_from([(), ("comment",)]),
)
AGES = st.floats(0, 400)
EVENTS = st.dictionaries(
    st.sampled_from(["contacted", "qualified", "rejected", "returned"]), AGES, max_size=3
)
SUBJECTS = st.sampled_from(
    ["phone", "consent", "answer.is_owner", "answer.roof_area", "answer.comment", "activity.qualified"]
)
RULES = st.builds(
    lambda subject, points, group, half_life: rule(
        subject, points, key=f"{subject}{points}{group}{half_life}", group=group,
        half_life_days=half_life if points > 0 else None),
    SUBJECTS, st.integers(-100, 100).filter(bool), st.sampled_from(["answers", "contact", "activity"]),
    st.none() | st.integers(1, 365),
)  # fmt: skip
RULE_SETS = st.lists(RULES, max_size=8, unique_by=lambda one: one["key"]).map(
    lambda ones: scorer(*ones)
) | st.sampled_from([shipped_scorer("home_solar")])


@given(RULE_SETS, LEADS, AGES, EVENTS)
def test_a_score_lies_within_0_and_100_and_is_the_sum_of_its_reasons(
    ready: Scorer, lead: Any, age: float, events: dict[str, float]
) -> None:
    score = ready.score(lead, age, events)
    assert 0 <= score <= 100
    assert total_of(group_sums(ready.counted(lead, age, events), ready.rules)) == score


@given(RULE_SETS, LEADS, AGES, st.floats(0, 100), EVENTS)
def test_time_never_raises_a_score(
    ready: Scorer, lead: Any, age: float, later: float, events: dict[str, float]
) -> None:
    after = {kind: since + later for kind, since in events.items()}
    assert ready.score(lead, age + later, after) <= ready.score(lead, age, events)


@given(RULE_SETS, LEADS, AGES, RULES.filter(lambda one: one["points"] > 0))
def test_one_more_rule_that_gives_points_lowers_no_score(
    ready: Scorer, lead: Any, age: float, more: dict[str, Any]
) -> None:
    data = ready.rules.as_data()
    data["rules"].append({**more, "key": "more"})
    richer = Scorer(rules(*data["rules"], groups=data["groups"]))
    assert richer.score(lead, age) >= ready.score(lead, age)


@given(LEADS, AGES)
def test_what_is_remembered_of_leads_changes_no_score(lead: Any, age: float) -> None:
    used = shipped_scorer("home_solar")
    assert used.rate(lead, age) == Scorer(shipped("home_solar")).rate(lead, age)


def test_every_vertical_ships_rules_that_rate_a_good_lead_higher() -> None:
    for vertical in verticals.current():
        ready = shipped_scorer(vertical.code)
        assert ready.version < 0
        assert ready.rules.rules
        assert ready.rules.profile
        good = known(bant="cccc", phone=True, mail="corporate", channels=3, completeness=100, is_proven=True)
        assert ready.score(good, 0, NO_EVENTS) > ready.score(known(bant="uudu"), 0, {"rejected": 0.0})
