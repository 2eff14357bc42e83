"""Only addresses of the public internet may be a destination."""

import pytest

from app.delivery.addresses import (
    NO_LOOPBACK,
    UnsafeDestination,
    is_public,
    loopback_from,
    webhook_address,
)
from tests.app.delivery.forms import PRIVATE_FORMS, PUBLIC

LISTED = frozenset({("127.0.0.1", 9000), ("localhost", 9001), ("::1", 9002)})
DEMO = {"FLOE_MODE": "demo", "FLOE_ALLOW_LOOPBACK_DESTINATIONS": "127.0.0.1:9000, LOCALHOST:9001,[::1]:9002"}


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_no_spelling_of_a_private_address_is_accepted(form: str) -> None:
    with pytest.raises(UnsafeDestination):
        webhook_address(f"https://{form}/hook")


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_no_spelling_of_a_private_address_is_public(form: str) -> None:
    assert not is_public(form.strip("[]"))


@pytest.mark.parametrize("address", PUBLIC)
def test_ordinary_public_addresses_are_public(address: str) -> None:
    assert is_public(address)
    shown = f"[{address}]" if ":" in address else address
    assert webhook_address(f"https://{shown}/hook").host == address


def test_a_scoped_address_is_not_public() -> None:
    assert not is_public("2a00:1450::1%eth0")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("  https://example.com:443/a b", None),
        ("https://example.com:443/a?b=1", "https://example.com/a?b=1"),
        ("https://example.com:8443/hook", "https://example.com:8443/hook"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://приклад.укр/шлях", "https://xn--80aikifvh.xn--j1amh/%D1%88%D0%BB%D1%8F%D1%85"),
        ("https://straße.de/", "https://xn--strae-oqa.de/"),
        ("https://[2606:4700::1111]:8443/h", "https://[2606:4700::1111]:8443/h"),
    ],
)
def test_a_url_has_one_normal_form(typed: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(UnsafeDestination):
            webhook_address(typed)
    else:
        assert webhook_address(typed).url == stored
        assert webhook_address(stored).url == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "example.com/hook",
        "http://example.com/hook",
        "ftp://example.com/hook",
        "file:///etc/passwd",
        "gopher://example.com:443/_x",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com@127.0.0.1/",
        "https://example.com:80/",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://example.com/#part",
        "https://example.com\\@127.0.0.1/",
        "https://exam ple.com/",
        "https://example.com/\r\nHost: x",
        "https:///hook",
        "https://-bad-.com/",
        "https://a..b/",
        "https://intranet/",
        "https://printer.local/",
        "https://metadata.google.internal/",
        "https://[::1/",
        "https://\u2100.com:443@evil/",
        "https://example.com/" + "a" * 2000,
    ],
)
def test_anything_but_a_plain_public_https_url_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(UnsafeDestination) as refusal:
        webhook_address(typed)
    assert refusal.value.message.endswith(".")


def test_loopback_receivers_are_listed_by_host_and_port_and_may_be_http() -> None:
    assert loopback_from(DEMO) == LISTED
    assert webhook_address("http://127.0.0.1:9000/x", LISTED).url == "http://127.0.0.1:9000/x"
    assert webhook_address("http://localhost:9001", LISTED).port == 9001
    assert webhook_address("https://[::1]:9002/", LISTED).url == "https://[::1]:9002/"
    for near in (
        "http://127.0.0.1:9001/",
        "http://127.0.0.2:9000/",
        "ftp://127.0.0.1:9000/",
        "http://127.1:9000/",
    ):
        with pytest.raises(UnsafeDestination):
            webhook_address(near, LISTED)


@pytest.mark.parametrize("mode", ["live", "", None])
def test_outside_demo_and_test_mode_the_loopback_list_is_empty(mode: str | None) -> None:
    environ = {**DEMO, "FLOE_MODE": mode or ""}
    if mode is None:
        del environ["FLOE_MODE"]
    assert loopback_from(environ) == NO_LOOPBACK


@pytest.mark.parametrize(
    "extra", [{"STRIPE_SECRET_KEY": "sk_live_1"}, {"FLOE_ALLOW_LOOPBACK_DESTINATIONS": "127.0.0.1"}]
)
def test_a_loopback_list_beside_live_keys_or_malformed_stops_the_start(extra: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="FLOE_ALLOW_LOOPBACK_DESTINATIONS"):
        loopback_from({**DEMO, **extra})
