"""A damaged channel is put right only when one thing alone can have been meant."""

import pytest

from app.leads import emails, phones, repairs


@pytest.mark.parametrize(
    ("raw", "country", "meant"),
    [
        ("067 123 45 6О", "UA", "+380671234560"),  # a Cyrillic letter for a zero
        ("O67 l23 45 67", "UA", "+380671234567"),
        ("тел. 067 123-45-67 Олена", "UA", "+380671234567"),
        ("8067 123 45 67", "UA", "+380671234567"),
        ("38 067 123 45 67", "UA", "+380671234567"),
        ("+380 067 123 45 67", "UA", "+380671234567"),
        ("00380671234567", "UA", "+380671234567"),
        ("380380671234567", "UA", "+380671234567"),
        ("tel: 601 234 567 (Anna)", "PL", "+48601234567"),
        ("+48 0 601 234 567", "PL", "+48601234567"),
    ],
)
def test_a_phone_with_one_meaning_is_put_right(raw: str, country: str, meant: str) -> None:
    assert repairs.phone(raw, country) == meant
    assert phones.to_e164(meant, country) == meant


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "12",
        "3,80671E+11",
        "немає",
        "067 123 45 67 / 050 123 45 67",
        "1111111111111111",
        "067-123",
        "0" * 300,
    ],
)
def test_a_phone_without_one_meaning_stays_wrong(raw: str) -> None:
    assert repairs.phone(raw, "UA") is None


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("olena @ example.com", "olena@example.com"),
        ("olena@example,com", "olena@example.com"),
        ("olena@@example.com", "olena@example.com"),
        ("olena(at)example(dot)com", "olena@example.com"),
        ("olena at example dot com", "olena@example.com"),
        ("оlеnа@example.com", "olena@example.com"),
        ("olena@example..com.", "olena@example.com"),
        (".olena..k.@example.com", "olena.k@example.com"),
    ],
)
def test_an_email_with_one_meaning_is_put_right(raw: str, meant: str) -> None:
    assert emails.normal_form(raw) != meant, "it needs no repair"
    assert repairs.email(raw) == meant


@pytest.mark.parametrize(
    "raw", ["", "olena", "@", "olena@", "@example.com", "a@b@c.com", "olena@example", "x" * 900]
)
def test_an_email_without_one_meaning_stays_wrong(raw: str) -> None:
    assert repairs.email(raw) is None
