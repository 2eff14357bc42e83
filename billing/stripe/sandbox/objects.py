"""Stripe's objects at birth, complete: every key Stripe always sends is there, null where nothing is known.

Keys Stripe leaves out unless asked (expandable lists, other payment methods) are left out here too. Which keys are
required, and their types, is proved by a test against the pinned SDK.
"""

from billing.stripe.sandbox.act import Act, new_id
from billing.stripe.sandbox.store import Json

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def _nulls(words: str) -> Json:
    return dict.fromkeys(words.split())


def _billing_details(email: str | None, name: str | None) -> Json:
    return {"address": dict.fromkeys(_ADDRESS), "email": email, "name": name, "phone": None, "tax_id": None}


def customer(act: Act, params: Json) -> Json:
    born = _nulls("address currency default_source description discount email name phone shipping test_clock")
    return {
        **born,
        "id": new_id("cus"),
        "object": "customer",
        "balance": 0,
        "created": act.now,
        "delinquent": False,
        "invoice_prefix": new_id("X")[2:10].upper(),
        "invoice_settings": _nulls("custom_fields default_payment_method footer rendering_options"),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        **{name: params[name] for name in ("email", "name", "description", "phone") if name in params},
    }


_SESSION_NULLS = (
    "after_expiration allow_promotion_codes allowed_payment_method_types billing_address_collection cancel_url "
    "client_reference_id client_secret collected_information consent consent_collection currency_conversion customer "
    "customer_account customer_creation customer_details customer_email excluded_payment_method_types invoice "
    "locale origin_context payment_intent payment_link payment_method_configuration_details recovered_from "
    "return_url saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type "
    "subscription success_url wallet_options"
)
_SESSION_SAME = (
    "cancel_url",
    "client_reference_id",
    "customer",
    "customer_email",
    "success_url",
    "submit_type",
)


def checkout_session(act: Act, params: Json, amount: int, currency: str) -> Json:
    session_id = new_id("cs_test")
    return {
        **_nulls(_SESSION_NULLS),
        **{name: params[name] for name in _SESSION_SAME if name in params},
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": act.now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": _nulls("after_submit shipping_address submit terms_of_service_acceptance"),
        "customer_creation": None if params.get("customer") else "if_required",
        "discounts": [],
        "expires_at": params.get("expires_at", act.now + 86400),
        "invoice_creation": _invoice_creation(),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{act.base_url}/c/pay/{session_id}",
    }


def _invoice_creation() -> Json:
    data = _nulls("account_tax_ids custom_fields description footer issuer rendering_options")
    return {"enabled": False, "invoice_data": {**data, "metadata": {}}}


def line_item(act: Act, wanted: Json) -> Json:
    """The one line of a session, with the price and product Stripe makes up for `price_data`."""
    price = wanted["price_data"]
    total = price["unit_amount"] * wanted["quantity"]
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "metadata": {},
        "price": {
            **_nulls("custom_unit_amount lookup_key nickname recurring tiers_mode transform_quantity"),
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": act.now,
            "currency": price["currency"],
            "livemode": False,
            "metadata": {},
            "product": new_id("prod"),
            "tax_behavior": "unspecified",
            "type": "one_time",
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": wanted["quantity"],
    }


_INTENT_NULLS = (
    "allowed_payment_method_types application application_fee_amount automatic_payment_methods canceled_at "
    "cancellation_reason customer_account excluded_payment_method_types last_payment_error latest_charge "
    "next_action on_behalf_of payment_method payment_method_configuration_details processing receipt_email review "
    "setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)


def payment_intent(act: Act, session: Json) -> Json:
    intent_id = new_id("pi")
    given = session["_payment_intent_data"]
    return {
        **_nulls(_INTENT_NULLS),
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('s')[2:]}",
        "confirmation_method": "automatic",
        "created": act.now,
        "currency": session["currency"],
        "customer": session["customer"],
        "description": given.get("description"),
        "livemode": False,
        "metadata": given.get("metadata") or {},
        "payment_method_options": {
            "card": {**_nulls("installments mandate_options network"), "request_three_d_secure": "automatic"}
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def payment_method(act: Act, last4: str, email: str | None, customer_id: str | None) -> Json:
    card = {
        **_nulls("generated_from wallet"),
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": "visa",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"sandbox{last4}",
        "funding": "credit",
        "last4": last4,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
    }
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": _billing_details(email, None),
        "card": card,
        "created": act.now,
        "customer": customer_id,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


_CHARGE_NULLS = (
    "application application_fee application_fee_amount balance_transaction failure_balance_transaction failure_code "
    "failure_message on_behalf_of receipt_email receipt_number receipt_url review shipping source source_transfer "
    "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)


def charge(act: Act, intent: Json, method: Json, is_challenged: bool) -> Json:
    """A charge that has gone through; a declined one is changed by its maker."""
    return {
        **_nulls(_CHARGE_NULLS),
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "FLOE SANDBOX",
        "captured": True,
        "created": act.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": {
            **_nulls("advice_code network_advice_code network_decline_code reason"),
            "network_status": "approved_by_network",
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": _card_used(intent, method, is_challenged), "type": "card"},
        "radar_options": {},
        "refunded": False,
        "status": "succeeded",
    }


def _card_used(intent: Json, method: Json, is_challenged: bool) -> Json:
    proof = {
        **_nulls("electronic_commerce_indicator exemption_indicator result_reason transaction_id"),
        "authentication_flow": "challenge",
        "result": "authenticated",
        "version": "2.2.0",
    }
    same = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "wallet",
    )
    return {
        **_nulls(
            "authorization_code installments mandate network_token network_transaction_id transaction_link_id"
        ),
        **{name: method["card"][name] for name in same},
        "amount_authorized": intent["amount"],
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "multicapture": {"status": "unavailable"},
        "network": "visa",
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": proof if is_challenged else None,
    }
