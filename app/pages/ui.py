"""The design system's own page: every component in every state, so that a change of look is seen at once.

Invariant: the samples are data of this module, in no language but their own; the page shows nothing of any tenant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app import charts, formats
from app.guard import allow_anyone
from tenants import clock

pages = Blueprint("ui", __name__)

_PPL = (
    17,
    16.9,
    20,
    17.5,
    20.5,
    20,
    19,
    22,
    20.4,
    23,
    21.8,
    22.4,
    25,
    27.5,
    24.5,
    25.5,
    28.4,
    31,
    29.4,
    29,
    32.8,
    28.4,
)
_PPA = (
    4.6,
    5,
    6.2,
    8.6,
    7,
    9.2,
    10,
    9.4,
    10.4,
    9.4,
    9.7,
    11,
    13,
    12.8,
    13,
    14.8,
    14.4,
    14.2,
    16.8,
    17,
    15.7,
    17.6,
)
_COMPANIES = ("Прометей Окна", "Sunrise Solar GmbH", "AutoPark UA", "Kredyt24", "NovaClinic", "Fotowoltaika+")
_AGENCIES = (
    "Lead Forge Kyiv",
    "Мета Трафик",
    "Sieć Leadów",
    "Northwind Media",
    "Polska Energia Leads",
    "Adriatic Leads",
)
_VERTICALS = ("Consumer loan", "Mortgage", "Windows & doors", "Car insurance", "Solar panels", "Dentistry")
_STATES = (
    ("ok", "Settled"),
    ("warn", "Pending"),
    ("ok", "Settled"),
    ("bad", "Disputed"),
    ("quiet", "On hold"),
)
_KINDS = (
    ("ok", "Pay-per-action"),
    ("quiet", "Pay-per-lead"),
    ("quiet", "Pay-per-lead"),
    ("bad", "Return"),
    ("quiet", "Payout"),
)


@dataclass(frozen=True)
class Entry:
    """One sample line of a ledger."""

    id: str
    at: datetime
    kind: tuple[str, str]
    company: str
    agency: str
    vertical: str
    state: tuple[str, str]
    amount_minor: int


def _entries(count: int) -> list[Entry]:
    entries = []
    for i in range(count):
        kind = _KINDS[i * i % len(_KINDS)]
        sign = -1 if kind[1] in ("Return", "Payout") else 1
        entries.append(
            Entry(
                f"LE-{48213 - i}",
                clock.now() - timedelta(minutes=97 * i + 11),
                kind,
                _COMPANIES[i * 5 % 6],
                _AGENCIES[i * 7 % 6],
                _VERTICALS[i * i % 6],
                _STATES[i * 3 % 5],
                sign * (1330 + 7919 * i % 24000),
            )
        )
    return entries


def _revenue() -> charts.Chart:
    first = datetime(2026, 6, 8, tzinfo=UTC)
    days = [first + timedelta(weeks=i) for i in range(len(_PPL))]
    return charts.stacked_bars(
        charts.Plot(
            labels=[day.strftime("%d %b") for day in days],
            series=[
                charts.Series("Pay-per-lead", [round(value * 100_000) for value in _PPL]),
                charts.Series("Pay-per-action", [round(value * 100_000) for value in _PPA]),
            ],
            show=lambda minor: formats.money_text(round(minor), "EUR"),
            tick=lambda minor: formats.money_compact(minor, "EUR"),
            links=[f"?from={day.date()}" for day in days],
        )
    )


def _charts() -> dict[str, Any]:
    weeks = [f"W{week}" for week in range(30, 42)]
    rates = [0.041, 0.039, 0.044, 0.038, 0.036, 0.04, 0.035, 0.033, 0.036, 0.031, 0.034, 0.029]
    before = [value + 0.006 for value in rates]
    swing = [12, 9, -4, 7, 11, -6, 3, 8, 10, -2, 6, 9]
    steps = ["Delivered", "Contacted", "Qualified", "Won"]
    return {
        "revenue": _revenue(),
        "rate": charts.lines(
            charts.Plot(weeks, [charts.Series("Return rate", rates)], show=formats.percent),
            area=True,
            ghost=charts.Series("Period before", before),
        ),
        "swing": charts.stacked_bars(charts.Plot(weeks, [charts.Series("Net change", swing)])),
        "top": charts.horizontal_bars(
            charts.Plot(
                _AGENCIES[:4], [charts.Series("Leads sold", (4120, 2875, 1310, 640))], show=formats.number
            )
        ),
        "funnel": charts.funnel(
            charts.Plot(steps, [charts.Series("Leads", (9872, 6120, 2204, 611))], show=formats.number)
        ),
        "none": charts.lines(charts.Plot([], [charts.Series("Return rate", [])])),
        "sparks": [
            charts.sparkline(_PPL),
            charts.sparkline(_PPA),
            charts.sparkline(_PPL[::-1]),
            charts.sparkline(swing),
        ],
    }


def _events(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "at": now - timedelta(minutes=3),
            "title": "Delivered by webhook",
            "icon": "send",
            "kind": "ok",
            "text": "200 in 84 ms",
        },
        {
            "at": now - timedelta(hours=2),
            "title": "Sold to Kredyt24",
            "icon": "shopping-cart",
            "kind": "info",
            "who": "Olena",
        },
        {
            "at": now - timedelta(days=1),
            "title": "Refused by the CRM",
            "icon": "x",
            "kind": "bad",
            "text": "Unknown field: income",
        },
        {"at": now - timedelta(days=400), "title": "Uploaded", "icon": "upload"},
    ]


def _words() -> dict[str, Any]:
    now = clock.now()
    return {
        "events": _events(now),
        "steps": [
            {"label": word, "href": "#steps"}
            for word in ("File", "Headers", "Columns", "Check", "Price", "Publish")
        ],
        "facts": [
            ("Legal name", "Sunrise Solar GmbH"),
            ("VAT number", "DE 811 907 980"),
            ("Domain", None),
            ("Region", "DE-BY"),
        ],
        "errors": {
            "name": "A name is needed.",
            "price": ["The floor is 4.00 EUR.", "The lead is already sold."],
        },
        "regions": [("DE-BY", "Bayern"), ("PL-MZ", "Mazowieckie")],
        "verticals": _VERTICALS,
        "snippet": 'curl -H "Authorization: Bearer $KEY" \\\n     https://floe.example/api/v1/leads?status=offered',
    }


def frame() -> dict[str, Any]:
    """Navigation, tenant and person of the sample shell, in the shape base.html takes."""
    entry = {"label": "Components", "href": "/ui", "icon": "layers", "count": None, "is_current": True}
    more = [
        {"label": word, "href": f"/ui#{icon}", "icon": icon, "count": count, "is_current": False}
        for word, icon, count in (
            ("Uploads", "upload", 2),
            ("Payouts", "hand-coins", 3),
            ("Returns", "undo-2", 12),
        )
    ]
    tenants = [
        {"name": name, "kind_label": kind, "initials": name[0], "is_current": i == 0, "href": "/ui"}
        for i, (name, kind) in enumerate(
            (("Leadmarket", "Operator"), ("Lead Forge Kyiv", "Agency"), ("Kredyt24", "Company"))
        )
    ]
    return {
        "nav": [{"label": None, "items": [entry]}, {"label": "Finance", "items": more}],
        "tenant": tenants[0],
        "tenants": tenants,
        "person": {
            "name": "Olena Kovalenko",
            "email": "olena@leadmarket.test",
            "initials": "OK",
            "href": "/ui",
            "logout": "/ui",
        },
        "crumbs": [{"label": "Design", "href": "/ui"}, {"label": "Components", "href": None}],
        "banners": [{"kind": "sandbox", "text": _("Payments are simulated.")}],
        "bell": {"href": "/ui", "count": 2},
    }


@pages.get("/ui")
@allow_anyone("shows the design system, nothing of any tenant")
def components() -> str:
    """Every component × state; reads nothing and changes nothing."""
    sort = request.args.get("sort", "-at")
    return render_template(
        "ui.html", **frame(), **_words(), charts=_charts(), entries=_entries(12), sort=sort
    )
