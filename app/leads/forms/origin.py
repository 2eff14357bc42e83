"""Where a person came from to a form: campaign, clicks, page; kept with the lead.

Invariants: only the names listed here are taken from an address, shortened and without control characters. What could
tell a person apart (IP, clicks, pages) is sealed under the lead's own salt; the campaign is the agency's own word.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants import crypto

CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "sub")
CLICKS = ("gclid", "fbclid", "msclkid", "ttclid")
PAGES = ("referrer", "landing")
TAKEN = (*CAMPAIGN, *CLICKS, *PAGES)
FIELD = "origin"
LONGEST = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_SALT = text("SELECT salt FROM lead_salt WHERE tenant_id = :tenant AND lead_id = :lead")
_KEEP = text("""
INSERT INTO lead_origin (tenant_id, lead_id, form_id, version, campaign, sealed)
VALUES (:tenant, :lead, :form, :version, CAST(:campaign AS jsonb), :sealed)
""")
_READ = text("""
SELECT o.form_id, f.name AS form_name, o.version, o.campaign, o.sealed, s.salt FROM lead_origin o
JOIN form f ON f.tenant_id = o.tenant_id AND f.id = o.form_id
LEFT JOIN lead_salt s ON s.tenant_id = o.tenant_id AND s.lead_id = o.lead_id
WHERE o.tenant_id = :tenant AND o.lead_id = :lead
""")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends, as the connection says."""

    ip: str
    agent: str


@dataclass(frozen=True, slots=True)
class FormLead:
    """What is to be kept of where a lead came from."""

    lead_id: UUID
    form_id: UUID
    version: int
    origin: Mapping[str, str]
    visitor: Visitor
    times: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class LeadOrigin:
    """Where a lead of a form came from; `traces` is empty once the lead is erased."""

    form_id: UUID
    form_name: str
    version: int
    campaign: dict[str, str]
    traces: dict[str, str]


def taken(given: Mapping[str, str]) -> dict[str, str]:
    """What of an address's query is kept; pages lose their own query, which may hold anything."""
    kept = {}
    for name in TAKEN:
        value = _CONTROL.sub("", given.get(name, "")).strip()[:LONGEST]
        if name in PAGES:
            value = without_query(value)
        if value:
            kept[name] = value
    return kept


def without_query(url: str) -> str:
    """A page's address without query and fragment; empty for what is no web address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def sub_id(origin: Mapping[str, str]) -> str:
    """The slice of traffic a lead is counted under."""
    return origin.get("sub") or origin.get("utm_campaign") or ""


def keep(session: Session, tenant_id: UUID, lead: FormLead) -> None:
    """Write down where a new lead came from, with IP and times, as evidence of its consent."""
    salt = session.execute(_SALT, {"tenant": tenant_id, "lead": lead.lead_id}).scalar_one()
    traces = {name: lead.origin[name] for name in (*CLICKS, *PAGES) if name in lead.origin}
    traces |= {"ip": lead.visitor.ip, "agent": lead.visitor.agent[:LONGEST]}
    traces |= {name: moment.isoformat() for name, moment in lead.times.items()}
    sealed = crypto.vault(session, tenant_id).seal(
        bytes(salt), lead.lead_id, FIELD, json.dumps(traces).encode()
    )
    words = {
        "tenant": tenant_id,
        "lead": lead.lead_id,
        "form": lead.form_id,
        "version": lead.version,
        "campaign": json.dumps({name: lead.origin[name] for name in CAMPAIGN if name in lead.origin}),
        "sealed": sealed,
    }
    session.execute(_KEEP, words)


def of_lead(session: Session, tenant_id: UUID, lead_id: UUID) -> LeadOrigin | None:
    """Where a lead came from; None when it came by no form."""
    row = session.execute(_READ, {"tenant": tenant_id, "lead": lead_id}).one_or_none()
    if row is None:
        return None
    traces: dict[str, Any] = {}
    if row.salt is not None:
        opened = crypto.vault(session, tenant_id).open(bytes(row.salt), lead_id, FIELD, bytes(row.sealed))
        traces = json.loads(opened)
    return LeadOrigin(row.form_id, row.form_name, row.version, dict(row.campaign), traces)
