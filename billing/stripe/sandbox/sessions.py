"""Opening, showing and closing checkout sessions through the API."""

from typing import Any
from urllib.parse import urlsplit

from billing.stripe.sandbox import objects, payments
from billing.stripe.sandbox.act import Act
from billing.stripe.sandbox.refusals import invalid_request, not_implemented
from billing.stripe.sandbox.store import Json

_SHORTEST_SECONDS, _LONGEST_SECONDS = 30 * 60, 24 * 3600
_SMALLEST_MINOR, _LARGEST_MINOR = 50, 99_999_999


def create(act: Act, params: Json) -> Json:
    """Opens a session for one line of EUR; anything else real Stripe could sell is a 501."""
    if params.get("mode") != "payment":
        raise not_implemented("this mode of checkout", "mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_implemented("this ui_mode", "ui_mode")
    _check_addresses(params)
    _check_expiry(act, params)
    line = _only_line(params)
    amount = line["price_data"]["unit_amount"] * line["quantity"]
    _check_amount(amount)
    if "customer" in params:
        act.load("customer", params["customer"], "customer")
        if "customer_email" in params:
            told = "You may only specify one of these parameters: customer, customer_email."
            raise invalid_request(told, param="customer_email")
    session = objects.checkout_session(act, params, amount, line["price_data"]["currency"])
    session["_line_items"] = [objects.line_item(act, line)]
    session["_payment_intent_data"] = params.get("payment_intent_data", {})
    act.later(session["expires_at"], "expire", session["id"])
    return act.save(session)


def retrieve(act: Act, session: Json) -> Json:
    """The session as it is now; one whose time is over has expired."""
    payments.state_of(act, session)
    return session


def expire(act: Act, session: Json) -> Json:
    """Closes an open session; a paid or closed one is refused."""
    state = payments.state_of(act, session)
    if state not in ("open", "challenge"):
        told = 'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
        raise invalid_request(f"{told} {session['status']}.")
    return payments.expire(act, session)


def _only_line(params: Json) -> Json:
    lines: list[Any] = params.get("line_items") or []
    if not lines:
        raise invalid_request("Missing required param: line_items.", "parameter_missing", "line_items")
    if len(lines) > 1:
        raise not_implemented("more than one line item", "line_items[1]")
    line: Json = lines[0]
    for missing_one, holder, where in (
        ("price_data", line, "line_items[0]"),
        ("quantity", line, "line_items[0]"),
        ("unit_amount", line.get("price_data", {}), "line_items[0][price_data]"),
        ("product_data", line.get("price_data", {}), "line_items[0][price_data]"),
    ):
        if missing_one not in holder:
            where = f"{where}[{missing_one}]"
            raise invalid_request(f"Missing required param: {where}.", "parameter_missing", where)
    if line["price_data"]["currency"] != "eur":
        raise not_implemented("other currencies than EUR", "line_items[0][price_data][currency]")
    if line["quantity"] < 1:
        told = "This value must be greater than or equal to 1."
        raise invalid_request(told, "parameter_invalid_integer", "line_items[0][quantity]")
    return line


def _check_amount(amount: int) -> None:
    where = "line_items[0][price_data][unit_amount]"
    if amount < _SMALLEST_MINOR:
        raise invalid_request("The Checkout Session's total amount due must add up to at least €0.50 eur",
                              "amount_too_small", where)  # fmt: skip
    if amount > _LARGEST_MINOR:
        raise invalid_request("The total amount must be no more than €999,999.99", "amount_too_large", where)


def _check_addresses(params: Json) -> None:
    if "success_url" not in params:
        raise invalid_request("Missing required param: success_url.", "parameter_missing", "success_url")
    for name in ("success_url", "cancel_url"):
        address = urlsplit(params.get(name, "https://none.invalid"))
        if address.scheme not in ("http", "https") or not address.netloc:
            raise invalid_request("Not a valid URL", "url_invalid", name)


def _check_expiry(act: Act, params: Json) -> None:
    left = params.get("expires_at", act.now + _LONGEST_SECONDS) - act.now
    # The caller's clock may be a little behind or ahead of ours.
    if not _SHORTEST_SECONDS - 60 <= left <= _LONGEST_SECONDS + 60:
        told = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from session creation."
        raise invalid_request(told, param="expires_at")
