"""Columns: headings of four languages find their targets, and a mapping that cannot work is refused with reasons."""

from itertools import pairwise

import pytest

from app.leads import columns, verticals
from app.leads.columns import MAPPING_PROBLEMS, REASONS, SURE
from app.leads.countries import LANGUAGES

LOANS = verticals.get("consumer_loans")
IT = verticals.get("it_outsourcing")
SAMPLES = {
    "contact_1_phone": ["067 123 45 67", "+38 (050) 111-22-33", "0931112233, 0442223344"],
    "contact_2_phone": ["0671112233", "", ""],
    "contact_1_email": ["o@ukr.net", "i.bondar@gmail.com", ""],
    "enquired_at": ["21.11.2026 14:03", "20.11.2026 09:00", "19.11.2026 10:10"],
    "consent_at": ["21.11.2026 14:03", "20.11.2026 09:00", "19.11.2026 10:10"],
    "birth_date": ["03.04.1985", "01.12.1990", "02.02.1977"],
    "region": ["Київська", "Львівська", "UA-51"],
    "country": ["Україна", "UA", "Ukraine"],
    "postcode": ["01001", "79000", "65026"],
    "loan_amount": ["120 000,50", "45 000", "80 000 грн"],
    "monthly_income": ["20000", "35 000", "50000"],
    "term_months": ["12", "24", "36"],
    "language": ["uk", "українська", "ru"],
    "contact_1_name": ["Коваленко Олена", "Бондар Ігор", "Шевченко Марія"],
    "purpose": ["Авто", "Ремонт", "готівка"],
    "has_overdue": ["так", "ні", "ні"],
    "temperature": ["hot", "теплий", "cold"],
}
HEADINGS = [
    ("ПІБ", "contact_1_name"),
    ("ФИО", "contact_1_name"),
    ("Imię i nazwisko", "contact_1_name"),
    ("Full name", "contact_1_name"),
    ("Ім’я клієнта", "contact_1_name"),
    ("Имя", "contact_1_name"),
    ("Моб. телефон", "contact_1_phone"),
    ("Телефон", "contact_1_phone"),
    ("Контактный телефон", "contact_1_phone"),
    ("Numer telefonu", "contact_1_phone"),
    ("phone_number", "contact_1_phone"),
    ("PhoneNumber", "contact_1_phone"),
    ("contact_1_phone", "contact_1_phone"),
    ("Телефон 2", "contact_2_phone"),
    ("contact_2_phone", "contact_2_phone"),
    ("Ел. пошта", "contact_1_email"),
    ("E-mail", "contact_1_email"),
    ("Adres e-mail", "contact_1_email"),
    ("Эл. почта", "contact_1_email"),
    ("Дата заявки", "enquired_at"),
    ("Created at", "enquired_at"),
    ("Data zgłoszenia", "enquired_at"),
    ("Дата обращения", "enquired_at"),
    ("Дата згоди", "consent_at"),
    ("Zgoda RODO", "consent_at"),
    ("Дата согласия", "consent_at"),
    ("Consent time", "consent_at"),
    ("Дата народження", "birth_date"),
    ("Date of birth", "birth_date"),
    ("Data urodzenia", "birth_date"),
    ("Обл.", "region"),
    ("Województwo", "region"),
    ("Регион", "region"),
    ("Країна", "country"),
    ("Kod pocztowy", "postcode"),
    ("Індекс", "postcode"),
    ("ZIP", "postcode"),
    ("Сума (грн)", "loan_amount"),
    ("Kwota kredytu", "loan_amount"),
    ("Loan amount", "loan_amount"),
    ("Дохід", "monthly_income"),
    ("Строк (міс.)", "term_months"),
    ("Мова", "language"),
    ("Мета кредиту", "purpose"),
    ("Прострочки", "has_overdue"),
    ("Температура лида", "temperature"),
    ("utm_campaign", "sub_id"),
    ("Коментар менеджера", "comment"),
    ("Telefonn", "contact_1_phone"),
]


def suggested(header: str, values: list[str]) -> columns.Suggestion:
    return columns.suggest([header], [[value] for value in values], LOANS, "consumer")[0]


@pytest.mark.parametrize(("header", "target"), HEADINGS)
def test_a_real_heading_finds_its_target(header: str, target: str) -> None:
    found = suggested(header, SAMPLES.get(target, ["some text", "other text"]))
    assert (found.target, found.confidence >= SURE) == (target, True)


@pytest.mark.parametrize("header", ["Referrer", "Unnamed: 7", "№", "", "Статус", "Manager", "Doход"])
def test_an_unknown_heading_is_never_mapped_silently(header: str) -> None:
    found = suggested(header, ["10.0.0.1", "x", "3"])
    assert found.target is None
    assert found.confidence < SURE


def test_a_heading_that_says_more_is_only_a_guess() -> None:
    found = suggested("Телефон батька", [])
    assert (found.target, found.guess, found.confidence) == (None, "contact_1_phone", 76)


