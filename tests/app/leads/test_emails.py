"""E-mails: one normal form, and the fast path accepts nothing the library refuses."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from app.leads import emails


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (" Olena.Kovalenko@UKR.net ", "olena.kovalenko@ukr.net"),
        ("Olena <o@ukr.net>", "o@ukr.net"),
        ("mailto:o@ukr.net", "o@ukr.net"),
        ("o@почта.укр", "o@xn--80a1acny.xn--j1amh"),
        ("a..b@ukr.net", None),
        ("a@-b.com", None),
        ("a@b", None),
        ("a@shop.test", None),
        ("x" * 65 + "@ukr.net", None),
        ("not an address", None),
        ("a" * 600, None),
    ],
)
def test_an_address_has_one_normal_form_or_none(raw: str, normal: str | None) -> None:
    assert emails.normal_form(raw) == normal


@given(st.from_regex(r"[a-z0-9.+_'-]{1,8}@[a-z0-9.-]{1,14}", fullmatch=True))
def test_the_fast_path_agrees_with_the_library(raw: str) -> None:
    try:
        valid = validate_email(raw, check_deliverability=False, strict=True)
        expected = f"{valid.local_part.lower()}@{valid.ascii_domain}"
    except EmailNotValidError:
        expected = None
    assert emails.normal_form(raw) == expected


@given(st.emails())
def test_the_normal_form_of_a_normal_form_is_itself(raw: str) -> None:
    normal = emails.normal_form(raw)
    assert normal is None or emails.normal_form(normal) == normal


def test_a_cell_with_several_addresses_is_split() -> None:
    assert emails.split("a@b.com або c@d.com; e@f.com/g@h.com\ni@j.com") == [
        "a@b.com",
        "c@d.com",
        "e@f.com",
        "g@h.com",
        "i@j.com",
    ]
    assert emails.split("  ") == []
    assert emails.split("o'neil/x@b.com") == ["o'neil/x@b.com"]
