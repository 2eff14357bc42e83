"""The marketplace of a company: what is on offer, filtered by its address, and one offer's page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.guard import actor, allow, session
from app.leads import regions, verticals
from app.leads.channels import CHANNELS
from app.leads.verticals import Vertical
from app.market import basket, offers
from app.market.search import Filters
from app.pages import query, trade_words
from app.pages.audience import only_for
from app.pages.fact_words import preview_options
from billing.money import DEFAULT_CURRENCY
from tenants import clock
from tenants.errors import Refused
from tenants.permissions import Permission

pages = Blueprint("market", __name__)

SORTS = {"-at": "newest", "at": "oldest", "price": "cheapest", "-price": "dearest"}
AGES = {"1": 1, "3": 3, "7": 7, "14": 14}
PRICES = ("10", "20", "50", "100", "200")
LANGUAGES = ("uk", "pl", "ru", "en", "de")
STAGES = ("RQL", "MQL", "SQL")


@pages.get("/market")
@allow(Permission.LEAD_READ)
@only_for("company")
def index() -> str:
    """Open listings by filters; nothing here names a person."""
    vertical = _vertical()
    sort = request.args.get("sort", "-at")
    filters, now = _filters(vertical), clock.now()
    found = offers.shelf(
        session(), actor(), filters, now, sort=SORTS.get(sort, "newest"), cursor=request.args.get("after", "")
    )
    return render_template(
        "market/index.html",
        shelf=found,
        sort=sort,
        filters=filters,
        is_filtered=filters != Filters(),
        options=_options(found, filters, vertical),
        in_basket=basket.count(session(), actor()),
        crumbs=[{"label": _("Marketplace"), "href": None}],
    )


@pages.get("/market/<uuid:lead_id>")
@allow(Permission.LEAD_READ)
@only_for("company")
def listing(lead_id: UUID) -> str:
    """One offer: its facts, its agency and the agency's measured quality, its terms."""
    found = offers.detail(session(), actor(), lead_id, clock.now())
    return render_template(
        "market/listing.html",
        detail=found,
        row=found.offer.listing,
        key=query.fresh_key(),
        crumbs=[
            {"label": _("Marketplace"), "href": "/market"},
            {"label": trade_words.vertical_name(found.offer.listing.vertical), "href": None},
        ],
    )


def _vertical() -> Vertical | None:
    try:
        return verticals.get(request.args.get("vertical", ""))
    except Refused:
        return None


def _filters(vertical: Vertical | None) -> Filters:
    asked = request.args
    age, price, agency = AGES.get(asked.get("age", "")), asked.get("max", ""), asked.get("agency")
    country = asked.get("country", "")[:2]
    return Filters(
        vertical=vertical.code if vertical else "",
        country=country,
        regions=query.chosen("region", regions.of_country(country)),
        channels=query.chosen("channel", CHANNELS),
        temperatures=query.chosen("temperature", trade_words.WORDS["temperature"]),
        stages=query.chosen("stage", STAGES),
        languages=query.chosen("language", LANGUAGES),
        agency_id=query.one_id(agency) if agency else None,
        enquired_from=clock.now() - timedelta(days=age) if age else None,
        max_net_minor=int(price) * 100 if price in PRICES else None,
        exclusive_only=asked.get("exclusive") == "1",
        preview=_preview(vertical),
    )


def _preview(vertical: Vertical | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for one in vertical.fields if vertical else ():
        value = request.args.get(f"f_{one.name}", "")
        if value in (known for known, _word in preview_options(one, DEFAULT_CURRENCY)):
            wanted[one.name] = value == "true" if one.type == "boolean" else value
    return wanted


def _options(found: offers.Shelf, filters: Filters, vertical: Vertical | None) -> dict[str, Any]:
    """What each filter offers: verticals and countries that have leads now, and what follows from the chosen ones."""
    names = dict(trade_words.vertical_options())
    stocked = [pair for pair in found.stock if filters.vertical in ("", pair[0])]
    countries = sorted({country for _code, country in stocked} | ({filters.country} - {""}))
    known = regions.of_country(filters.country)
    return {
        "vertical": sorted(
            (
                (code, names.get(code, code))
                for code in {code for code, _country in found.stock} | ({filters.vertical} - {""})
            ),
            key=lambda pair: pair[1],
        ),
        "country": [(code, trade_words.territory(code)) for code in countries],
        "region": sorted(((code, trade_words.region_name(code)) for code in known), key=lambda pair: pair[1]),
        "channel": [(code, channel.label(trade_words.language())) for code, channel in CHANNELS.items()],
        "stage": [(stage, stage) for stage in STAGES],
        "language": [(code, trade_words.tongue(code)) for code in LANGUAGES],
        "age": [
            (key, _("Last %(days)s days", days=days) if days > 1 else _("Last 24 hours"))
            for key, days in AGES.items()
        ],
        "max": [(price, f"≤ {price} {DEFAULT_CURRENCY}") for price in PRICES],
        "preview": [
            (f"f_{one.name}", one.label(trade_words.language()), preview_options(one, DEFAULT_CURRENCY))
            for one in (vertical.fields if vertical else ())
            if one.is_previewed and preview_options(one, DEFAULT_CURRENCY)
        ],
    }
