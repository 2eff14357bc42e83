"""What was said of the order of a column, of its names or its dates, and whether it can be used. Pure."""

from collections.abc import Collection, Mapping

from app.leads import date_orders, full_names
from app.leads.columns import MappingProblem


def wrong_orders(
    orders: Mapping[str, str], mapping: Mapping[int, str], dates: Collection[str]
) -> list[MappingProblem]:
    """Only a full name or a date that a column goes to has an order, and only one we know; `dates` are the targets that hold
    dates."""
    found = ((name, _wrong(name, order, name in mapping.values(), dates)) for name, order in orders.items())
    return [MappingProblem(code, name) for name, code in found if code]


def _wrong(name: str, order: str, is_mapped: bool, dates: Collection[str]) -> str | None:
    if order in date_orders.ORDERS:
        return None if is_mapped and name in dates else "not_a_date"
    if order in full_names.ORDERS:
        return None if is_mapped and full_names.is_full(name) else "not_a_full_name"
    return "unknown_date_order" if name in dates else "unknown_order"
