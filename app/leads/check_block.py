"""A block of a file's rows: read into leads and problems without the database, then written in one go.

Invariant: every row of the block becomes exactly one of a stored lead, a rejection or a duplicate; of a row that
became no lead the raw cells are kept sealed, for the file of rejects.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.duplicates import EXTERNAL_ID
from app.leads.files.layout import BrokenRow, Line
from app.leads.fixes import Noticed
from app.leads.flag_words import NEUTRAL
from app.leads.problems import Problem
from app.leads.reasons import UNKNOWN_ADDRESSEE, with_others
from app.leads.received_file import seal
from app.leads.resting import Resting, rest_rows
from app.leads.rows import ReadLead, RowProblem, RowReader
from app.leads.sealing import BatchFacts, SealedLead, seal_leads
from app.leads.store import lay_out, store
from app.leads.suppressed import SUPPRESSED
from app.leads.targets import TARGETED
from tenants import crypto
from tenants.crypto import Vault

REJECTED, DUPLICATE = "rejected", "duplicate"

_PROBLEM = text("""
INSERT INTO batch_problem (tenant_id, batch_id, line, kind, code, column_name, params, row_sealed)
VALUES (:tenant, :batch, :line, :kind, :code, :column, CAST(:params AS jsonb), :row)
""")
_RESTING = text("""
SELECT line FROM quarantined_lead WHERE tenant_id = :tenant AND origin_id = :batch AND line = ANY(:lines)
""")


@dataclass(slots=True)
class Block:
    """Some rows of a file, read: the leads with the rows they come from, and the rows that are none."""

    rows: int = 0
    leads: list[ReadLead] = field(default_factory=list)
    sealed: list[SealedLead] = field(default_factory=list)
    """The leads again, ready to be stored."""
    are_laid_out: bool = False
    """They lie in the connection's own table."""
    lines: list[Line] = field(default_factory=list)
    rejected: list[tuple[Line, tuple[Problem, ...]]] = field(default_factory=list)
    resting: list[tuple[Line, Resting]] = field(default_factory=list)
    """Rows that somebody has to look at first."""
    warnings: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many stored leads left something out: (code, target) → leads."""
    warned: int = 0
    noticed: Noticed = field(default_factory=Noticed)


def judge(lines: Sequence[Line], reader: RowReader, facts: BatchFacts) -> Block:
    """Read every row; a targeted lead whose addressee nobody knows is rejected here."""
    block = Block(rows=len(lines))
    for line, read in zip(lines, reader.read_all(lines), strict=True):
        number, row = line
        if isinstance(read, RowProblem):
            block.rejected.append((line, read.problems))
            block.noticed.note(read.problems, reader.country)
        elif facts.lead_type == TARGETED and facts.addressee_of(read) is None:
            block.rejected.append((line, (Problem("addressee", UNKNOWN_ADDRESSEE),)))
        elif waits := facts.vertical.screening.waits_for(read.flags):
            block.resting.append((line, Resting(reader.values(row), tuple(waits), number)))  # type: ignore[arg-type]
        else:
            block.leads.append(read)
            block.lines.append(line)
            if read.warnings:
                block.noticed.note(read.warnings, reader.country)
    return block


def ready(vault: Vault, block: Block, facts: BatchFacts) -> Block:
    """The block with its leads sealed."""
    block.sealed = seal_leads(vault, block.leads, facts)
    return block


def bring(session: Session, block: Block, facts: BatchFacts) -> None:
    """Bring a ready block's leads to the database before its turn to be written."""
    if block.sealed and facts.scoring is not None:
        lay_out(session, block.sealed, facts.scoring)
        block.are_laid_out = True


def write(
    session: Session, tenant_id: UUID, block: Block, facts: BatchFacts, columns: Mapping[str, str]
) -> dict[str, int]:
    """Store the block's leads and its problems; gives how many rows were accepted, rejected and duplicates."""
    stored = store(session, tenant_id, block.sealed, facts, are_laid_out=block.are_laid_out)
    vault = crypto.vault(session, tenant_id)
    again = _put_away(session, vault, block, facts)
    left_out = [
        (line, (Problem(None, reason),))
        for line, reason in zip(block.lines, stored.reasons, strict=True)
        if reason
    ]
    barred = [one for one in left_out if one[1][0].code == SUPPRESSED]
    duplicates = [*again, *(one for one in left_out if one[1][0].code != SUPPRESSED)]
    _count_warnings(block, stored.reasons)
    kinds = ((REJECTED, [*block.rejected, *barred]), (DUPLICATE, duplicates))
    rows = [_row(vault, facts, kind, one, columns) for kind, found in kinds for one in found]
    if rows:
        session.execute(_PROBLEM, rows)
    return {
        "rows": block.rows,
        "accepted": stored.accepted,
        "rejected": len(block.rejected) + len(barred),
        "duplicates": len(duplicates),
        "quarantined": len(block.resting) - len(again),
        "warned": block.warned,
    }


def merged(
    before: Sequence[Mapping[str, Any]], more: Counter[tuple[str, str]], columns: Mapping[str, str]
) -> str:
    """A batch's warnings, as they are stored, with those of a block added: a list of code, column and count."""
    counts = Counter({(one["code"], one["column"]): one["count"] for one in before})
    for (code, target), count in more.items():
        counts[code, columns.get(target, target)] += count
    found = [
        {"code": code, "column": column, "count": count} for (code, column), count in counts.most_common()
    ]
    return json.dumps(found, ensure_ascii=False)


def _put_away(
    session: Session, vault: Vault, block: Block, facts: BatchFacts
) -> list[tuple[Line, tuple[Problem, ...]]]:
    """Put the rows that wait into quarantine; those whose own ID rests there already are duplicates."""
    if not block.resting or facts.said is None or facts.batch_id is None:
        return []
    rest_rows(session, vault, facts.batch_id, facts.said, [one for _line, one in block.resting])
    words = {
        "tenant": vault.tenant_id,
        "batch": facts.batch_id,
        "lines": [one.line for _, one in block.resting],
    }
    resting = set(session.execute(_RESTING, words).scalars())
    return [(line, (Problem(None, EXTERNAL_ID),)) for line, one in block.resting if one.line not in resting]


def _count_warnings(block: Block, reasons: Sequence[str | None]) -> None:
    """Each warning by the column it is about; each flag, and each warning whatever its column, by its leads."""
    flags: Counter[tuple[str, ...]] = Counter()
    for lead, reason in zip(block.leads, reasons, strict=True):
        if reason is None:
            flags[lead.flags] += 1
            if lead.warnings:
                block.warned += 1
                block.warnings.update({(one.code, one.target or "") for one in lead.warnings})
    for noticed, count in flags.items():
        block.warnings.update({(one, ""): count for one in noticed if one not in NEUTRAL})


def _row(
    vault: Vault,
    facts: BatchFacts,
    kind: str,
    found: tuple[Line, tuple[Problem, ...]],
    columns: Mapping[str, str],
) -> dict[str, Any]:
    (line, row), problems = found
    first = problems[0]
    cells = row.cells if isinstance(row, BrokenRow) else row
    if facts.batch_id is None:
        raise ValueError("rows belong to a batch")
    sealed = seal(vault, facts.batch_id, f"row:{line}", json.dumps(cells, ensure_ascii=False).encode())
    return {
        "tenant": vault.tenant_id,
        "batch": facts.batch_id,
        "line": line,
        "kind": kind,
        "code": first.code,
        "column": columns.get(first.target or "", first.target),
        "params": json.dumps(with_others(problems, columns), ensure_ascii=False),
        "row": sealed,
    }
