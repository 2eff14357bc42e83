"""The hosted pages: they work without scripts, load nothing from outside, and always say that it is simulated."""

import re

import pytest

from tests.billing.stripe.sandbox_wire import Heard, say
from tests.billing.stripe.sandbox_world import SandboxWorld


def look(sandbox: SandboxWorld, path: str) -> Heard:
    heard = say(sandbox.url, "GET", path)
    assert "SIMULATED" in heard.text
    assert "no real money" in heard.text
    assert "<script" not in heard.text
    assert "style=" not in heard.text
    return heard


def test_the_page_offers_the_four_cards_the_amount_and_a_way_back(sandbox: SandboxWorld) -> None:
    session = sandbox.session(amount_minor=123456, description="Top-up <b>&")
    heard = look(sandbox, f"/c/pay/{session.id}")
    assert "1,234.56 EUR" in heard.text
    assert "Top-up &lt;b&gt;&amp;" in heard.text
    assert [number[-4:] for number in re.findall(r'value="(\d{16})"', heard.text)] == [
        "4242",
        "0002",
        "9995",
        "3220",
    ]
    assert 'href="http://127.0.0.1:9/cancelled"' in heard.text


def test_the_policy_forbids_everything_but_the_way_back(sandbox: SandboxWorld) -> None:
    policy = look(sandbox, f"/c/pay/{sandbox.session().id}").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9" in policy
    assert "unsafe" not in policy


def test_a_decline_is_said_in_words_on_the_page(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    heard = say(sandbox.url, "POST", f"/c/pay/{session.id}", {"card": "4000000000009995"})
    assert (heard.status, heard.headers["Location"]) == (303, f"/c/pay/{session.id}")
    assert "insufficient funds" in look(sandbox, f"/c/pay/{session.id}").text.split("<form")[0]


@pytest.mark.parametrize("verdict", ["complete", "fail"])
def test_three_d_secure_asks_and_goes_on(sandbox: SandboxWorld, verdict: str) -> None:
    session = sandbox.session()
    heard = say(sandbox.url, "POST", f"/c/pay/{session.id}", {"card": "4000000000003220"})
    assert heard.headers["Location"] == f"/c/pay/{session.id}/3ds"
    look(sandbox, heard.headers["Location"])
    after = say(sandbox.url, "POST", heard.headers["Location"], {"verdict": verdict}).headers["Location"]
    assert after == (
        f"http://127.0.0.1:9/done?session={session.id}" if verdict == "complete" else f"/c/pay/{session.id}"
    )


def test_a_paid_and_an_expired_session_show_a_sentence(sandbox: SandboxWorld) -> None:
    paid, expired = sandbox.paid(), sandbox.session()
    sandbox.gateway.expire_checkout(expired.id)
    assert "Already paid" in look(sandbox, f"/c/pay/{paid.id}").text
    assert "expired" in look(sandbox, f"/c/pay/{expired.id}").text


def test_a_card_not_on_the_page_changes_nothing(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    assert say(sandbox.url, "POST", f"/c/pay/{session.id}", {"card": "4111111111111111"}).status == 303
    assert sandbox.gateway.events().items == ()


@pytest.mark.parametrize(
    "path", ["/c/pay/cs_test_none", "/c/pay/", "/c/other", "/c/pay/{customer}", "/c/pay/{session}/x"]
)
def test_any_other_address_leads_to_no_payment(sandbox: SandboxWorld, path: str) -> None:
    session = sandbox.session()
    assert look(sandbox, path.format(customer=session.customer_id, session=session.id)).status == 404


def test_the_style_sheet_is_served_from_here(sandbox: SandboxWorld) -> None:
    assert say(sandbox.url, "GET", "/c/checkout.css").headers["Content-Type"].startswith("text/css")
