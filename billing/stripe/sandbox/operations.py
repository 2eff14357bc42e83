"""Every operation the sandbox knows, as a table: address, parameters Stripe's types allow, the part that is honoured.

What is not in this table does not exist here; the dispatcher answers it with a 501.
"""

from collections.abc import Callable
from dataclasses import dataclass

import stripe.params as params
import stripe.params.checkout as checkout_params

from billing.stripe.sandbox import bookings, objects, sessions
from billing.stripe.sandbox.act import API_VERSION, Act, new_id
from billing.stripe.sandbox.expansion import list_of
from billing.stripe.sandbox.messages import is_address
from billing.stripe.sandbox.refusals import invalid_request, missing, not_implemented
from billing.stripe.sandbox.store import Filter, Json

Deed = Callable[[Act, Json, str], Json]


@dataclass(frozen=True)
class Operation:
    """`deed` gets the act, the typed parameters and the id in the address ('' when it has none)."""

    method: str
    path: str
    params_type: type
    honoured: frozenset[str]
    deed: Deed


def _create_customer(act: Act, given: Json, _: str) -> Json:
    return act.save(objects.customer(act, given))


def _one(kind: str) -> Deed:
    return lambda act, _, wanted_id: act.load(kind, wanted_id)


def _many(kind: str, url: str) -> Deed:
    def deed(act: Act, given: Json, _: str) -> Json:
        return list_of(*_page(act, kind, given, url))

    return deed


def _page(act: Act, kind: str, given: Json, url: str) -> tuple[list[Json], str, bool]:
    limit = given.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid_request("This value must be between 1 and 100.", "parameter_invalid_integer", "limit")
    if "starting_after" in given and "ending_before" in given:
        raise invalid_request(
            "You may only specify one of starting_after, ending_before.", param="starting_after"
        )
    for name in ("starting_after", "ending_before"):
        if name in given and act.records.place(act.caller.account, given[name]) is None:
            raise missing(kind, given[name], name)
    created = given.get("created", {})
    wanted = Filter(
        limit=limit,
        starting_after=given.get("starting_after"),
        ending_before=given.get("ending_before"),
        bounds=tuple(created.items()) if isinstance(created, dict) else (("gte", created), ("lte", created)),
        types=tuple(given.get("types", ())) or ((given["type"],) if "type" in given else ()),
        parent=given.get("source"),
    )
    found, has_more = act.records.page(act.caller.account, kind, wanted)
    return found, url, has_more


def _create_endpoint(act: Act, given: Json, _: str) -> Json:
    if given.get("api_version", API_VERSION) != API_VERSION:
        raise not_implemented("other API versions", "api_version")
    endpoint = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": given.get("api_version"),
        "application": None,
        "created": act.now,
        "description": given.get("description") or None,
        "enabled_events": given["enabled_events"],
        "livemode": False,
        "metadata": given.get("metadata") or {},
        "status": "enabled",
        "url": given["url"],
        "_secret": new_id("whsec"),
    }
    if not is_address(given["url"]):
        raise invalid_request(
            "Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid", "url"
        )
    act.save(endpoint, parent=act.caller.account)
    return {**endpoint, "secret": endpoint["_secret"]}


_EXPAND = frozenset({"expand"})
_LIST = frozenset({"limit", "starting_after", "ending_before", "expand"})
_SESSION = frozenset(
    {
        "mode",
        "ui_mode",
        "customer",
        "customer_email",
        "client_reference_id",
        "metadata",
        "success_url",
        "cancel_url",
        "expires_at",
        "submit_type",
        "payment_intent_data.metadata",
        "payment_intent_data.description",
        "line_items.quantity",
        "line_items.price_data.currency",
        "line_items.price_data.unit_amount",
        "line_items.price_data.product_data.name",
        "expand",
    }
)
_CUSTOMER = frozenset({"email", "name", "description", "phone", "metadata", "expand"})
_REFUND = frozenset({"charge", "payment_intent", "amount", "reason", "metadata", "expand"})
_ENDPOINT = frozenset({"url", "enabled_events", "api_version", "description", "metadata", "expand"})


def _checkout(deed: Callable[[Act, Json], Json]) -> Deed:
    return lambda act, _, wanted_id: deed(act, act.load("checkout.session", wanted_id))


OPERATIONS = (
    Operation("POST", "/v1/customers", params.CustomerCreateParams, _CUSTOMER, _create_customer),
    Operation("GET", "/v1/customers/{id}", params.CustomerRetrieveParams, _EXPAND, _one("customer")),
    Operation(
        "POST",
        "/v1/checkout/sessions",
        checkout_params.SessionCreateParams,
        _SESSION,
        lambda act, given, _: sessions.create(act, given),
    ),
    Operation(
        "GET",
        "/v1/checkout/sessions/{id}",
        checkout_params.SessionRetrieveParams,
        _EXPAND,
        _checkout(sessions.retrieve),
    ),
    Operation(
        "POST",
        "/v1/checkout/sessions/{id}/expire",
        checkout_params.SessionExpireParams,
        _EXPAND,
        _checkout(sessions.expire),
    ),
    Operation(
        "GET", "/v1/payment_intents/{id}", params.PaymentIntentRetrieveParams, _EXPAND, _one("payment_intent")
    ),
    Operation("GET", "/v1/charges/{id}", params.ChargeRetrieveParams, _EXPAND, _one("charge")),
    Operation(
        "GET",
        "/v1/balance",
        params.BalanceRetrieveParams,
        frozenset(),
        lambda act, _given, _: bookings.balance(act),
    ),
    Operation(
        "GET",
        "/v1/balance_transactions",
        params.BalanceTransactionListParams,
        _LIST | {"created", "type", "source"},
        _many("balance_transaction", "/v1/balance_transactions"),
    ),
    Operation(
        "GET",
        "/v1/balance_transactions/{id}",
        params.BalanceTransactionRetrieveParams,
        _EXPAND,
        _one("balance_transaction"),
    ),
    Operation(
        "GET",
        "/v1/events",
        params.EventListParams,
        _LIST | {"created", "type", "types"},
        _many("event", "/v1/events"),
    ),
    Operation("GET", "/v1/events/{id}", params.EventRetrieveParams, _EXPAND, _one("event")),
    Operation(
        "POST",
        "/v1/refunds",
        params.RefundCreateParams,
        _REFUND,
        lambda act, given, _: bookings.refund(act, given),
    ),
    Operation(
        "POST", "/v1/webhook_endpoints", params.WebhookEndpointCreateParams, _ENDPOINT, _create_endpoint
    ),
    Operation(
        "GET",
        "/v1/webhook_endpoints",
        params.WebhookEndpointListParams,
        _LIST,
        _many("webhook_endpoint", "/v1/webhook_endpoints"),
    ),
)
