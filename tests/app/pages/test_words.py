"""Words and choices of the pages: complete, sorted, right for the reader."""

import ast
import zoneinfo
from pathlib import Path

import pytest
from flask import Flask

from app.pages import places
from app.pages.browser_words import browser_name
from app.pages.deed_words import DEEDS, deed_label
from app.pages.role_words import PERMISSION_LABELS, ROLE_LABELS
from tenants.founding import COUNTRIES
from tenants.permissions import ROLES, Permission

PROJECT = Path(__file__).resolve().parents[3]


def test_every_role_and_permission_has_a_word() -> None:
    assert set(PERMISSION_LABELS) == set(Permission)
    assert all(list(ROLE_LABELS) == list(held) for held in ROLES.values())


def recorded_deeds() -> set[str]:
    """Every deed that is named where it is recorded."""
    found = set()
    for folder in ("app", "billing", "tenants"):
        for path in (PROJECT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                is_record = isinstance(node, ast.Call) and ast.unparse(node.func) in (
                    "audit.record",
                    "record",
                )
                if is_record and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
                    found.add(str(node.args[2].value))
    return found


def test_every_deed_of_the_audit_log_has_words(app: Flask) -> None:
    assert recorded_deeds() - set(DEEDS) == set(), "add them to app/pages/deed_words.py"
    with app.test_request_context("/"):
        assert deed_label("key.created") == "API key made"
        assert deed_label("never.heard") == "never.heard"


def test_countries_are_named_and_sorted_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "uk"}):
        named = places.country_options()
        assert places.country_name("DE") == "Німеччина"
        assert places.country_name("XX") == "XX"
    assert {code for code, _ in named} == COUNTRIES
    order = [name for _, name in named]
    assert order.index("Ірак") < order.index("Йорданія") < order.index("Канада")


@pytest.mark.parametrize(
    ("country", "zone"),
    [("UA", "Europe/Kyiv"), ("US", "America/New_York"), ("IE", "Europe/Dublin"), ("XX", "UTC")],
)
def test_a_country_suggests_its_time_zone(country: str, zone: str) -> None:
    assert places.zone_of(country) == zone


def test_every_suggested_zone_can_be_chosen() -> None:
    offered = {zone for _, zones in places.zone_groups() for zone, _ in zones}
    assert {places.zone_of(country) for country in COUNTRIES} <= offered
    assert offered <= zoneinfo.available_timezones()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
            "Chrome, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit Version/18 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox, Android"),
        ("curl/8.9.1", "curl"),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_the_name_people_know(agent: str, name: str) -> None:
    assert browser_name(agent) == name
