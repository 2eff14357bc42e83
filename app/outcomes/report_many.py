"""Telling the same outcome of many bought leads at once, from the table of purchases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.outcomes.report import Outcome, Repeated, report
from tenants.actor import Actor
from tenants.errors import Invalid
from tenants.language import N_

MOST = 200


def report_many(
    session: Session, actor: Actor, purchase_ids: Sequence[UUID], what: Outcome, at: datetime
) -> int:
    """Record `what` for each purchase; how many. Those that were told the same within 24 hours are left as they are.

    Raises as `report`, and `Invalid` for none or more than 200: then nothing was written for any of them.
    """
    if not 1 <= len(purchase_ids) <= MOST:
        sentence = N_("Choose 1 to 200 leads.")
        raise Invalid(sentence, fields={"ids": sentence})
    told = 0
    for purchase_id in sorted(set(purchase_ids)):
        try:
            report(session, actor, purchase_id, replace(what, external_id=None), at)
        except Repeated:
            continue
        told += 1
    return told
