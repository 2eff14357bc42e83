"""The menu of each audience, the tenant switcher, the banners: what the frame of every page shows."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.config import Settings
from tenants.actor import Actor
from tenants.log_in import tenants_of
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: for which kinds of tenant, and who may see it."""

    group: Any
    label: Any
    endpoint: str
    icon: str
    kinds: tuple[str, ...]
    permission: Permission


AGENCY, COMPANY, OPERATOR = ("agency",), ("company",), ("operator",)
TRADERS = ("agency", "company")
EVERYBODY = ("agency", "company", "operator")
WORK, MONEY, SETTINGS = "", _l("Money"), _l("Settings")

MENU = (
    Entry(WORK, _l("Overview"), "overview.home", "layout-dashboard", EVERYBODY, Permission.LEAD_READ),
    Entry(WORK, _l("Uploads"), "uploads.index", "upload", AGENCY, Permission.LEAD_WRITE),
    Entry(WORK, _l("Forms"), "forms.index", "clipboard-list", AGENCY, Permission.LEAD_READ),
    Entry(WORK, _l("Quick entry"), "quick.index", "pencil", AGENCY, Permission.LEAD_WRITE),
    Entry(WORK, _l("Leads"), "leads.index", "users", AGENCY, Permission.LEAD_READ),
    Entry(WORK, _l("Quarantine"), "quarantine.index", "shield-alert", AGENCY, Permission.LEAD_READ),
    Entry(WORK, _l("Sales"), "sales.index", "receipt", AGENCY, Permission.LEAD_READ),
    Entry(WORK, _l("Marketplace"), "market.index", "shopping-cart", COMPANY, Permission.LEAD_READ),
    Entry(WORK, _l("Reserved for you"), "reserved.index", "user-check", COMPANY, Permission.LEAD_READ),
    Entry(WORK, _l("My leads"), "purchases.index", "users", COMPANY, Permission.LEAD_READ),
    Entry(WORK, _l("Actions"), "actions.index", "zap", TRADERS, Permission.LEAD_READ),
    Entry(WORK, _l("Returns"), "returns.index", "undo-2", TRADERS, Permission.LEAD_READ),
    Entry(WORK, _l("Organisations"), "operator.index", "building-2", OPERATOR, Permission.PLATFORM_APPROVE),
    Entry(
        WORK, _l("Appeals and disputes"), "decisions.index", "scale", OPERATOR, Permission.PLATFORM_APPROVE
    ),
    Entry(MONEY, _l("Wallet"), "wallet.index", "wallet", COMPANY, Permission.MONEY_READ),
    Entry(MONEY, _l("Report"), "reports.index", "chart-column", TRADERS, Permission.MONEY_READ),
    Entry(MONEY, _l("Statement"), "statement.index", "book-open", AGENCY, Permission.MONEY_READ),
    Entry(MONEY, _l("Billing report"), "finance.index", "chart-column", OPERATOR, Permission.PLATFORM_MONEY),
    Entry(MONEY, _l("Journals"), "finance.journals", "book-open", OPERATOR, Permission.PLATFORM_MONEY),
    Entry(MONEY, _l("Payouts"), "finance.payouts", "hand-coins", OPERATOR, Permission.PLATFORM_MONEY),
    Entry(SETTINGS, _l("Sources and prices"), "sources.index", "tag", AGENCY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Connections"), "connections.index", "plug", AGENCY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Consent texts"), "consents.index", "file-text", AGENCY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Addressees"), "addressees.index", "contact", AGENCY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Suppression"), "suppression.index", "user-x", AGENCY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Our customers"), "suppression.index", "user-x", COMPANY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Suppression"), "suppression.index", "user-x", OPERATOR, Permission.SUPPRESSION_WRITE),
    Entry(SETTINGS, _l("Scoring"), "scoring.index", "gauge", AGENCY, Permission.LEAD_READ),
    Entry(SETTINGS, _l("Score alerts"), "score_alerts.index", "bell", TRADERS, Permission.DELIVERY_READ),
    Entry(SETTINGS, _l("Destinations"), "destinations.index", "send", TRADERS, Permission.DELIVERY_READ),
    Entry(
        SETTINGS,
        _l("Organisation"),
        "settings.organisation",
        "building-2",
        EVERYBODY,
        Permission.TENANT_WRITE,
    ),
    Entry(SETTINGS, _l("Members"), "settings.members", "user-plus", EVERYBODY, Permission.MEMBER_WRITE),
    Entry(SETTINGS, _l("API keys"), "settings.keys", "key-round", EVERYBODY, Permission.KEY_WRITE),
    Entry(SETTINGS, _l("Audit log"), "settings.audit_log", "shield-check", EVERYBODY, Permission.AUDIT_READ),
)


