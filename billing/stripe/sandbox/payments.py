"""What a visitor's card does to an open session: pays it, is declined, or asks for proof first.

Invariants: a session is paid at most once, however often the button is pressed; a declined attempt keeps its rows; a
fresh charge has no balance transaction, because capture is asynchronous (`bookings.py` adds it later).
"""

from dataclasses import dataclass

from billing.stripe.sandbox import objects
from billing.stripe.sandbox.act import Act, public
from billing.stripe.sandbox.store import Json


@dataclass(frozen=True)
class Card:
    """One of Stripe's published test cards and what it does."""

    number: str
    label: str
    decline_code: str | None = None
    asks_proof: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "Succeeds"),
        Card("4000000000000002", "Is declined", decline_code="generic_decline"),
        Card("4000000000009995", "Is declined: insufficient funds", decline_code="insufficient_funds"),
        Card("4000000000003220", "Asks for 3-D Secure", asks_proof=True),
    )
}

_SENTENCES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}


def state_of(act: Act, session: Json) -> str:
    """`open`, `challenge` (waiting for 3-D Secure), `paid` or `expired`; closes a session whose time is over."""
    if session["status"] == "open" and session["expires_at"] <= act.now:
        expire(act, session)
    if session["status"] != "open":
        return "paid" if session["status"] == "complete" else "expired"
    intent = _intent(act, session)
    return "challenge" if intent and intent["status"] == "requires_action" else "open"


def expire(act: Act, session: Json) -> Json:
    """Closes an open session for good."""
    session.update(status="expired", url=None)
    act.save(session)
    act.tell("checkout.session.expired", session)
    return session


def attempt(act: Act, session: Json, card: Card) -> str:
    """Tries the card; returns the session's state after it. On a session no longer open it changes nothing."""
    state = state_of(act, session)
    if state in ("paid", "expired"):
        return state
    intent = _intent(act, session) or _open_intent(act, session)
    method = objects.payment_method(act, card.last4, _email(act, session), session["customer"])
    if card.decline_code:
        _decline(act, intent, method, card.decline_code)
    elif card.asks_proof:
        _ask_proof(act, session, intent, method)
    else:
        _succeed(act, session, intent, method, is_challenged=False)
    return state_of(act, session)


def answer_challenge(act: Act, session: Json, is_passed: bool) -> str:
    """The 3-D Secure page's verdict; without a waiting challenge it changes nothing."""
    if state_of(act, session) != "challenge":
        return state_of(act, session)
    intent = act.load("payment_intent", session["payment_intent"])
    method = intent.pop("_challenged_method")
    if is_passed:
        _succeed(act, session, intent, method, is_challenged=True)
    else:
        message = (
            "We are unable to authenticate your payment method. Please choose a different payment method."
        )
        error = {"code": "payment_intent_authentication_failure", "message": message}
        _fail_intent(act, intent, method, error)
    return state_of(act, session)


def last_error(act: Act, session: Json) -> str | None:
    """The sentence the visitor should read about the attempt before."""
    intent = _intent(act, session)
    error = intent["last_payment_error"] if intent else None
    return str(error["message"]) if error else None


def _intent(act: Act, session: Json) -> Json | None:
    return act.load("payment_intent", session["payment_intent"]) if session["payment_intent"] else None


def _email(act: Act, session: Json) -> str | None:
    if not session["customer"]:
        return str(session["customer_email"]) if session["customer_email"] else None
    found = act.load("customer", session["customer"])["email"]
    return str(found) if found else None


def _open_intent(act: Act, session: Json) -> Json:
    intent = act.save(objects.payment_intent(act, session))
    act.tell("payment_intent.created", intent)
    session["payment_intent"] = intent["id"]
    act.save(session)
    return intent


def _succeed(act: Act, session: Json, intent: Json, method: Json, *, is_challenged: bool) -> None:
    charge = objects.charge(act, intent, method, is_challenged)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        payment_method=method["id"],
        last_payment_error=None,
        next_action=None,
    )
    email = _email(act, session)
    session.update(
        status="complete",
        payment_status="paid",
        url=None,
        customer_details={
            **dict.fromkeys(("address", "business_name", "individual_name", "name", "phone")),
            "email": email,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    )
    act.save(charge, parent=intent["id"])
    act.save(intent)
    act.save(session)
    act.tell("charge.succeeded", charge)
    act.tell("payment_intent.succeeded", intent)
    act.tell("checkout.session.completed", session)
    act.later(act.now + act.settings.capture_delay_seconds, "book", charge["id"])


def _decline(act: Act, intent: Json, method: Json, decline_code: str) -> None:
    message = _SENTENCES[decline_code]
    charge = objects.charge(act, intent, method, is_challenged=False)
    charge.update(
        amount_captured=0, captured=False, paid=False, status="failed", failure_code="card_declined",
        failure_message=message,
    )  # fmt: skip
    charge["outcome"].update(
        network_status="declined_by_network",
        reason=decline_code,
        seller_message="The bank did not return any further details with this decline.",
        type="issuer_declined",
    )
    act.save(charge, parent=intent["id"])
    act.tell("charge.failed", charge)
    intent["latest_charge"] = charge["id"]
    error = {
        "charge": charge["id"],
        "code": "card_declined",
        "decline_code": decline_code,
        "message": message,
    }
    _fail_intent(act, intent, method, error)


def _fail_intent(act: Act, intent: Json, method: Json, error: Json) -> None:
    told = {**error, "payment_method": public(method), "type": "card_error"}
    intent.pop("_challenged_method", None)
    intent.update(
        status="requires_payment_method", last_payment_error=told, next_action=None, payment_method=None
    )
    act.save(intent)
    act.tell("payment_intent.payment_failed", intent)


def _ask_proof(act: Act, session: Json, intent: Json, method: Json) -> None:
    page = f"{act.base_url}/c/pay/{session['id']}/3ds"
    intent.update(
        status="requires_action",
        payment_method=method["id"],
        last_payment_error=None,
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": session["success_url"], "url": page},
        },
        _challenged_method=method,
    )
    act.save(intent)
    act.tell("payment_intent.requires_action", intent)
