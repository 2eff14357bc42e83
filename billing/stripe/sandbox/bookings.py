"""Stripe's own book: what charges and refunds do to the balance, written some time after they happened.

Invariants: amount − fee = net; a charge or refund is booked at most once; the balance is the sum of the book.
"""

from billing.stripe.sandbox.act import Act, new_id
from billing.stripe.sandbox.refusals import invalid_request
from billing.stripe.sandbox.store import Json

FEE_BP = 150
FEE_FIXED_MINOR = 25


def fee_minor(amount: int) -> int:
    """What a card payment costs: 1.5 % and 25 cents, rounded half up."""
    return (amount * FEE_BP + 5000) // 10000 + FEE_FIXED_MINOR


def book_charge(act: Act, charge: Json) -> Json:
    """Books a succeeded charge and tells it by `charge.updated`; one already booked stays as it is."""
    if charge["balance_transaction"] or charge["status"] != "succeeded":
        return charge
    line = _line(act, charge, "charge", charge["amount"], fee_minor(charge["amount"]))
    charge["balance_transaction"] = line["id"]
    act.save(charge)
    act.tell("charge.updated", charge, {"balance_transaction": None})
    return charge


def refund(act: Act, params: Json) -> Json:
    """Gives back all or part of a paid charge; more than what is left of it is refused and nothing written."""
    charge = _charge_to_refund(act, params)
    left = charge["amount"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise invalid_request(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    if amount <= 0:
        raise invalid_request(
            "This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount"
        )
    if amount > left:
        told = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid_request(told, "amount_too_large", "amount")
    charge = book_charge(act, charge)
    made = _refund_object(act, charge, amount, params)
    made["balance_transaction"] = _line(act, made, "refund", -amount, 0)["id"]
    act.save(made, parent=charge["id"])
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    act.save(charge)
    act.tell("charge.refunded", charge, before)
    act.tell("refund.created", made)
    return made


def balance(act: Act) -> Json:
    """What the account owns by currency, split by whether its day has come."""
    rows = act.records.sql(
        "SELECT body ->> 'currency', (body ->> 'available_on') <= ?, sum(body ->> 'net') FROM object "
        "WHERE account = ? AND kind = 'balance_transaction' GROUP BY 1, 2",
        (act.now, act.caller.account),
    ).fetchall()
    sums = {(currency, bool(is_ready)): total for currency, is_ready, total in rows}
    currencies = sorted({currency for currency, _ in sums} | {"eur"})

    def part(is_ready: bool) -> list[Json]:
        totals = ((currency, sums.get((currency, is_ready), 0)) for currency in currencies)
        return [
            {"amount": total, "currency": name, "source_types": {"card": total}} for name, total in totals
        ]

    return {"object": "balance", "available": part(True), "livemode": False, "pending": part(False)}


def with_status(act: Act, line: Json) -> Json:
    """A line of the book as of now: its money becomes available with time, without any event."""
    return {**line, "status": "available" if line["available_on"] <= act.now else "pending"}


def _charge_to_refund(act: Act, params: Json) -> Json:
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid_request("Provide exactly one of `charge` and `payment_intent`.", "parameter_missing")
    if "charge" in params:
        charge = act.load("charge", params["charge"], "charge")
    else:
        intent = act.load("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise invalid_request(message, "payment_intent_unexpected_state", "payment_intent")
        charge = act.load("charge", intent["latest_charge"])
    if charge["status"] != "succeeded":
        raise invalid_request(f"Charge {charge['id']} was not paid.", "charge_not_refundable", "charge")
    return charge


def _refund_object(act: Act, charge: Json, amount: int, params: Json) -> Json:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": act.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number",
                                         "type": "refund"}, "type": "card"},
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }  # fmt: skip


def _line(act: Act, source: Json, kind: str, amount: int, fee: int) -> Json:
    details = {"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}
    wait = act.settings.available_after_seconds if kind == "charge" else 0
    line = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": act.now + wait,
        "balance_type": "payments",
        "created": act.now,
        "currency": source["currency"],
        "description": source.get("description") if kind == "charge" else "REFUND FOR CHARGE",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**details, "description": "Stripe processing fees"}] if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }
    return act.save(line, parent=source["id"])
