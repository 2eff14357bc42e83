"""The download of a company's leads: exactly the view of the table, one line a lead, with its people.

Invariant: whoever gets the file may see contacts, and the audit log says how many leads it held.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.leads.bundle import Bundle
from app.market import queries, reveal
from app.market.queries import Wanted
from app.pages import fact_words
from app.pages.trade_words import channel_name, vertical_name, word
from app.reports import export
from app.reports.export import Cell, Table
from tenants.actor import Actor
from tenants.errors import Refused
from tenants.language import N_

KINDS = {
    export.SHEET: _l("CSV for spreadsheets"),
    export.XLSX: _l("Excel (XLSX)"),
    export.MACHINE: _l("CSV for programs"),
}
MOST = 10_000
_CODES = ("purchase_id", "lead_id", "bought_at", "enquired_at", "vertical", "agency", "channel", "country", "region",
          "language", "temperature", "stage", "terms", "mode", "state", "net", "vat", "currency", "outcome",
          "outcome_at", "name", "first_name", "last_name", "role", "phones", "emails", "messengers", "postcode", "facts", "answers", "consent_at",
          "consent_text")  # fmt: skip


class TooManyRows(Refused):
    """The view is larger than one download; no file was made."""

    status, code = 422, "too_many_rows"


def answer(session: Session, actor: Actor, wanted: Wanted, kind: str, at: datetime) -> Response:
    """The file as an answer of the site. Raises `TooManyRows` above 10 000 leads."""
    rows = queries.purchases(session, wanted, limit=MOST)
    if rows.after is not None:
        raise TooManyRows(N_("This view has more than 10,000 leads. Narrow it, for example to a month."))
    name = f"leads-{at:%Y-%m-%d}.{export.KINDS[kind][1]}"
    opened = reveal.reveal_all(session, actor, [row.id for row in rows.rows], name)
    head = _CODES if kind == export.MACHINE else _head()
    file = export.write(Table(_("My leads"), head, _lines(rows.rows, opened, kind == export.MACHINE)), kind)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file, headers=headers, content_type=export.KINDS[kind][0])


def _head() -> list[str]:
    return [_("Purchase"), _("Lead"), _("Bought"), _("Enquired"), _("Vertical"), _("Agency"), _("Channel"),
            _("Country"), _("Region"), _("Language"), _("Temperature"), _("Stage"), _("Terms"), _("Kind of sale"),
            _("State"), _("Net"), _("VAT"), _("Currency"), _("Outcome"), _("Outcome at"),
            pgettext("of a person", "Name"), _("First name"), _("Last name"), _("Role"), _("Phones"), _("E-mails"), _("Messengers"),
            _("Postcode"), _("Facts"), _("Answers"), _("Consent at"), _("Consent text")]  # fmt: skip


def _lines(rows: Sequence[Row[Any]], opened: dict[Any, Bundle], is_machine: bool) -> Iterator[list[Cell]]:
    for row in rows:
        yield [*(_codes(row) if is_machine else _words(row)), *_money(row), *_outcome(row, is_machine),
               *_people(row, opened.get(row.id))]  # fmt: skip


def _codes(row: Row[Any]) -> list[Cell]:
    return [str(row.id), str(row.lead_id), row.bought_at, row.enquired_at, row.vertical, row.agency_name, row.channel,
            row.country, row.region, row.language, row.temperature, row.stage, row.terms, row.mode, row.state]  # fmt: skip


def _words(row: Row[Any]) -> list[Cell]:
    return [str(row.id), str(row.lead_id), row.bought_at, row.enquired_at, vertical_name(row.vertical),
            row.agency_name, channel_name(row.channel), row.country, row.region, row.language,
            word(row.temperature, "temperature"), row.stage, word(row.terms, "terms"), word(row.mode, "mode"),
            word(row.state, "trade")]  # fmt: skip


def _money(row: Row[Any]) -> list[Cell]:
    return [Decimal(row.net_minor).scaleb(-2), Decimal(row.vat_minor).scaleb(-2), row.currency]


def _outcome(row: Row[Any], is_machine: bool) -> list[Cell]:
    told = row.last_outcome
    return [told if is_machine or told is None else word(told, "outcome"), row.last_outcome_at]


def _people(row: Row[Any], bundle: Bundle | None) -> list[Cell]:
    if bundle is None:
        return [None] * 12
    consent = bundle.consent or {}

    def all_of(name: str) -> str:
        return "; ".join(str(value) for contact in bundle.contacts for value in contact.get(name) or ())

    def each(name: str) -> str:
        return "; ".join(filter(None, (contact.get(name) or "" for contact in bundle.contacts)))

    return [each("name"), each("first_name"), each("last_name"), each("role"), all_of("phones"), all_of("emails"), all_of("messengers"), bundle.postcode,
            _answers(row, row.facts), _answers(row, bundle.personal), consent.get("at"), consent.get("text")]  # fmt: skip


def _answers(row: Row[Any], values: Any) -> str:
    known = fact_words.facts_of(row.vertical, row.vertical_version, values)
    return "; ".join(f"{label}: {value}" for label, value in known)