def register(app: Flask) -> None:
    """Give every template its frame."""
    app.context_processor(_frame)


def entries(actor: Actor) -> list[Entry]:
    """The lines of the menu this actor sees."""
    if actor.tenant is None:
        return []
    kind = actor.tenant.kind
    known = current_app.view_functions
    return [e for e in MENU if kind in e.kinds and actor.may(e.permission) and e.endpoint in known]


def _frame() -> dict[str, Any]:
    settings: Settings = current_app.config["FLOE"]
    actor: Actor | None = getattr(g, "actor", None)
    if actor is None:
        return {"nav": [], "tenant": None, "person": None, "banners": [], "demo": settings.is_demo}
    return {
        "nav": _groups(actor),
        "tenant": _card(actor) if actor.tenant else None,
        "tenants": _tenants(actor),
        "person": {
            "name": actor.name,
            "email": actor.email,
            "initials": initials(actor.name),
            "href": _url("settings.person"),
            "logout": _url("account.log_out"),
            "quick_owner": _quick_owner(actor),
        },
        "banners": _banners(actor, settings),
    }


def _quick_owner(actor: Actor) -> str | None:
    """Whose unsent entries the browser may hold: logging out asks before it deletes them."""
    is_typing = (
        actor.tenant is not None and actor.tenant.kind == "agency" and actor.may(Permission.LEAD_WRITE)
    )
    return f"{actor.id}.{actor.tenant_id}" if is_typing else None


def _is_within(href: str) -> bool:
    """Whether the page being shown is this one or lies below it."""
    return request.path == href or (href != "/" and request.path.startswith(f"{href.rstrip('/')}/"))


def _groups(actor: Actor) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    hrefs = [url_for(entry.endpoint) for entry in entries(actor)]
    here = max((one for one in hrefs if _is_within(one)), key=len, default="")
    for entry, href in zip(entries(actor), hrefs, strict=True):
        group = groups.setdefault(str(entry.group), {"label": str(entry.group) or None, "items": []})
        group["items"].append(
            {
                "label": str(entry.label),
                "href": href,
                "icon": entry.icon,
                "count": None,
                "is_current": href == here,
            }
        )
    return list(groups.values())


def _tenants(actor: Actor) -> list[dict[str, Any]]:
    """Where the person may go over to; nothing on a page whose transaction was settled before it was drawn."""
    opened = g.get("floe_session")
    if actor.kind != "user" or opened is None:
        return []
    return [
        {
            "id": str(card.id),
            "name": card.name,
            "kind_label": kind_label(card.kind),
            "initials": initials(card.name),
            "is_current": card.id == actor.tenant_id,
            "href": url_for("account.enter", tenant_id=card.id),
        }
        for card in tenants_of(opened, actor)
    ]


def kind_label(kind: str) -> str:
    """Agency, company or operator, in the reader's language."""
    return str({"agency": _("Agency"), "company": _("Company"), "operator": _("Operator")}[kind])


def _card(actor: Actor) -> dict[str, str]:
    tenant = actor.card()
    return {"name": tenant.name, "kind_label": kind_label(tenant.kind), "initials": initials(tenant.name)}


def initials(name: str) -> str:
    """Two letters for a mark."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def _banners(actor: Actor, settings: Settings) -> list[dict[str, Any]]:
    banners: list[dict[str, Any]] = []
    if actor.tenant and actor.tenant.state == "pending":
        text = _("Your organisation waits for approval. Complete its details so that it can trade.")
        banners.append(
            {"kind": "warn", "text": text, "href": _url("settings.organisation"), "link": _("Details")}
        )
    if actor.tenant and actor.tenant.state == "suspended":
        banners.append(
            {"kind": "bad", "text": _("Your organisation is suspended and cannot trade."), "href": None}
        )
    if (
        settings.is_sandbox
        and actor.tenant
        and request.blueprint in ("wallet", "finance", "statement", "reports")
    ):
        banners.append(
            {"kind": "sandbox", "text": _("Payments are simulated. No real money moves."), "href": None}
        )
    return banners


def _url(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None
