"""The values of a resting lead as fields: shown as they were sent, read back as they were typed."""

from typing import Any

import pytest

from app.leads import verticals
from app.leads.mending import changes_of, fields_of
from app.leads.problems import Problem

SOLAR = verticals.get("home_solar")
SENT: dict[str, Any] = {
    "property_type": "castle",
    "is_owner": True,
    "comment": "one\ntwo",
    "contacts": [{"name": "Test", "phones": ["067 123 45 67", "12"]}, {"emails": ["o@example.com"]}],
}


def typed(values: dict[str, Any] = SENT) -> dict[str, str]:
    """Every field as the browser sends it back untouched."""
    form = fields_of(values, SOLAR, "consumer", "en", "UA")
    return {one.name: one.text.replace("\n", "\r\n") for one in (*form.sent, *form.unsent)}


def changed(values: dict[str, Any] = SENT, **names: str) -> dict[str, object]:
    typing = {name.replace("__", "."): text for name, text in names.items()}
    return changes_of(values, {**typed(values), **typing}, SOLAR, "consumer")


def test_every_value_is_a_field_in_the_readers_language() -> None:
    form = fields_of(SENT, SOLAR, "consumer", "uk", "UA")
    shown = {one.name: (one.target, one.text) for one in form.sent}
    assert shown == {
        "property_type": ("property_type", "castle"),
        "is_owner": ("is_owner", "yes"),
        "comment": ("comment", "one\ntwo"),
        "contacts.1.name": ("contact_1_name", "Test"),
        "contacts.1.phones": ("contact_1_phone", "067 123 45 67, 12"),
        "contacts.2.emails": ("contact_2_email", "o@example.com"),
    }
    assert form.sent[0].label == "Тип житла"
    assert dict(form.sent[0].options)["flat"]
    assert "monthly_bill" in {one.name for one in form.unsent}
    assert not any(one.name.startswith("contact_") for one in form.unsent)


def test_a_row_of_a_file_gets_the_fields_of_its_first_person_only() -> None:
    form = fields_of({"phone": "12"}, SOLAR, "consumer", "en", "UA")
    assert (form.sent[0].name, form.sent[0].target) == ("phone", "contact_1_phone")
    unsent = {one.name for one in form.unsent}
    assert "contact_1_name" in unsent
    assert not {"contact_1_phone", "contact_2_phone"} & unsent


def test_what_is_not_touched_is_not_changed() -> None:
    assert changed() == {}


@pytest.mark.parametrize(
    ("typing", "changes"),
    [
        ({"property_type": "flat"}, {"property_type": "flat"}),
        ({"monthly_bill": "2000"}, {"monthly_bill": "2000"}),
        ({"is_owner": "no"}, {"is_owner": "no"}),
        ({"comment": ""}, {"comment": ""}),
        ({"comment": "a\r\nb\x00"}, {"comment": "a\nb"}),
        ({"surprise": "x"}, {}),
        ({"contacts": "x"}, {}),
        ({"contacts__9__name": "x", "contacts__1__shoes": "x", "contacts__0__name": "x"}, {}),
        (
            {"contacts__1__phones": "0671234567; 0507654321\r\n", "contacts__1__name": "Олена"},
            {"contacts": [{"name": "Олена", "phones": ["0671234567", "0507654321"]}, SENT["contacts"][1]]},
        ),
        (
            {"contacts__2__emails": ""},
            {"contacts": [SENT["contacts"][0], {"emails": []}]},
        ),
    ],
)
def test_what_was_typed_is_what_changes(typing: dict[str, str], changes: dict[str, object]) -> None:
    assert changed(**typing) == changes


def test_a_problem_stands_at_its_field() -> None:
    problems = [
        Problem("contact_1_phones", "wrong_type"),
        Problem("contact_2_email", "bad_email"),
        Problem("monthly_bill", "missing"),
        Problem(None, "no_channel"),
        Problem("elsewhere", "missing"),
    ]
    found, others = fields_of(SENT, SOLAR, "consumer", "en", "UA").at_fields(problems)
    assert {name: [one.code for one in ones] for name, ones in found.items()} == {
        "contacts.1.phones": ["wrong_type"], "contacts.2.emails": ["bad_email"], "monthly_bill": ["missing"]}  # fmt: skip
    assert [one.code for one in others] == ["no_channel", "missing"]
