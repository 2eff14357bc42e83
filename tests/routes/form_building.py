"""What the walk through all routes is told of hosted forms."""

from typing import Any

THINGS: dict[str, dict[str, str]] = {
    route: {"addressee_id": "linked", "consents[].consent_text_id": "consent_text"}
    for route in ("POST /api/v1/forms", "PUT /api/v1/forms/<uuid:form_id>")
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /forms/new": {"name": "Another", "vertical": "home_solar", "country": "UA", "language": "uk"},
    "POST /forms/<uuid:form_id>/edit": {
        "name": "Solar",
        "source_id": "{source}",
        "country": "UA",
        "languages": "uk",
        "title-uk": "Title",
        "lead_type": "consumer",
        "legal_basis": "consent",
        "do": "save",
    },
    "POST /forms/<uuid:form_id>/pause": {"paused": "1"},
}

BODIES: dict[str, dict[str, Any]] = {
    f"{route} addressee_id": {"type": "targeted", "legal_basis": "requested_contact"} for route in THINGS
}
