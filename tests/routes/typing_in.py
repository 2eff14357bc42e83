"""What the walk through all routes is told of quick entry."""

from typing import Any

_FACTS = {
    "vertical": "home_solar",
    "lead_type": "consumer",
    "country": "UA",
    "legal_basis": "consent",
    "source_id": "{source}",
    "consent_text_id": "{consent_text}",
}
_TYPED = {
    "entry_id": "01936b0e-5d7a-4c11-9f00-2b1c5d8e0a11",
    "owner": "{typist}",
    "q-phone": "0939998877",
    "q-property_type": "flat",
    "q-is_owner": "yes",
    "agreed": "1",
}
_IDS = {"form:source_id": "source", "form:consent_text_id": "consent_text", "form:addressee_id": "linked"}
_TARGETED = {"lead_type": "targeted", "legal_basis": "requested_contact", "consent_text_id": None}

PAGES = {f"POST /leads/quick{path}": _IDS for path in ("", "/setup", "/known")}
FORMS: dict[str, dict[str, Any]] = {
    "POST /leads/quick": {**_FACTS, **_TYPED},
    "POST /leads/quick/setup": _FACTS,
    "POST /leads/quick/known": {**_FACTS, "written": "0939998877"},
}
BODIES = {f"POST /leads/quick{path} addressee_id": _TARGETED for path in ("", "/setup", "/known")}
