"""The rules of buying one lead, pure: may it be sold on these terms, in which slots, at what price."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.market.terms import ACTIONS, Answer, Item, Mode, Terms


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to an item; when sold: the slots it takes and its net price (PPA: the sum of the action prices)."""

    answer: Answer
    net_minor: int | None = None
    slots: tuple[int, ...] = ()
    prices: tuple[tuple[str, int], ...] = ()


def judge(item: Item, lead: Any, taken: Collection[int], *, was_ever_sold: bool, at: datetime) -> Verdict:
    """Whether this item can be sold now. `lead` is the locked row, `taken` its slots in use.

    A lower present price than accepted is charged as such; a higher one is refused with the new price.
    """
    if not _is_offered(lead, at):
        return Verdict(Answer.GONE)
    prices = _prices(item, lead)
    if not prices:
        sold_before = item.mode is Mode.EXCLUSIVE and (was_ever_sold or lead.sold_count)
        return Verdict(Answer.GONE if sold_before else Answer.NOT_ALLOWED)
    slots = _free_slots(item.mode, lead.max_sales, taken)
    if not slots or (item.mode is Mode.EXCLUSIVE and was_ever_sold):
        return Verdict(Answer.GONE)
    net = sum(price for _, price in prices)
    if net > item.max_net_minor:
        return Verdict(Answer.PRICE_CHANGED, net)
    return Verdict(Answer.SOLD, net, slots, prices)


def _is_offered(lead: Any, at: datetime) -> bool:
    return (
        lead.state == "offered"
        and lead.offer_state in ("open", "offered")
        and lead.expires_at > at
        and lead.agency_state == "approved"
        and lead.sealed is not None
    )


def _prices(item: Item, lead: Any) -> tuple[tuple[str, int], ...]:
    if (item.mode is Mode.RESERVED) != (lead.type == "targeted"):
        return ()
    if item.terms is Terms.PPA:
        if not lead.ppa_allowed or item.mode is Mode.EXCLUSIVE:
            return ()
        offered = ((action, getattr(lead, f"{action}_minor")) for action in ACTIONS)
        return tuple((action, price) for action, price in offered if price)
    price = getattr(lead, f"{item.mode.value}_minor")
    return (("lead", price),) if price else ()


def _free_slots(mode: Mode, max_sales: int, taken: Collection[int]) -> tuple[int, ...]:
    free = tuple(number for number in range(1, max_sales + 1) if number not in taken)
    if mode is Mode.EXCLUSIVE:
        return free if len(free) == max_sales else ()
    return free[:1]
