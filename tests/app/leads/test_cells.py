"""Single values: money, numbers, yes and no, web addresses, dates and times."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leads import cells, moments
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
        "21.11.26",
        "21.11.2026 25:00",
        "",
    ],
)
def test_other_spellings_of_a_time_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        moments.read_time(text, KYIV)


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
