"""One mailbox, one normal form."""

import pytest

from tenants.email_address import read_email
from tenants.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("  Ann.Lee@Example.COM ", "ann.lee@example.com"),
        ("ＡＮＮ@example.com", "ann@example.com"),
        ("ann@пошта.укр", "ann@xn--80a1acn3a.xn--j1amh"),
        ("owner@floe.test", "owner@floe.test"),
    ],
)
def test_spellings_of_one_mailbox_have_one_normal_form(typed: str, normal: str) -> None:
    assert read_email(typed)[1] == normal


def test_the_address_keeps_the_owners_spelling() -> None:
    assert read_email("Ann.Lee@Example.com")[0] == "Ann.Lee@example.com"


@pytest.mark.parametrize(
    "typed", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@example.com\nBcc: x@y.com"]
)
def test_what_is_no_address_is_refused_by_name(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_email(typed)
    assert set(refusal.value.details["fields"]) == {"email"}
