"""The story of a bought or sold lead as a timeline: bought, delivered, told, billed, returned; the newest first.

Invariant: neither side reads the names of the other side's people; a buyer is known by its label.
"""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import formats
from app.outcomes.queries import BoughtLead, SoldLead
from app.pages.trade_words import look, word

Event = dict[str, Any]

_ICONS = {"contacted": "phone-call", "call": "phone", "consultation": "messages-square", "qualified": "badge-check",
          "purchase": "trophy", "rejected": "x"}  # fmt: skip


def of_bought(lead: BoughtLead) -> list[Event]:
    """The company's timeline."""
    bought = lead.purchase
    events = [_event(bought.bought_at, _("Bought"), "shopping-cart", "ok", text=bought.agency_name)]
    for told in lead.outcomes:
        row = told.row
        parts = [
            formats.money_text(row.value_minor, row.currency) if row.value_minor is not None else "",
            formats.duration(row.seconds) if row.seconds else "",
            word(row.reason, "reject") if row.reason else "",
            _("late, not billed") if row.is_late else "",
            told.note or "",
        ]
        events.append(_outcome(row, " · ".join(filter(None, parts)), row.reporter))
    if bought.consent_withdrawn_at:
        text = _("Stop contacting this person.")
        events.append(_event(bought.consent_withdrawn_at, _("Consent withdrawn"), "ban", "bad", text=text))
    return _sorted(
        [*events, *_deliveries(lead.deliveries), *_actions(lead.actions, True), *_return(lead.claim, False)]
    )


def of_sold(lead: SoldLead) -> list[Event]:
    """The agency's timeline: outcomes by type and time only."""
    sold = lead.sale
    events = [_event(sold.sold_at, _("Sold"), "receipt", "ok", text=sold.buyer_label)]
    events += [_outcome(row, "", None) for row in lead.outcomes]
    return _sorted(
        [*events, *_deliveries(lead.deliveries), *_actions(lead.actions, False), *_return(lead.claim, True)]
    )


def _deliveries(rows: Sequence[Any]) -> list[Event]:
    return [
        _event(
            row.delivered_at or row.created_at,
            _("%(what)s: %(state)s", what=word(row.event_type, "event"), state=word(row.state, "delivery")),
            "send",
            look(row.state, "delivery"),
            text=row.name,
            href=url_for("destinations.delivery", delivery_id=row.id),
        )
        for row in rows
    ]


def _actions(rows: Sequence[Any], names_people: bool) -> list[Event]:
    return [
        _event(
            row.decided_at or row.reported_at,
            _("Action %(type)s: %(state)s", type=word(row.type, "outcome"), state=word(row.state, "action")),
            "zap",
            look(row.state, "action"),
            text=row.reason or row.evidence or None,
            who=row.decided_by if names_people and row.state != "decided" else None,
            href=url_for("actions.one", action_id=row.id),
        )
        for row in rows
    ]


def _return(claim: Any, names_people: bool) -> list[Event]:
    if claim is None:
        return []
    href = url_for("returns.one", claim_id=claim.id)
    reason = word(claim.reason, "return_reason")
    events = [_event(claim.opened_at, _("Return claimed"), "undo-2", "warn", text=reason, href=href)]
    if claim.answered_at:
        title = _("Return accepted") if claim.is_upheld and not claim.appealed_at else _("Return refused")
        kind = "ok" if claim.is_upheld and not claim.appealed_at else "bad"
        who = claim.answered_by if names_people and not claim.settled_at else None
        events.append(_event(claim.answered_at, title, "gavel", kind, who=who, href=href))
    if claim.appealed_at:
        events.append(_event(claim.appealed_at, _("Appealed"), "scale", "warn", href=href))
    if claim.appealed_at and claim.settled_at:
        title = _("Appeal upheld") if claim.is_upheld else _("Appeal refused")
        events.append(_event(claim.settled_at, title, "gavel", "ok" if claim.is_upheld else "bad", href=href))
    return events


def _outcome(row: Any, text: str, who: str | None) -> Event:
    title = word(row.type, "outcome")
    if row.corrects_id:
        title = _("%(what)s (correction)", what=title)
    return _event(
        row.at, title, _ICONS.get(row.type, "circle"), look(row.type, "outcome"), text=text or None, who=who
    )


def _event(at: Any, title: str, icon: str, kind: str, **more: Any) -> Event:
    return {"at": at, "title": title, "icon": icon, "kind": kind, **more}


def _sorted(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event["at"], reverse=True)
