"""Buying: one order, one transaction, one typed answer per lead.

Lock order, the same for every purchase: idempotency key, leads by id, persons, sales, deliveries, ledger, and the
company's wallet last, in the ledger's own statement. Nothing here talks to a network. An order repeated with its key buys once.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.leads import suppressed
from app.leads.bundle import people
from app.market import announce, candidates, lead_score, record
from app.market.hand_over import Buyer, hand_over, open_lead
from app.market.judge import Verdict, judge
from app.market.record import Buying, NewSale
from app.market.terms import (
    MOST_ITEMS,
    Answer,
    Item,
    KeyReused,
    NotAllSold,
    Order,
    Receipt,
    Result,
    Terms,
    receipt_from_json,
)
from billing import charges, ledger
from billing.charges import Parties
from billing.money import DEFAULT_CURRENCY
from billing.tax import Tax, tax
from tenants import crypto
from tenants.actor import Actor
from tenants.approval import require_approved
from tenants.crypto import Vault
from tenants.db import as_platform
from tenants.errors import Forbidden, Invalid
from tenants.ids import new_id
from tenants.language import N_

ROUTE = "purchase"

_STORED = text("""
SELECT request_hash, response FROM idempotency WHERE tenant_id = :company AND route = :route AND key = :key
""")
_ANSWER = text("""
WITH audited AS (
  INSERT INTO audit (tenant_id, id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, count)
  VALUES (:company, :audit_id, :at, :actor_kind, :actor_id, :actor_name, 'leads.bought', 'order', :order_id, :count))
