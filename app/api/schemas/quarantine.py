"""Leads that rest in quarantine, and suppression lists."""

from collections.abc import Iterable
from typing import Any

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import fields, validate

from app.api.schemas.fields import (
    Answer,
    Asked,
    Flag,
    Id,
    Moment,
    PageQuery,
    Text,
    choice,
    page_of,
    text,
    words,
)
from app.leads.intake import Result
from app.leads.problems import Problem
from app.leads.quarantine_queries import STATES
from app.leads.reasons import REASONS
from app.leads.resting import ORIGINS


class Reason(Answer):
    """Why a lead waits, or was refused."""

    code = Text()
    message = Text()


class Waiting(Answer):
    """A lead that rests until somebody has looked at it."""

    quarantined_id = Id()
    reasons = fields.List(fields.Nested(Reason))


class QuarantinedLead(Answer):
    """A lead in quarantine, without its people; `lead_id` is what it became."""

    id = Id()
    vertical = Text()
    lead_type = Text()
    source_id = Id()
    source_name = Text()
    country = Text()
    external_id = Text(allow_none=True)
    origin = choice(ORIGINS)
    origin_id = Id(allow_none=True)
    line = fields.Integer(allow_none=True)
    reasons = fields.List(Text())
    state = choice(STATES)
    owner_id = Id(allow_none=True)
    owner_name = Text(allow_none=True)
    lead_id = Id(allow_none=True)
    rested_at = Moment()
    expires_at = Moment()
    settled_at = Moment(allow_none=True)


class QuarantineQuery(PageQuery):
    """Which of them; without a state, those that rest."""

    state = words(STATES)
    origin = words(ORIGINS)
    reason = words()


class Release(Asked):
    """What a person has looked at and takes; every other rule is held.

    Without `draft` the lead is offered at once; a row of an upload that is not published yet is offered with that.
    """

    accepting = fields.List(text(100, shortest=1), load_default=[], validate=validate.Length(max=50))
    draft = Flag(load_default=False)


class Released(Answer):
    """What became of it: a lead, or why it stays."""

    result = choice([one.value for one in Result])
    lead_id = Id(allow_none=True)
    reasons = fields.List(fields.Nested(Reason))


class NewSuppressionList(Asked):
    """A list by its name."""

    name = text(100, shortest=1, required=True)


class SuppressionList(Answer):
    """A list; `hits` says about how often one of its entries was met."""

    id = Id()
    name = Text()
    entries = fields.Integer()
    hits = fields.Integer()
    last_hit_at = Moment(allow_none=True)
    created_at = Moment()
    deleting_since = Moment(allow_none=True)


class NewEntries(Asked):
    """Phones, e-mails, `@domain`, or MD5 or SHA-256 of a phone or e-mail in hex."""

    entries = fields.List(text(320, shortest=1), required=True, validate=validate.Length(1, 10_000))


class EntriesFile(Asked):
    """A file of entries: text, CSV or a workbook, packed or not, of at most 200 MB."""

    file = Upload(required=True)


class OneEntry(Asked):
    """One entry."""

    entry = text(320, shortest=1, required=True)


class AddedEntries(Answer):
    """What became of the entries."""

    added = fields.Integer()
    known = fields.Integer(metadata={"description": "On the list already."})
    unreadable = fields.Integer()
    closed_listings = fields.Integer(
        metadata={"description": "Open listings of the agency's that this closed."}
    )


QuarantinePage = page_of(QuarantinedLead, "QuarantinePage")
SuppressionListPage = page_of(SuppressionList, "SuppressionListPage")


def said(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Reasons with their sentences."""
    return [{"code": one.code, "message": REASONS.get(one.code, one.code) % one.params} for one in problems]
