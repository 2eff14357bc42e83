"""Money, numbers and times as people of each language read them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from app import formats
from tenants import clock
from tenants.errors import Invalid
from tests.app.face import face

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SITE = face()


@pytest.fixture(autouse=True)
def _in_kyiv_at_noon() -> Iterator[None]:
    with SITE.test_request_context("/"), clock.at(NOON):
        yield


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "1,234,567.80"), ("uk", "1\u00a0234\u00a0567,80"), ("pl", "1\u00a0234\u00a0567,80")],
)
def test_money_is_grouped_as_the_language_groups_and_ends_with_its_code(language: str, shown: str) -> None:
    with force_locale(language):
        assert formats.money_text(123456780, "EUR") == f"{shown}\u00a0EUR"


def test_money_has_a_true_minus_a_mark_and_a_small_code() -> None:
    assert formats.money(-2966, "EUR") == (
        '<span class="money money-out">\u221229.66\u00a0<small>EUR</small></span>'
    )
    assert formats.money_text(2966, "EUR", signed=True) == "+29.66\u00a0EUR"
    assert formats.money_text(0, "EUR", signed=True) == "0.00\u00a0EUR"


def test_a_currency_without_cents_shows_none() -> None:
    assert formats.money_text(5000, "JPY") == "5,000\u00a0JPY"


@given(minor=st.integers(-(10**14), 10**14), language=st.sampled_from(["en", "uk", "pl", "ru"]))
def test_what_a_form_shows_is_read_back_to_the_cent(minor: int, language: str) -> None:
    with SITE.test_request_context("/"), force_locale(language):
        assert formats.read_money(formats.money_input(minor, "EUR"), "EUR") == minor


@pytest.mark.parametrize("text", ["", "abc", "1.2.3", "1,23", "0.001", "NaN", "Infinity", "1e400"])
def test_what_is_no_amount_is_refused_and_never_rounded(text: str) -> None:
    with pytest.raises(Invalid):
        formats.read_money(text, "EUR")


def test_typed_groups_are_understood() -> None:
    with force_locale("uk"):
        assert formats.read_money("1\u00a0234,50", "EUR") == 123450
        assert formats.read_money(" 1 234,50 ", "EUR") == 123450


def test_shares_and_rates() -> None:
    assert formats.percent(0.1239) == "12.4\u00a0%"
    assert formats.percent(-0.019, signed=True) == "\u22121.9\u00a0%"
    assert formats.percent(0.124, signed=True) == "+12.4\u00a0%"
    assert formats.percent(0.5, digits=0) == "50\u00a0%"
    assert formats.percent_bp(3000) == "30\u00a0%"
    assert formats.percent_bp(1250) == "12.5\u00a0%"


def test_numbers() -> None:
    assert formats.number(9872) == "9,872"
    assert formats.number(-3) == "\u22123"
    assert formats.compact(12345) == "12.3K"
    assert formats.money_compact(2_000_000, "EUR") == "20K\u00a0EUR"
    assert formats.file_size(999) == "999\u00a0B"
    assert formats.file_size(1_234_567) == "1.2\u00a0MB"


def test_a_moment_is_shown_in_the_readers_zone_with_the_exact_instant_in_its_title() -> None:
    shown = formats.moment(datetime(2026, 11, 21, 22, 54, 7, tzinfo=UTC))
    assert ">22 Nov, 00:54<" in shown
    assert 'title="22 November 2026, 00:54:07 Europe/Kyiv"' in shown
    assert 'datetime="2026-11-21T22:54:07+00:00"' in shown


def test_the_year_is_shown_when_it_is_another() -> None:
    assert ">21 Nov 2025, 14:00<" in formats.moment(NOON - timedelta(days=365))
    assert ">5 Mar<" in formats.day(date(2026, 3, 5))
    assert ">5 Mar 2027<" in formats.day(date(2027, 3, 5))


def test_the_day_of_an_instant_is_the_readers_day() -> None:
    assert ">22 Nov<" in formats.day(datetime(2026, 11, 21, 22, 30, tzinfo=UTC))


def test_distances_in_time() -> None:
    assert ">just now<" in formats.ago(NOON - timedelta(seconds=20))
    assert ">2 hours ago<" in formats.ago(NOON - timedelta(hours=2))
    assert ">in 3 days<" in formats.ago(NOON + timedelta(days=3))
    with force_locale("uk"):
        assert ">2 години тому<" in formats.ago(NOON - timedelta(hours=2))
    assert formats.duration(40) == "40 sec"
    assert formats.duration(190) == "3 min"


def test_no_time_shows_a_dash_and_a_naive_one_is_refused() -> None:
    assert formats.moment(None) == formats.day(None) == formats.ago(None) == "–"
    for written in (formats.moment, formats.ago):
        with pytest.raises(ValueError, match="aware"):
            written(datetime(2026, 11, 21))  # noqa: DTZ001


def test_outside_a_request_english_and_utc_are_used() -> None:
    from contextvars import Context

    assert Context().run(formats.money_text, 123456, "EUR") == "1,234.56\u00a0EUR"


def test_a_constant_in_a_template_is_written_anew_for_each_language() -> None:
    template = SITE.jinja_env.from_string("{{ 123456|money_text('EUR') }}")
    assert template.render() == "1,234.56\u00a0EUR"
    with force_locale("uk"):
        assert template.render() == "1\u00a0234,56\u00a0EUR"


def test_the_space_a_person_types_groups_where_the_language_groups_by_spaces() -> None:
    assert formats.page_language() == "en"
    with pytest.raises(Invalid):
        formats.read_money("1 234.50", "EUR")
