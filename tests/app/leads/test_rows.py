"""Rows and requests: one lead or everything that is wrong, the same for both ways in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leads import verticals
from app.leads.contacts import Contact
from app.leads.files.layout import BrokenRow
from app.leads.problems import SENTENCES
from app.leads.qualification import Bant
from app.leads.rows import BatchDefaults, ReadLead, RowProblem, RowReader, read_values

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DEFAULTS = BatchDefaults(now=NOW, country="UA", timezone="Europe/Kyiv", language="uk")
LOANS = verticals.get("consumer_loans")
IT = verticals.get("it_outsourcing")
ROW = {
    "external_id": "L-1",
    "name": "Олена Коваленко",
    "phone": "067 123 45 67; 050 111 22 33",
    "email": "Olena@Ukr.net",
    "enquired_at": "20.11.2026 10:00",
    "region": "Львівська",
    "consent_at": "20.11.2026 09:58",
    "consent_origin": "https://pozyka.example/form",
    "loan_amount": "120 000",
    "birth_date": "03.04.1985",
    "temperature": "теплий",
    "bant_need": "так",
}


def read(defaults: BatchDefaults = DEFAULTS, **changes: str) -> ReadLead | RowProblem:
    row = {**ROW, **changes}
    reader = RowReader(LOANS, dict(enumerate(row)), defaults)
    return reader.read(7, list(row.values()))


def lead(defaults: BatchDefaults = DEFAULTS, **changes: str) -> ReadLead:
    found = read(defaults, **changes)
    assert isinstance(found, ReadLead), found
    return found


def refused(defaults: BatchDefaults = DEFAULTS, **changes: str) -> list[tuple[str | None, str]]:
    found = read(defaults, **changes)
    assert isinstance(found, RowProblem)
    assert all(one.message for one in found.problems)
    return [(one.target, one.code) for one in found.problems]


def test_a_good_row_becomes_one_lead() -> None:
    assert lead() == ReadLead(
        external_id="L-1",
        enquired_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        country="UA",
        region="UA-46",
        postcode="",
        language="uk",
        sub_id="",
        consent_at=datetime(2026, 11, 20, 7, 58, tzinfo=UTC),
        consent_origin="https://pozyka.example/form",
        claimed_temperature="warm",
        bant=Bant(need="confirmed"),
        public={"loan_amount": 12_000_000, "currency": "UAH", "birth_date": "1980-1989"},
        personal={"birth_date": "1985-04-03"},
        contacts=(Contact("Олена Коваленко", "", ("+380671234567", "+380501112233"), ("olena@ukr.net",)),),
        addressee="",
        phones=("+380671234567", "+380501112233"),
        emails=("olena@ukr.net",),
        flags=("phone_mobile", "email_free"),
    )


def test_a_problem_names_line_column_code_value_and_sentence() -> None:
    found = read(loan_amount="a lot")
    assert isinstance(found, RowProblem)
    assert (found.line, found.column, found.code, found.value) == (7, 8, "not_money", "a lot")
    assert found.message == SENTENCES["not_money"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"loan_amount": ""}, ("loan_amount", "missing")),
        ({"loan_amount": "—"}, ("loan_amount", "missing")),
        ({"loan_amount": "5 €"}, ("loan_amount", "currency_mismatch")),
        ({"enquired_at": ""}, ("enquired_at", "missing")),
        ({"enquired_at": "11/21/2026"}, ("enquired_at", "month_is_first")),
        ({"birth_date": "20.11.85"}, ("birth_date", "year_too_short")),
        ({"enquired_at": "21.11.2026 14:11"}, ("enquired_at", "in_future")),
        ({"enquired_at": "07.11.2026 13:59"}, ("enquired_at", "expired")),
        ({"consent_at": ""}, ("consent_at", "no_consent_time")),
        ({"consent_at": "22.11.2026"}, ("consent_at", "in_future")),
        ({"birth_date": "22.11.2026"}, ("birth_date", "in_future")),
        ({"bant_need": "maybe"}, ("bant_need", "unknown_answer")),
        ({"country": "Atlantis"}, ("country", "unknown_country")),
        ({"external_id": "x" * 501}, ("external_id", "too_long")),
        ({"phone": "", "email": ""}, (None, "no_channel")),
    ],
)
def test_a_broken_rule_refuses_the_row(changes: dict[str, str], problem: tuple[str | None, str]) -> None:
    assert refused(**changes) == [problem]


def test_the_edges_of_time_are_still_good() -> None:
    assert lead(enquired_at="21.11.2026 14:10").enquired_at == NOW + timedelta(minutes=10)
    assert lead(enquired_at="07.11.2026 14:00").enquired_at == NOW - timedelta(days=14)


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    assert refused(phone="067 12", email="x", loan_amount="", consent_at="") == [
        ("loan_amount", "missing"),
        ("contact_1_phone", "bad_phone"),
        ("contact_1_email", "bad_email"),
        ("consent_at", "no_consent_time"),
    ]


def test_what_could_be_left_out_is_left_out_with_a_warning() -> None:
    found = lead(phone="067 12, 050 111 22 33", region="Нарнія", temperature="tepid", language="Elvish")
    assert (found.phones, found.region, found.claimed_temperature) == (("+380501112233",), "", None)
    assert found.language == "uk"
    assert [(one.target, one.code) for one in found.warnings] == [
        ("contact_1_phone", "bad_phone"),
        ("region", "unknown_region"),
        ("language", "unknown_language"),
        ("temperature", "unknown_temperature"),
    ]


def test_the_postcode_tells_the_region_only_when_nothing_better_does() -> None:
    assert lead(region="", postcode="01001").region == "UA-30"
    assert lead(postcode="01001").region == "UA-46"


def test_a_rows_own_country_rules_its_phones_and_regions() -> None:
    found = lead(country="Польща", phone="600 700 800", region="mazowieckie")
    assert (found.country, found.phones, found.region) == ("PL", ("+48600700800",), "PL-14")
    assert found.public["currency"] == "UAH"


def test_what_holds_for_the_upload_fills_what_the_row_leaves_empty() -> None:
    given = replace(
        DEFAULTS, enquired_at=NOW, consent_at=NOW, consent_origin="paper", sub_id="s1", currency="EUR"
    )
    found = lead(given, enquired_at="", consent_at="", consent_origin="", loan_amount="500 €")
    assert (found.enquired_at, found.consent_at, found.consent_origin, found.sub_id) == (
        NOW,
        NOW,
        "paper",
        "s1",
    )
    assert found.public["currency"] == "EUR"


def test_a_default_never_hides_an_unreadable_value() -> None:
    given = replace(DEFAULTS, enquired_at=NOW, consent_at=NOW)
    assert refused(given, enquired_at="x", consent_at="y") == [
        ("enquired_at", "not_a_time"),
        ("consent_at", "not_a_time"),
    ]


def test_a_targeted_lead_needs_its_addressee() -> None:
    mapping = {0: "email", 1: "industry", 2: "service", 3: "enquired_at", 4: "addressee"}
    targeted = replace(DEFAULTS, lead_type="targeted", legal_basis="legitimate_interest")
    cells = ["cto@shop.example", "retail", "mobile", "20.11.2026", "acme.example"]
    found = RowReader(IT, mapping, targeted).read(2, cells)
    assert isinstance(found, ReadLead)
    assert (found.addressee, found.consent_at) == ("acme.example", None)
    missing = RowReader(IT, mapping, targeted).read(3, [*cells[:4], ""])
    assert isinstance(missing, RowProblem)
    assert (missing.code, missing.column) == ("no_addressee", 4)
    filled = RowReader(IT, mapping, replace(targeted, addressee="acme")).read(3, [*cells[:4], ""])
    assert isinstance(filled, ReadLead)


def test_consent_as_legal_basis_needs_its_time_in_every_vertical() -> None:
    mapping = {0: "email", 1: "industry", 2: "service", 3: "enquired_at"}
    found = RowReader(IT, mapping, DEFAULTS).read(2, ["cto@shop.example", "retail", "mobile", "20.11.2026"])
    assert isinstance(found, RowProblem)
    assert found.code == "no_consent_time"


def test_a_broken_or_short_row_stays_a_problem_of_its_line() -> None:
    reader = RowReader(LOANS, {0: "phone", 3: "loan_amount"}, DEFAULTS)
    broken = reader.read(4, BrokenRow("short_row", {"found": 1, "expected": 3}))
    assert isinstance(broken, RowProblem)
    assert (broken.line, broken.message) == (4, "The row has 1 cells, but the file has 3 columns.")
    short = reader.read(5, ["067"])
    assert isinstance(short, RowProblem)
    assert (short.code, short.params) == ("short_row", {"found": 1, "expected": 4})


@given(st.lists(st.text(max_size=40), min_size=12, max_size=12))
def test_any_row_becomes_a_lead_or_a_problem_with_a_sentence(cells: list[str]) -> None:
    found = RowReader(LOANS, dict(enumerate(ROW)), DEFAULTS).read(1, cells)
    assert isinstance(found, ReadLead) or all(one.message for one in found.problems)


JSON = {
    "external_id": 42,
    "enquired_at": "2026-11-20T08:00:00Z",
    "consent_at": "2026-11-20T07:58:00Z",
    "loan_amount": 120_000,
    "has_overdue": False,
    "contacts": [
        {"name": "Олена", "phones": ["067 123 45 67"], "emails": ["o@ukr.net"], "messengers": ["tg: @olena"]},
        {"name": "Ігор", "role": "husband", "phone": "050 111 22 33"},
    ],
}


def test_a_request_becomes_the_same_lead_as_a_row() -> None:
    found = read_values(LOANS, JSON, DEFAULTS)
    assert isinstance(found, ReadLead)
    assert (found.external_id, found.public["loan_amount"], found.public["has_overdue"]) == (
        "42",
        12_000_000,
        False,
    )
    assert found.contacts == (
        Contact("Олена", "", ("+380671234567",), ("o@ukr.net",), ("telegram:@olena",)),
        Contact("Ігор", "husband", ("+380501112233",)),
    )
    row = {name: str(value) for name, value in ROW.items()}
    assert read_values(LOANS, row, DEFAULTS) == lead()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"wings": 2}, ("wings", "unknown_field")),
        ({"addressee": "acme"}, ("addressee", "unknown_field")),
        ({"loan_amount": 1200.5}, ("loan_amount", "wrong_type")),
        ({"sub_id": ["a"]}, ("sub_id", "wrong_type")),
        ({"contacts": "Olena"}, ("contacts", "wrong_type")),
        ({"contacts": [{"email": "a@b.com"}, "Olena"]}, ("contacts", "wrong_type")),
        ({"contacts": [{"email": "a@b.com", "fax": "1"}]}, ("contact_1_fax", "unknown_field")),
        ({"contacts": [{"email": "a@b.com", "name": ["A"]}]}, ("contact_1_name", "wrong_type")),
        ({"contacts": [{"email": "a@b.com"}] * 11}, ("contacts", "too_many_contacts")),
    ],
)
def test_a_request_with_anything_unknown_is_refused(
    changes: dict[str, object], problem: tuple[str, str]
) -> None:
    found = read_values(LOANS, JSON | changes, DEFAULTS)
    assert isinstance(found, tuple)
    assert (found[0].target, found[0].code) == problem
