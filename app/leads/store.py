"""Storing sealed leads, a block at a time, as drafts of their agency; duplicates are left out and reported.

Invariants: a block is written whole or not at all; every lead put in is stored, or reported as a duplicate or as
suppressed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads import duplicates, suppressed
from app.leads.duplicate_rule import FLAG
from app.leads.duplicates_elsewhere import ELSEWHERE, KNOWN_ELSEWHERE, Elsewhere
from app.leads.scoring import books
from app.leads.scoring.books import BlockScoring
from app.leads.scoring.passing import Scored, watch
from app.leads.sealing import BatchFacts, SealedLead


@dataclass(frozen=True, slots=True)
class StoreResult:
    """For each lead put in, in order: why it was left out, or None.

    A code of `app.leads.duplicates`, or `suppressed.SUPPRESSED`: then it is rejected, not a duplicate.
    """

    reasons: list[str | None]

    @property
    def accepted(self) -> int:
        """How many were stored."""
        return self.reasons.count(None)


# kept for the next block of this connection: making a table costs as much as storing fifty leads
_TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_lead (id uuid, external_id text, addressee_id uuid, enquired_at timestamptz,
  country text, region text, language text, sub_id text, consent_at timestamptz, consent_origin text,
  claimed_temperature text, temperature text, stage text, bant text, facts jsonb, preview jsonb, sealed bytea,
  contact_count bigint, flags text[], salt bytea, people bytea[],
  signals jsonb, score bigint, fit bigint, grade text, score_version bigint) ON COMMIT DELETE ROWS;
DELETE FROM incoming_lead
"""
_LEAVE_OUT = text("DELETE FROM incoming_lead WHERE id = ANY(:leads)")
_FLAG = text("UPDATE incoming_lead SET flags = flags || CAST(:flag AS text) WHERE id = ANY(:leads)")
_STORE = text("""
WITH leads AS (
  INSERT INTO lead (tenant_id, id, type, max_sales, vertical, vertical_version, source_id, sub_id, external_id,
    batch_id, addressee_id, state, enquired_at, expires_at, created_at, country, region, language, legal_basis,
    consent_text_id, consent_at, consent_origin, claimed_temperature, temperature, stage, bant, facts, preview, sealed,
    contact_count, flags, signals, score, fit, grade, score_version)
  SELECT :tenant, id, :type, :max_sales, :vertical, :version, :source, sub_id, external_id, CAST(:batch AS uuid),
    addressee_id, 'draft', enquired_at, enquired_at + CAST(:life AS interval), :now, country, region, language, :basis,
    CAST(:consent_text AS uuid), consent_at, consent_origin, claimed_temperature, temperature, stage, bant, facts,
    preview, sealed, contact_count, flags, signals, score, fit, grade, score_version FROM incoming_lead),
salts AS (INSERT INTO lead_salt (tenant_id, lead_id, salt) SELECT :tenant, id, salt FROM incoming_lead)
INSERT INTO lead_person (tenant_id, blind, lead_id) SELECT :tenant, unnest(people), id FROM incoming_lead
""")


def lay_out(session: Session, leads: Sequence[SealedLead], scoring: BlockScoring) -> None:
    """Bring rated leads into this connection's own table, in the place of what lies there; nothing is stored yet.

    Needs no lock: who has to wait for a turn to store does this before, and says so to `store`. A rollback, or another
    `store` of this transaction, takes them away again.
    """
    # COPY refuses tables under row-level security: the rows go through a table of this connection's own
    with _driver(session).cursor() as cursor:
        cursor.execute(_TABLE)
        with cursor.copy("COPY incoming_lead FROM STDIN") as copy:
            copy.write("".join([_line(lead, scoring.scorer.version) for lead in leads]))