def test_values_alone_tell_a_phone_and_an_email() -> None:
    found = columns.suggest(["a", "b"], [["0671234567", "o@ukr.net"]] * 3, LOANS, "consumer")
    assert [(one.target, one.reason) for one in found] == [
        ("contact_1_phone", "values"),
        ("contact_1_email", "values"),
    ]


def test_values_that_do_not_fit_take_the_certainty_away() -> None:
    found = suggested("Телефон", ["синій", "червоний", "зелений"])
    assert (found.target, found.guess) == (None, "contact_1_phone")


@pytest.mark.parametrize(
    ("value", "is_name"),
    [("Олена", True), ("Клієнт 1234", True), ("Олена (2)", True), ("A-1234", False), ("o1@ukr.net", False)],
)
def test_a_heading_of_names_holds_for_names_with_a_number(value: str, is_name: bool) -> None:
    found = columns.suggest(["Name"], [[value]] * 3, LOANS, "consumer")[0]
    assert (found.target == "contact_1_name") is is_name


def test_each_target_is_suggested_once_and_the_surer_column_wins() -> None:
    headers = ["Телефон клиента резервный", "Телефон", "Телефон"]
    found = columns.suggest(headers, [["0671234567", "0501112233", "0931112233"]] * 3, LOANS, "consumer")
    targets = [one.target for one in found if one.target]
    assert len(targets) == len(set(targets))
    assert found[1].target == "contact_1_phone"


def test_every_column_gets_one_suggestion_with_a_known_reason() -> None:
    found = columns.suggest([header for header, _ in HEADINGS], [], LOANS, "consumer")
    assert [one.column for one in found] == list(range(len(HEADINGS)))
    assert {one.reason for one in found} <= set(REASONS)
    assert all(0 <= one.confidence <= 100 for one in found)


def test_the_addressee_is_a_target_of_targeted_leads_only() -> None:
    assert "addressee" in {target.name for target in columns.targets(IT, "targeted")}
    assert "addressee" not in {target.name for target in columns.targets(IT, "consumer")}


def test_targets_speak_every_language_and_name_each_contact() -> None:
    for language in LANGUAGES:
        labels = [target.label for target in columns.targets(LOANS, "targeted", language)]
        assert all(labels)
        assert not any("N:" in label for label in labels)
    assert {"contact_1_name", "contact_3_messenger"} <= {
        target.name for target in columns.targets(LOANS, "consumer")
    }
    assert "Контакт 2: телефони" in [target.label for target in columns.targets(LOANS, "consumer", "uk")]


GOOD = {0: "phone", 1: "enquired_at", 2: "consent_at", 3: "loan_amount"}


def test_a_complete_mapping_has_no_problems() -> None:
    assert columns.check_mapping(GOOD, LOANS, "consumer") == []


@pytest.mark.parametrize(
    ("mapping", "code", "target"),
    [
        (GOOD | {4: "wings"}, "unknown_target", "wings"),
        (GOOD | {4: "contact_1_phone"}, "target_twice", "contact_1_phone"),
        (GOOD | {4: "name", 5: "first_name"}, "name_twice", "contact_1_name"),
        (GOOD | {2: "comment"}, "required_missing", "consent_at"),
        (GOOD | {3: "comment"}, "required_missing", "loan_amount"),
        (GOOD | {0: "name"}, "no_channel", None),
        (GOOD | {4: "addressee"}, "unknown_target", "addressee"),
    ],
)
def test_a_mapping_that_cannot_work_says_why(mapping: dict[int, str], code: str, target: str | None) -> None:
    found = columns.check_mapping(mapping, LOANS, "consumer")
    assert [(one.code, one.target) for one in found] == [(code, target)]
    assert found[0].message == MAPPING_PROBLEMS[code]


def test_what_is_given_for_the_whole_upload_need_not_be_mapped() -> None:
    mapping = {0: "phone", 1: "industry", 2: "service"}
    assert columns.check_mapping(mapping, IT, "targeted", given={"enquired_at", "addressee"}) == []
    missing = [one.target for one in columns.check_mapping(mapping, IT, "targeted")]
    assert missing == ["enquired_at", "addressee"]


def test_suggestions_of_all_verticals_map_their_own_labels_back() -> None:
    for vertical in verticals.current():
        for language in LANGUAGES:
            fields = [one for one in vertical.fields if one.type != "postcode"]
            found = columns.suggest([one.label(language) for one in fields], [], vertical, "consumer")
            assert [one.target for one in found] == [one.name for one in fields]


def test_scores_fall_as_headings_say_more() -> None:
    headers = ["Телефон", "Телефон батька", "Телефон батька дитини", "Телефон батька хворої дитини"]
    scores = [suggested(header, []).confidence for header in headers]
    assert all(more > less for more, less in pairwise(scores))
