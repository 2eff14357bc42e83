"""What the walk through all routes is told of hosted forms."""

from typing import Any

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
