"""Replaces ids by whole objects where the caller asked with `expand`; what cannot be expanded is refused."""

from typing import Any

from billing.stripe.sandbox import bookings
from billing.stripe.sandbox.act import Act, public
from billing.stripe.sandbox.refusals import invalid_request
from billing.stripe.sandbox.store import Json

_DEEPEST = 4
_LINKS = {
    ("checkout.session", "payment_intent"): "payment_intent",
    ("checkout.session", "customer"): "customer",
    ("payment_intent", "latest_charge"): "charge",
    ("payment_intent", "customer"): "customer",
    ("charge", "balance_transaction"): "balance_transaction",
    ("charge", "payment_intent"): "payment_intent",
    ("charge", "customer"): "customer",
    ("refund", "charge"): "charge",
    ("refund", "payment_intent"): "payment_intent",
    ("refund", "balance_transaction"): "balance_transaction",
}
_LISTS = {("checkout.session", "line_items"), ("charge", "refunds")}


def list_of(items: list[Json], url: str, has_more: bool = False) -> Json:
    """Stripe's list envelope."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def rendered(act: Act, body: Json, paths: list[str]) -> Json:
    """The object or list as it leaves the sandbox, with everything in `paths` expanded."""
    shown = _shown(act, body)
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise invalid_request(
                f"You cannot expand more than {_DEEPEST} levels of a property.", param="expand"
            )
        _expand(act, shown, steps, path)
    return shown


def _shown(act: Act, body: Json) -> Json:
    if body["object"] == "list":
        return {**body, "data": [_shown(act, item) for item in body["data"]]}
    return public(bookings.with_status(act, body) if body["object"] == "balance_transaction" else body)


def _expand(act: Act, shown: Json, steps: list[str], path: str) -> None:
    if shown["object"] == "list":
        for item in shown["data"] if steps[0] == "data" else _refuse(path):
            _expand(act, item, steps[1:] or _refuse(path), path)
        return
    name, *rest = steps
    if (shown["object"], name) in _LISTS:
        shown[name] = _included_list(act, shown, name)
    elif shown.get(name) is not None or _kind(shown, name, path):
        shown[name] = _whole(act, shown, name, path)
    if rest and shown[name] is not None:
        _expand(act, shown[name], rest, path)


def _kind(shown: Json, name: str, path: str) -> str:
    if shown["object"] == "balance_transaction" and name == "source":
        return str(shown["type"])
    return _LINKS.get((shown["object"], name)) or _refuse(path)


def _whole(act: Act, shown: Json, name: str, path: str) -> Any:
    kind, linked = _kind(shown, name, path), shown[name]
    return _shown(act, act.load(kind, linked)) if isinstance(linked, str) else linked


def _included_list(act: Act, shown: Json, name: str) -> Json:
    if name == "line_items":
        lines = act.load("checkout.session", shown["id"])["_line_items"]
        return list_of(lines, f"/v1/checkout/sessions/{shown['id']}/line_items")
    refunds = act.records.children(shown["id"], "refund")[::-1]
    return list_of([_shown(act, row) for row in refunds], f"/v1/charges/{shown['id']}/refunds")


def _refuse(path: str) -> Any:
    raise invalid_request(f"This property cannot be expanded ({path}).", param="expand")
