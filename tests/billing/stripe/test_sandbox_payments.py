"""Money through the sandbox: paid once, declined, proved by 3-D Secure, expired, booked late, refunded."""

import pytest

from billing.stripe.refusals import StripeRequestRefused
from tests.billing.stripe.sandbox_wire import say
from tests.billing.stripe.sandbox_world import SandboxWorld

DECLINED, POOR, CHALLENGED = "4000000000000002", "4000000000009995", "4000000000003220"


def types(sandbox: SandboxWorld) -> list[str]:
    return [event.type for event in sandbox.gateway.events().items[::-1]]


def test_a_paid_session_has_one_charge_not_yet_booked(sandbox: SandboxWorld) -> None:
    session = sandbox.paid(amount_minor=5000)
    intent = sandbox.gateway.payment_intent(session.payment_intent_id)
    assert session.is_paid
    assert session.url is None
    assert (intent.status, intent.received_minor, intent.metadata) == ("succeeded", 5000, {"top_up": "t1"})
    assert intent.latest_charge.balance_transaction_id is None
    assert types(sandbox) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_the_fee_comes_later_with_charge_updated(sandbox: SandboxWorld) -> None:
    session = sandbox.paid(amount_minor=5000)
    sandbox.capture()
    booked = sandbox.gateway.payment_intent(session.payment_intent_id).latest_charge.balance_transaction
    assert (booked.amount_minor, booked.fee_minor, booked.net_minor, booked.status) == (
        5000,
        100,
        4900,
        "pending",
    )
    (update,) = sandbox.gateway.events(types=("charge.updated",)).items
    assert update.object["balance_transaction"] == booked.id
    (succeeded,) = sandbox.gateway.events(types=("charge.succeeded",)).items
    assert succeeded.object["balance_transaction"] is None


def test_booked_money_is_pending_then_available(sandbox: SandboxWorld) -> None:
    sandbox.paid(amount_minor=5000)
    assert sandbox.gateway.balance().pending_minor == {"EUR": 0}
    sandbox.capture()
    assert sandbox.gateway.balance().pending_minor == {"EUR": 4900}
    sandbox.remote.advance_clock(2 * 86400)
    balance = sandbox.gateway.balance()
    assert (balance.available_minor, balance.pending_minor) == ({"EUR": 4900}, {"EUR": 0})
    assert sandbox.gateway.balance_transactions().items[0].status == "available"


def test_paying_twice_takes_money_once(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    assert [sandbox.remote.pay(session.id)["state"] for _ in range(3)] == ["paid"] * 3
    assert types(sandbox).count("charge.succeeded") == 1


def test_a_double_click_on_the_page_takes_money_once(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    answers = [
        say(sandbox.url, "POST", f"/c/pay/{session.id}", {"card": "4242424242424242"}) for _ in range(2)
    ]
    assert [answer.headers["Location"] for answer in answers] == [
        f"http://127.0.0.1:9/done?session={session.id}"
    ] * 2
    assert types(sandbox).count("charge.succeeded") == 1


@pytest.mark.parametrize(("card", "reason"), [(DECLINED, "generic_decline"), (POOR, "insufficient_funds")])
def test_a_declined_card_leaves_its_rows_and_the_session_open(
    sandbox: SandboxWorld, card: str, reason: str
) -> None:
    session = sandbox.session()
    assert sandbox.remote.pay(session.id, card=card)["state"] == "open"
    session = sandbox.gateway.checkout(session.id)
    intent = sandbox.gateway.payment_intent(session.payment_intent_id)
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (intent.status, intent.error_code, intent.decline_code) == (
        "requires_payment_method",
        "card_declined",
        reason,
    )
    assert intent.latest_charge.status == "failed"
    assert types(sandbox)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
    assert sandbox.remote.pay(session.id)["state"] == "paid"
    assert sandbox.gateway.checkout(session.id).payment_intent_id == intent.id
    sandbox.capture()
    assert sandbox.gateway.balance().pending_minor == {"EUR": 4900}


def test_three_d_secure_waits_for_its_answer(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    assert sandbox.remote.pay(session.id, card=CHALLENGED, challenge="wait")["state"] == "challenge"
    intent_id = sandbox.gateway.checkout(session.id).payment_intent_id
    assert sandbox.gateway.payment_intent(intent_id).status == "requires_action"
    assert say(sandbox.url, "POST", f"/c/pay/{session.id}/3ds", {"verdict": "complete"}).status == 303
    assert sandbox.gateway.payment_intent(intent_id).status == "succeeded"
    assert "payment_intent.requires_action" in types(sandbox)


def test_a_failed_three_d_secure_takes_nothing(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    told = sandbox.remote.pay(session.id, card=CHALLENGED, challenge="fail")
    assert told["state"] == "open"
    intent = sandbox.gateway.payment_intent(told["payment_intent"])
    assert (intent.status, intent.error_code, intent.latest_charge) == (
        "requires_payment_method",
        "payment_intent_authentication_failure",
        None,
    )
    # The verdict of a challenge that is over changes nothing.
    late = say(sandbox.url, "POST", f"/c/pay/{session.id}/3ds", {"verdict": "complete"})
    assert (late.status, late.headers["Location"]) == (303, f"/c/pay/{session.id}")
    assert not sandbox.gateway.checkout(session.id).is_paid


def test_a_session_runs_out_by_itself_and_takes_nothing_after(sandbox: SandboxWorld) -> None:
    session = sandbox.session()
    sandbox.remote.advance_clock(3601)
    assert sandbox.gateway.checkout(session.id).status == "expired"
    assert sandbox.remote.pay(session.id)["state"] == "expired"
    assert types(sandbox) == ["checkout.session.expired"]


def test_an_open_session_can_be_expired_and_a_paid_one_not(sandbox: SandboxWorld) -> None:
    assert sandbox.gateway.expire_checkout(sandbox.session().id).status == "expired"
    with pytest.raises(StripeRequestRefused):
        sandbox.gateway.expire_checkout(sandbox.paid().id)


def test_refunds_are_booked_and_never_exceed_the_charge(sandbox: SandboxWorld) -> None:
    session = sandbox.paid(amount_minor=5000)
    sandbox.capture()
    first = sandbox.gateway.refund("r1", session.payment_intent_id, 2000)
    assert sandbox.gateway.refund("r1", session.payment_intent_id, 2000) == first
    booked = sandbox.gateway.balance_transaction(first.balance_transaction_id)
    assert (booked.type, booked.amount_minor, booked.fee_minor, booked.source_id) == (
        "refund",
        -2000,
        0,
        first.id,
    )
    with pytest.raises(StripeRequestRefused) as refusal:
        sandbox.gateway.refund("r2", session.payment_intent_id, 3001)
    assert refusal.value.details["stripe_code"] == "amount_too_large"
    sandbox.gateway.refund("r3", session.payment_intent_id, 3000)
    assert sandbox.gateway.charge(first.charge_id).refunded_minor == 5000
    net = sum(row.net_minor for row in sandbox.gateway.balance_transactions().items)
    balance = sandbox.gateway.balance()
    assert net == -100 == balance.available_minor["EUR"] + balance.pending_minor["EUR"]


def test_time_set_back_keeps_a_capture_as_near_as_it_was(sandbox: SandboxWorld) -> None:
    session = sandbox.paid()
    sandbox.remote.advance_clock(-30 * 86400)
    sandbox.capture()
    assert (
        sandbox.gateway.payment_intent(session.payment_intent_id).latest_charge.balance_transaction
        is not None
    )
