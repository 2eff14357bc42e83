"""How an uploaded file is laid out, as its batch keeps it, and what a person chose for a file that looked the same."""

import hashlib
import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.leads.files.layout import Wishes
from app.leads.files.look import Look
from app.leads.received_file import seal
from tenants.crypto import Vault

_CHOSEN = text("""
SELECT wishes FROM batch WHERE tenant_id = :tenant AND detected = :detected
  AND state NOT IN ('received', 'cancelled', 'failed') ORDER BY created_at DESC LIMIT 1
""")


def detected(look: Look) -> bytes:
    """A digest of how a file looks: the same for two exports of one program."""
    return hashlib.sha256(orjson.dumps(look.layout.as_json(), option=orjson.OPT_SORT_KEYS)).digest()


def remembered(session: Session, tenant_id: UUID, looks: bytes) -> dict[str, Any]:
    """What the agency chose for its last file that looked the same; empty when nothing."""
    found = session.execute(_CHOSEN, {"tenant": tenant_id, "detected": looks}).scalar_one_or_none()
    return dict(found or {})


def chosen(wishes: Wishes) -> str:
    """The wishes as a batch keeps them."""
    return json.dumps({name: value for name, value in asdict(wishes).items() if value is not None})


def words(vault: Vault, batch_id: UUID, look: Look) -> dict[str, Any]:
    """For the statements that keep a layout with its first rows, which are sealed."""
    rows = {"raw": look.raw, "samples": look.samples, "sure": look.sure}
    return {
        "layout": json.dumps(look.layout.as_json(), ensure_ascii=False),
        "headers": json.dumps(look.layout.headers, ensure_ascii=False),
        "samples": seal(vault, batch_id, "samples", orjson.dumps(rows)),
    }
