"""The basket of a person, and buying: one form, one order, one answer per lead.

Invariant: an order is exactly what the form showed, with the price the person saw as the highest, and a key of the
form's own: sent twice it buys once.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.guard import actor, allow, session
from app.market import basket, queries
from app.market.terms import Answer, Item, Mode, NotAllSold, Order, Receipt, Terms
from app.pages import query
from app.pages.audience import only_for
from app.pages.shell import local_path
from app.wording import sentence
from billing.ledger import InsufficientFunds
from tenants import clock
from tenants.approval import NotApproved
from tenants.errors import Invalid, Refused
from tenants.permissions import Permission

pages = Blueprint("basket", __name__)

_WAYS = {
    "shared": (Terms.PPL, Mode.SHARED),
    "exclusive": (Terms.PPL, Mode.EXCLUSIVE),
    "ppa": (Terms.PPA, Mode.SHARED),
}


@pages.get("/basket")
@allow(Permission.LEAD_BUY)
@only_for("company")
def index() -> str:
    """What is in the basket, what it costs now, whether the wallet covers it."""
    return _page(None)


@pages.post("/basket")
@allow(Permission.LEAD_BUY)
@only_for("company")
def put() -> Response:
    """Put one or many leads in."""
    terms, mode = _WAYS.get(request.form.get("way", ""), _WAYS["shared"])
    asked = query.picked()
    added = basket.put(session(), actor(), asked, terms, mode, clock.now())
    if added:
        flash(ngettext("%(num)s lead is in your basket.", "%(num)s leads are in your basket.", added), "ok")
    if left := len(asked) - added:
        text = ngettext("%(num)s lead could not be put in: it is not offered on these terms, or yours already.",
                        "%(num)s leads could not be put in: they are not offered on these terms, or yours already.", left)  # fmt: skip
        flash(text, "warn")
    return redirect(local_path(request.form.get("next", "/basket")), 303)


@pages.post("/basket/remove")
@allow(Permission.LEAD_BUY)
@only_for("company")
def remove() -> Response:
    """Take leads out."""
    basket.remove(session(), actor(), query.picked())
    return redirect(url_for("basket.index"), 303)


@pages.post("/basket/buy")
@allow(Permission.LEAD_BUY)
@only_for("company")
def buy() -> Response | tuple[str, int]:
    """Buy what the form shows."""
    try:
        order = _order()
        receipt = basket.check_out(session(), actor(), order, clock.now())
    except NotAllSold as refused:
        return _answers(refused.details["items"], refused)
    except (InsufficientFunds, NotApproved, Invalid) as refused:
        return _page(refused), refused.status
    if not any(result.answer is Answer.SOLD for result in receipt.results):
        return _answers(receipt.as_json()["items"], None)
    return redirect(url_for("basket.bought", key=order.key), 303)


@pages.get("/basket/bought/<key>")
@allow(Permission.LEAD_BUY)
@only_for("company")
def bought(key: str) -> str:
    """What became of an order, lead by lead."""
    receipt: Receipt = basket.receipt(session(), actor(), key)
    return _result(receipt.as_json(), None)


def _order() -> Order:
    items = [basket.item(written) for written in request.form.getlist("item")]
    if not items:
        raise Invalid(_("There is nothing to buy."), fields={"item": "required"})
    return Order(_once(items), request.form.get("key", ""), request.form.get("all_or_nothing") == "1")


def _once(items: list[Item]) -> tuple[Item, ...]:
    return tuple({item.lead_id: item for item in items}.values())


def _page(refused: Refused | None) -> str:
    return render_template(
        "basket/index.html",
        basket=basket.contents(session(), actor(), clock.now()),
        refused=refused,
        message=sentence(refused) if refused else None,
        key=query.fresh_key(),
        crumbs=[{"label": _("Marketplace"), "href": "/market"}, {"label": _("Basket"), "href": None}],
    )


def _answers(items: list[dict[str, Any]], refused: Refused | None) -> tuple[str, int]:
    answer = {"items": items, "gross_minor": 0, "currency": actor().card().currency, "order_id": None}
    return _result(answer, refused), 409


def _result(receipt: dict[str, Any], refused: Refused | None) -> str:
    leads = [query.one_id(item["lead_id"]) for item in receipt["items"]]
    sold = [item for item in receipt["items"] if item["answer"] == Answer.SOLD]
    return render_template(
        "basket/result.html",
        receipt=receipt,
        faces={str(lead): face for lead, face in queries.faces(session(), leads).items()},
        sold=len(sold) if not refused else 0,
        message=sentence(refused) if refused else None,
        crumbs=[{"label": _("Basket"), "href": "/basket"}, {"label": _("Your order"), "href": None}],
    )
