"""Single values: money, numbers, yes and no, web addresses, dates and times."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leads import cells, moments, month_names
from app.leads.problems import SENTENCES, Problem, Unreadable
from app.leads.spelling import plain

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("120 000,50", "UAH", 12_000_050),
        ("1,200", "UAH", 120_000),
        ("1.200,50", "EUR", 120_050),
        ("1,200.50", "GBP", 120_050),
        ("£1 200", "GBP", 120_000),
        ("1 200 zł", "PLN", 120_000),
        ("1200 грн.", "UAH", 120_000),
        ("UAH 5", "UAH", 500),
        ("12.5", "EUR", 1250),
        ("500", "JPY", 500),
        ("0", "EUR", 0),
    ],
)
def test_money_is_read_to_minor_units(text: str, currency: str, minor: int) -> None:
    assert cells.read_money(text, currency) == minor


@pytest.mark.parametrize(
    "text", ["-5", "1,2,3", "5000-6000", "10 тис", "", "free", "1.5 JPY", "9" * 20, "1,23,4.5"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        cells.read_money(text, "JPY" if "JPY" in text else "UAH")


def test_another_currency_is_refused_by_name() -> None:
    with pytest.raises(Unreadable) as answer:
        cells.read_money("5 €", "UAH")
    assert (
        answer.value.problem("loan_amount", "5 €").message
        == "The amount is in EUR, but this upload is in UAH."
    )


@given(st.integers(0, 10**12))
def test_an_amount_written_by_us_is_read_back(minor: int) -> None:
    assert cells.read_money(f"{minor // 100}.{minor % 100:02}", "EUR") == minor


def test_whole_numbers_may_set_thousands_apart() -> None:
    assert [cells.read_integer(text) for text in ("35", "1 200", "12.0", "-3")] == [35, 1200, 12, -3]
    for text in ("3.5", "1 20", "x", "٣"):
        with pytest.raises(Unreadable):
            cells.read_integer(text)


def test_yes_and_no_are_known_in_our_languages() -> None:
    assert all(cells.read_boolean(text) for text in ("Так", "YES", "да", "tak", "1", "+"))
    assert not any(cells.read_boolean(text) for text in ("ні", "No", "нет", "nie", "0"))
    with pytest.raises(Unreadable):
        cells.read_boolean("maybe")


def test_a_web_address_gets_its_scheme() -> None:
    assert cells.read_url("floe.example/a?b=1") == "https://floe.example/a?b=1"
    assert cells.read_url("http://floe.example") == "http://floe.example"
    for text in ("javascript:alert(1)", "no site", "http://", "ftp://x.example"):
        with pytest.raises(Unreadable):
            cells.read_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "21.11.2026 14:03",
        "21/11/2026 14:03",
        "21.11.2026 14:03:00",
        "2026-11-21 14:03",
        "2026-11-21T14:03:00",
        "2026-11-21T12:03:00Z",
        "2026-11-21T12:03:00.000+00:00",
        "2026-11-21 13:03 +01:00",
        "21.11.26 14:03",
        "21-11-2026 14:03",
        "21/11/2026 2:03 PM",
        "21/11/2026, 02:03:00 p.m.",
        "21 листопада 2026 14:03",
        "21 листопада 2026 р., 14:03",
        "Nov 21, 2026 2:03 PM",
        "Nov 21, 2026, 2:03\u202fPM",
        "November 21st, 2026 14:03",
        "21-Nov-26 14:03",
        "21 listopada 2026 r. 14:03",
        "21 ноября 2026 года 14:03",
        "21 нояб. 2026 г., 14:03",
    ],
)
def test_a_time_without_a_zone_is_the_agencys_and_one_with_a_zone_is_its_own(text: str) -> None:
    assert moments.read_time(text, KYIV) == datetime(2026, 11, 21, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "11/21/2026 14:03",
        "32.01.2026",
        "2026-W47-6",
        "20261121",
        "tomorrow",
        "21.11.2026 25:00",
        "26-11-20",
        "21.11-2026",
        "46347",
        "1795263780",
        "13:03 PM 21.11.2026",
        "21.11.2026 13:03 PM",
        "21.11.2026 0:03 AM",
        "21 Листопаду 2026",
        "31 лютого 2026",
        "November 2026",
        "",
    ],
)
def test_other_spellings_of_a_time_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        moments.read_time(text, KYIV)


@pytest.mark.parametrize(
    "text", ["11/21/2026 14:03", "11/21/26 2:03 PM", "11-21-2026 14:03", "2026-11-21 14:03"]
)
def test_the_month_stands_first_where_it_is_said(text: str) -> None:
    assert moments.read_time(text, KYIV, True) == datetime(2026, 11, 21, 12, 3, tzinfo=UTC)
    assert moments.is_date(text)


@pytest.mark.parametrize(
    ("text", "is_month_first", "code"),
    [
        ("11/21/2026 14:03", False, "month_is_first"),
        ("11/21/26", False, "month_is_first"),
        ("21.11.2026 14:03", True, "day_is_first"),
        ("21.13.2026", True, "not_a_time"),
        ("02/30/2026", False, "not_a_time"),
    ],
)
def test_a_date_of_the_other_order_is_refused_by_its_name(text: str, is_month_first: bool, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        moments.read_time(text, KYIV, is_month_first)
    assert refused.value.code == code


def test_midnight_and_noon_of_twelve_hours() -> None:
    assert moments.read_time("21.11.2026 12:03 AM", KYIV) == moments.read_time("21.11.2026 00:03", KYIV)
    assert moments.read_time("21.11.2026 12:03 PM", KYIV) == moments.read_time("21.11.2026 12:03", KYIV)


def test_a_birthday_needs_its_century() -> None:
    assert moments.read_date("20.11.1985", is_past=True) == date(1985, 11, 20)
    for text in ("20.11.85", "20 Nov 85"):
        with pytest.raises(Unreadable) as refused:
            moments.read_date(text, is_past=True)
        assert refused.value.code == "year_too_short"


def test_no_word_names_two_months() -> None:
    words = [word for line in month_names.WORDS for word in line.split()]
    assert len(words) == len(set(words))


def test_a_day_alone_is_its_first_moment() -> None:
    assert moments.read_time("01.07.2026", KYIV) == datetime(2026, 6, 30, 21, 0, tzinfo=UTC)
    assert moments.read_date("01.07.2026 23:59") == date(2026, 7, 1)


def test_the_edge_of_the_calendar_is_refused_and_does_not_crash() -> None:
    with pytest.raises(Unreadable):
        moments.read_time("0001-01-01", KYIV)


@given(st.text(max_size=30))
def test_the_plain_form_of_a_plain_form_is_itself(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_every_sentence_can_be_filled() -> None:
    filler = dict.fromkeys(("limit", "low", "high", "given", "expected", "allowed", "days", "found"), 1)
    assert all("%(" not in Problem(None, code, filler).message for code in SENTENCES)
