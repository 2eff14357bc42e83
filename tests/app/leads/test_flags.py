"""What is noticed about a lead, case by case; and what its vertical makes of it."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import phonenumbers
import pytest

from app.leads import phones, verticals
from app.leads.contacts import Contact
from app.leads.fields import VerticalFileError
from app.leads.flag_words import FLAGS
from app.leads.flags import Noticed, flags_of
from app.leads.mail_kinds import flags_of_email
from app.leads.phones import flags_of_phone
from app.leads.problems import SENTENCES
from app.leads.rows import BatchDefaults, ReadLead, read_values
from app.leads.verticals import Screening

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CERTIFICATE = "https://cert.trustedform.com/" + "0123456789abcdef" * 2 + "01234567"
LEADID = "0FABD7C1-1F8F-4C9C-9E9F-4C1B1A1D1E1F"


@pytest.mark.parametrize(
    ("number", "country", "region", "flags"),
    [
        ("+380671234567", "UA", "UA-30", ["phone_mobile"]),
        ("+380442345678", "UA", "UA-30", ["phone_fixed"]),
        ("+380322345678", "UA", "UA-30", ["phone_fixed", "phone_other_region"]),
        ("+380322345678", "UA", "", ["phone_fixed"]),
        ("+48601234567", "PL", "PL-14", ["phone_mobile"]),
        ("+48126543210", "PL", "PL-14", ["phone_fixed", "phone_other_region"]),
        ("+48601234567", "UA", "UA-30", ["phone_mobile", "phone_foreign"]),
        ("+380800123456", "UA", "", ["phone_toll_free"]),
        ("+380900212345", "UA", "", ["phone_premium"]),
        ("+445612345678", "GB", "", ["phone_voip"]),
        ("+12015550123", "US", "", ["phone_fixed_or_mobile"]),
        ("+447012345678", "GB", "", ["phone_service"]),
    ],
)
def test_phones(number: str, country: str, region: str, flags: list[str]) -> None:
    assert list(flags_of_phone(number, country, region)) == flags


def test_the_fast_path_says_what_the_library_says() -> None:
    dice = random.Random(3)
    tried = 0
    for prefix, country, digits in (("+380", "UA", 9), ("+48", "PL", 9), ("+44", "GB", 10)):
        for _ in range(3_000):
            number = prefix + str(dice.randint(10 ** (digits - 1), 10**digits - 1))
            if phonenumbers.is_valid_number(phonenumbers.parse(number)):
                tried += 1
                slow = phones._kind_by_library.__wrapped__(number, country, "")
                assert flags_of_phone(number, country, "") == slow, number
    assert tried > 1_500


@pytest.mark.parametrize(
    ("address", "flags"),
    [
        ("olena@gmail.com", ["email_free"]),
        ("olena@ukr.net", ["email_free"]),
        ("olena@firm.ua", ["email_corporate"]),
        ("info@firm.ua", ["email_corporate", "email_role"]),
        ("sales+7@firm.ua", ["email_corporate", "email_role"]),
        ("sales@gmail.com", ["email_free", "email_role"]),
        ("x@mailinator.com", ["email_disposable"]),
        ("x@any.mailinator.com", ["email_disposable"]),
        ("x@1secmail.org", ["email_disposable"]),
        ("x@x.y.yopmail.com", ["email_disposable"]),
        ("x@notyopmail.com", ["email_corporate"]),
        ("o@ziggo.nl", ["email_free"]),
        ("x@notmailinator.com", ["email_corporate"]),
        ("o@gmial.com", ["email_corporate", "email_typo"]),
        ("o@gmal.com", ["email_corporate", "email_typo"]),
        ("o@gmaill.com", ["email_corporate", "email_typo"]),
        ("o@gmail.con", ["email_corporate", "email_typo"]),
        ("o@ymail.com", ["email_free"]),
        ("o@mail.com", ["email_free"]),
        ("o@ua.net", ["email_corporate"]),
        ("o@wp.pk", ["email_corporate"]),
    ],
)
def test_emails(address: str, flags: list[str]) -> None:
    assert list(flags_of_email(address)) == flags


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("Олена Коваленко", []),
        ("O'Brien", []),
        ("Ян", []),
        ("Anna Müller-Lüdenscheidt", []),
        ("Dr. No", []),
        ("Іі Ван", []),
        ("Олена 2", ["name_digits"]),
        ("380671234567", ["name_digits"]),
        ("О", ["name_short"]),
        ("О.", ["name_short"]),
        ("ааа", ["name_repeated"]),
        ("Aaa aaa", ["name_repeated"]),
        ("test", ["name_test"]),
        ("Тест Тестов", ["name_test"]),
        ("Test1", ["name_digits", "name_test"]),
        ("QWERTY", ["name_test"]),
        ("Testa Rossa", []),
    ],
)
def test_names(name: str, flags: list[str]) -> None:
    assert list(flags_of([Contact(name)], [], [], Noticed("UA", "", ""), TODAY)) == flags


@pytest.mark.parametrize(
    ("born", "flags"),
    [
        ("1990-01-01", []),
        ("2008-11-21", []),
        ("2008-11-22", ["birth_minor"]),
        ("2024-01-01", ["birth_implausible"]),
        ("1916-11-21", []),
        ("1915-11-20", ["birth_implausible"]),
        ("1990-1930", []),
    ],
)
def test_dates_of_birth(born: str, flags: list[str]) -> None:
    assert list(flags_of([], [], [], Noticed("UA", "", "", born), TODAY)) == flags


@pytest.mark.parametrize(
    ("seen", "flags"),
    [
        (Noticed("UA", "UA-46", "79000"), []),
        (Noticed("UA", "UA-30", "79000"), ["postcode_other_region"]),
        (Noticed("UA", "", "79000"), []),
        (Noticed("UA", "", "", ip="8.8.8.8", ip_country="UA"), []),
        (Noticed("UA", "", "", ip="8.8.8.8", ip_country="PL"), ["ip_other_country"]),
        (Noticed("UA", "", "", ip="192.168.0.1"), ["ip_private"]),
        (Noticed("UA", "", "", ip="::1"), ["ip_private"]),
        (Noticed("UA", "", "", has_left_out=True), ["channel_left_out"]),
    ],
)
def test_places(seen: Noticed, flags: list[str]) -> None:
    assert list(flags_of([], [], [], seen, TODAY)) == flags


def test_flags_stand_in_the_order_of_the_list_each_once() -> None:
    found = flags_of(
        [Contact("test"), Contact("О")], ["+48601234567", "+380671234567"], ["a@b.ua", "c@d.ua"],
        Noticed("UA", "", ""), TODAY,
    )  # fmt: skip
    assert found == ("phone_mobile", "phone_foreign", "email_corporate", "name_short", "name_test")
    assert set(FLAGS) <= set(SENTENCES)


VALUES: dict[str, Any] = {
    "enquired_at": "2026-11-20 10:00",
    "consent_at": "2026-11-20 10:00",
    "property_type": "detached",
    "is_owner": "yes",
    "contacts": [{"name": "Олена", "phones": ["067 123 45 67"]}],
}


def read(changes: dict[str, Any], now: datetime = NOW, **rules: list[str]) -> Any:
    vertical = verticals.get("home_solar")
    screening = Screening(frozenset(rules.get("reject", [])), frozenset(rules.get("quarantine", [])))
    defaults = BatchDefaults(now=now, country="UA", timezone="UTC")
    return read_values(replace(vertical, screening=screening), {**VALUES, **changes}, defaults)


def test_an_unreadable_second_channel_is_told() -> None:
    lead = read({"contacts": [{"phones": ["067 123 45 67", "12"], "emails": ["x"]}]})
    assert isinstance(lead, ReadLead)
    assert [one.code for one in lead.warnings] == ["bad_phone", "bad_email"]
    assert lead.flags == ("phone_mobile", "channel_left_out", "bad_phone", "bad_email")


def test_a_vertical_says_which_flag_rejects() -> None:
    bought = {"contacts": [{"phones": ["067 123 45 67"], "emails": ["x@mailinator.com"]}]}
    assert isinstance(read(bought), ReadLead)
    problems = read(bought, reject=["email_disposable"])
    assert [(one.code, one.message) for one in problems] == [("email_disposable", FLAGS["email_disposable"])]


def test_certificates_are_kept_and_looked_at() -> None:
    lead = read(
        {
            "trustedform_url": CERTIFICATE,
            "jornaya_id": LEADID.lower(),
            "ip": "2001:DB8::0:1",
            "ip_country": "PL",
        }
    )
    assert (lead.trustedform, lead.jornaya, lead.ip) == (CERTIFICATE, LEADID, "2001:db8::1")
    assert lead.flags == ("phone_mobile", "ip_other_country", "ip_private")
    bad = read(
        {"trustedform_url": "https://cert.trustedform.com.evil.example/1", "jornaya_id": "7", "ip": "1.2.3"}
    )
    assert (bad.trustedform, bad.jornaya, bad.ip) == ("", "", "")
    assert [one.code for one in bad.warnings] == ["bad_ip", "bad_trustedform", "bad_jornaya"]
    assert "certificate_bad" in bad.flags


def test_a_certificate_grows_old() -> None:
    given = {"trustedform_url": CERTIFICATE, "consent_at": (NOW - timedelta(days=90)).isoformat()}
    assert "certificate_old" not in read(given).flags
    given["consent_at"] = (NOW - timedelta(days=90, seconds=1)).isoformat()
    assert "certificate_old" in read(given).flags
    assert [one.code for one in read(given, reject=["certificate_old"])] == ["certificate_old"]


def test_a_vertical_cannot_name_a_flag_nobody_raises() -> None:
    with pytest.raises(VerticalFileError, match="odd_shoes"):
        verticals._screening({"reject": ["odd_shoes"]})
    every = [one.screening for one in verticals.current()]
    assert all(one.rejects and one.quarantines for one in every)
    assert not any(one.rejects & one.quarantines for one in every)