def store(
    session: Session,
    tenant_id: UUID,
    leads: Sequence[SealedLead],
    batch: BatchFacts,
    *,
    are_laid_out: bool = False,
) -> StoreResult:
    """Store sealed leads of one agency as drafts.

    Waits while somebody else adds leads of the same people. Not repeatable by itself: the caller records in the same
    transaction what was stored. A targeted lead's addressee must be known (`BatchFacts.addressee_of`). `are_laid_out`:
    just these leads lie ready, rated by the batch's scoring; under rules that changed since they are laid out again.
    """
    if not leads:
        return StoreResult([])
    listed = suppressed.find(session, tenant_id, [lead.channels for lead in leads], batch.stored_at)
    barred = {leads[number].id for number in listed}
    told_by = [one for lead in leads for one in duplicates.told_apart(lead.external_id, lead.blinds)]
    duplicates.lock_leads(session, tenant_id, told_by)
    # read behind the lock that saving new rules takes too: no lead slips in between under the old ones
    scoring = books.for_block(session, tenant_id, batch.vertical.code, batch.source_id)
    if _rate_again(leads, batch, scoring) or not are_laid_out:
        lay_out(session, leads, scoring)
    with _driver(session).cursor() as cursor:
        elsewhere = Elsewhere(session, tenant_id, leads, batch)
        reasons = _beyond(
            session, duplicates.find(cursor, tenant_id, leads, batch, barred), elsewhere, leads, batch
        )
        left_out = [lead.id for lead, reason in zip(leads, reasons, strict=True) if reason]
        if left_out:
            session.execute(_LEAVE_OUT, {"leads": left_out})
        session.execute(_STORE, _words(tenant_id, batch))
        elsewhere.remember(left_out)
    _watch(session, tenant_id, leads, reasons, batch, scoring.watched_from)
    return StoreResult(reasons)


def _beyond(
    session: Session,
    reasons: list[str | None],
    elsewhere: Elsewhere,
    leads: Sequence[SealedLead],
    batch: BatchFacts,
) -> list[str | None]:
    """The reasons with what other agencies' leads add to them: a refusal or a flag, as the vertical says."""
    known = {number for number in elsewhere.find() if reasons[number] is None}
    if known and batch.vertical.duplicates.elsewhere == FLAG:
        session.execute(_FLAG, {"leads": [leads[number].id for number in known], "flag": KNOWN_ELSEWHERE})
        return reasons
    return [ELSEWHERE if number in known else reason for number, reason in enumerate(reasons)]


def _driver(session: Session) -> Connection[Any]:
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, Connection):
        raise RuntimeError("the session has no driver connection")
    return driver


def _rate_again(leads: Sequence[SealedLead], batch: BatchFacts, scoring: BlockScoring) -> bool:
    """Rate what was not, or was under rules that no longer hold; whether anything had to be."""
    rated = batch.scoring
    if rated and rated.scorer.version == scoring.scorer.version and rated.channel == scoring.channel:
        return False
    for lead in leads:
        lead.known = lead.known._replace(place=lead.known.place._replace(channel=scoring.channel))
    ratings = scoring.rate(
        [lead.known for lead in leads], [lead.enquired_at for lead in leads], batch.stored_at
    )
    for lead, rating in zip(leads, ratings, strict=True):
        lead.rating = rating
    return True


def _line(lead: SealedLead, version: int) -> str:
    rating = lead.rating
    if rating is None:
        raise ValueError("a lead is rated before it is stored")
    fit, grade = ("\\N", "\\N") if rating.fit is None else (rating.fit, rating.grade)
    return f"{lead.line}\t{rating.score}\t{fit}\t{grade}\t{version}\n"


def _watch(
    session: Session,
    tenant_id: UUID,
    leads: Sequence[SealedLead],
    reasons: Sequence[str | None],
    batch: BatchFacts,
    watched_from: int | None,
) -> None:
    if watched_from is None:
        return
    risen = [
        Scored(lead.id, batch.vertical.code, lead.rating.score)
        for lead, reason in zip(leads, reasons, strict=True)
        if reason is None and lead.rating and lead.rating.score >= watched_from
    ]
    watch(session, tenant_id, risen, batch.stored_at)


def _words(tenant_id: UUID, batch: BatchFacts) -> dict[str, object]:
    return {
        "tenant": tenant_id,
        "type": batch.lead_type,
        "max_sales": batch.max_sales,
        "vertical": batch.vertical.code,
        "version": batch.vertical.version,
        "source": batch.source_id,
        "batch": batch.batch_id,
        "life": timedelta(hours=24 * batch.vertical.lead_days),
        "basis": batch.legal_basis,
        "consent_text": batch.consent_text_id,
        "now": batch.stored_at,
    }