UPDATE idempotency SET response = CAST(:response AS jsonb)
WHERE tenant_id = :company AND route = :route AND key = :key
""")
_FORGET = text("DELETE FROM idempotency WHERE tenant_id = :company AND route = :route AND key = :key")


def buy(session: Session, actor: Actor, order: Order, at: datetime) -> Receipt:
    """Buy leads for the actor's company: debit its wallet (PPL) or hold the action prices (PPA).

    Every item gets its own answer; what can be sold is sold. Raises, having written nothing: `InsufficientFunds` if
    the wallet does not cover everything that could be sold, `NotAllSold` if `all_or_nothing` was asked, `KeyReused`
    if the key came with other items, `NotApproved`, `Invalid`.
    """
    company_id = _demand_company(actor, order)
    claim = {"company": company_id, "route": ROUTE, "key": order.key, "hash": _hash(order), "at": at}
    items = {item.lead_id: item for item in order.items}
    with as_platform(session, "a purchase has two sides"):
        leads = candidates.claim_and_lock(session, claim, items)
        if not leads and (replayed := _replay(session, claim)):
            return replayed
        offer = _weigh(session, order, leads, company_id, at)
        if not offer.sales:
            session.execute(_FORGET, claim)
            return offer.receipt
        buying = Buying(offer.receipt.order_id, company_id, actor.id, offer.buyer.tax, at)
        record.write(session, offer.sales, buying)
        announce.sold(session, offer.sales, buying)
        _answer(session, actor, claim, offer)
        _charge(session, offer.sales, buying, actor)
    if offer.sales[0].lead.buyer_watches:
        lead_score.bought(session, company_id, buying.order_id)
    return offer.receipt


@dataclass(frozen=True, slots=True)
class _Offer:
    buyer: Buyer
    sales: list[NewSale]
    receipt: Receipt


def _demand_company(actor: Actor, order: Order) -> UUID:
    if actor.tenant is None or actor.tenant.kind != "company":
        raise Forbidden(N_("Only companies buy leads."))
    require_approved(actor.tenant)
    leads = {item.lead_id for item in order.items}
    if not order.items or len(order.items) > MOST_ITEMS or len(leads) != len(order.items):
        raise Invalid(
            N_("An order has 1 to %(most)s different leads."),
            most=MOST_ITEMS,
            fields={"items": N_("Choose 1 to 200 leads.")},
        )
    if not 1 <= len(order.key) <= 255:
        raise Invalid(
            N_("An idempotency key has 1 to 255 characters."), fields={"key": N_("1 to 255 characters.")}
        )
    return actor.tenant.id


def _hash(order: Order) -> bytes:
    asked = [(str(i.lead_id), i.terms, i.mode, i.max_net_minor) for i in order.items]
    return hashlib.sha256(json.dumps([asked, order.all_or_nothing]).encode()).digest()


def _replay(session: Session, claim: dict[str, Any]) -> Receipt | None:
    """The answer given before under this key; None if the key is new and merely no lead was found."""
    stored = session.execute(_STORED, claim).one()
    if bytes(stored.request_hash) != claim["hash"]:
        raise KeyReused(N_("This idempotency key was used for another order."), key=claim["key"])
    return receipt_from_json(stored.response) if stored.response else None


def _weigh(
    session: Session, order: Order, leads: Sequence[Row[Any]], company_id: UUID, at: datetime
) -> _Offer:
    """What of the order can be sold, and the answer to each item; nothing is written yet."""
    items = {item.lead_id: item for item in order.items}
    if not leads:
        nobody = Buyer("", False, Vault(company_id, b""), Tax(0, ""))
        return _Offer(nobody, [], _checked(order, _receipt(order, {}, [])))
    first = leads[0]
    vault = crypto.unwrap(company_id, bytes(first.buyer_wrapped))
    rate = tax(first.buyer_country, first.operator_country)
    buyer = Buyer(first.buyer_name, first.shows_name, vault, rate)
    opened = {lead.id: open_lead(lead, vault) for lead in leads if lead.sealed is not None}
    persons = {(lead.vertical, blind) for lead in leads if lead.id in opened for blind in opened[lead.id][1]}
    candidates.lock_persons(session, company_id, persons)
    asked = _on_lists(leads, opened, vault)
    taken = candidates.read_taken(session, company_id, list(items), persons, asked, at)
    if taken.listed:
        suppressed.count(session, asked.only(taken.listed), at)
    verdicts = {
        lead.id: _decide(items[lead.id], lead, opened, taken, taken.listed.get(number), at)
        for number, lead in enumerate(leads)
    }
    sales = [
        hand_over(items[lead.id], lead, verdicts[lead.id], opened[lead.id], buyer)
        for lead in leads
        if verdicts[lead.id].answer is Answer.SOLD
    ]
    return _Offer(buyer, sales, _checked(order, _receipt(order, verdicts, sales)))


def _on_lists(leads: Sequence[Row[Any]], opened: dict[UUID, Any], buyer: Vault) -> suppressed.Asked:
    """What to look for on the lists of the platform, of each agency and of the buyer; nothing where none are kept."""
    asked = suppressed.Asked()
    for number, lead in enumerate(leads):
        keepers = (
            (lead.company_ways, buyer.tenant_id, None),
            (lead.operator_ways, lead.operator_id, lead.operator_wrapped),
            (lead.agency_ways, lead.agency_id, lead.wrapped),
        )
        kept = [one for one in keepers if one[0] is not None]
        if kept and lead.id in opened:
            channels = people(opened[lead.id][0])
            for ways, keeper, wrapped in kept:
                vault = buyer if wrapped is None else crypto.unwrap(keeper, bytes(wrapped))
                asked.ask(vault, ways, number, channels)
    return asked


def _checked(order: Order, receipt: Receipt) -> Receipt:
    if order.all_or_nothing and any(result.answer is not Answer.SOLD for result in receipt.results):
        raise NotAllSold(
            N_("Not every lead could be bought, so none was."), items=[r.as_json() for r in receipt.results]
        )
    return receipt


def _answer(session: Session, actor: Actor, claim: dict[str, Any], offer: _Offer) -> None:
    session.execute(
        _ANSWER,
        {
            **claim,
            "audit_id": new_id(),
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "order_id": offer.receipt.order_id,
            "count": len(offer.sales),
            "response": json.dumps(offer.receipt.as_json()),
        },
    )


def _decide(
    item: Item,
    lead: Any,
    opened: dict[UUID, Any],
    taken: candidates.Taken,
    is_own_customer: bool | None,
    at: datetime,
) -> Verdict:
    if lead.id in taken.mine:
        return Verdict(Answer.ALREADY_YOURS)
    slots = taken.slots.get(lead.id, set())
    verdict = judge(item, lead, slots, was_ever_sold=lead.id in taken.ever, at=at)
    if verdict.answer is not Answer.SOLD:
        return verdict
    if is_own_customer is not None:
        return Verdict(Answer.ALREADY_CUSTOMER if is_own_customer else Answer.GONE)
    persons = {(lead.vertical, blind) for blind in opened[lead.id][1]}
    if persons & taken.persons:
        return Verdict(Answer.DUPLICATE_PERSON)
    taken.persons.update(persons)
    return verdict


def _receipt(order: Order, verdicts: dict[UUID, Verdict], sales: Sequence[NewSale]) -> Receipt:
    sold = {sale.lead.id: sale for sale in sales}
    results = []
    for item in order.items:
        verdict = verdicts.get(item.lead_id, Verdict(Answer.GONE))
        sale = sold.get(item.lead_id)
        results.append(
            Result(
                item.lead_id,
                verdict.answer,
                sale.id if sale else None,
                verdict.net_minor,
                sale.amount.gross if sale else None,
            )
        )
    return Receipt(new_id(), DEFAULT_CURRENCY, tuple(results))


def _charge(session: Session, sales: Sequence[NewSale], buying: Buying, actor: Actor) -> None:
    journals, holds = [], {}
    for sale in sales:
        between = Parties(buying.company_id, sale.lead.agency_id, sale.lead.operator_id, sale.lead.currency)
        if sale.item.terms is Terms.PPA:
            holds[sale.id] = sale.amount.gross
            journals.append(charges.hold_journal(sale.id, between, sale.amount.gross, buying.at, actor.name))
        elif charge := charges.sale_journal(sale.id, between, sale.amount, buying.at, actor.name):
            journals.append(charge)
    charges.add_holds(session, buying.company_id, DEFAULT_CURRENCY, holds, buying.at)
    ledger.post(session, journals)
