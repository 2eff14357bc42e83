"""What the walk through all routes is told of connections."""

from typing import Any

_FACTS = {
    "vertical": "home_solar",
    "lead_type": "consumer",
    "country": "UA",
    "legal_basis": "consent",
    "consent_text_id": "{consent_text}",
    "source_id": "{source}",
    "name": "Forms",
}
_IDS = {"form:source_id": "source", "form:consent_text_id": "consent_text", "form:addressee_id": "linked"}
_TARGETED = {"legal_basis": "requested_contact", "consent_text_id": None}
_ONE = "/connections/<uuid:connection_id>"

THINGS: dict[str, dict[str, str]] = {
    f"{_ONE}/rules": {"connection_id": "mail_connection"},
    "POST /api/v1/connections": {"addressee_id": "linked"},
    f"PUT /api/v1{_ONE}": {"addressee_id": "linked"},
}
PAGES = {
    f"GET {_ONE}": {"query:after": "body"},
    "POST /connections/new": _IDS,
    f"POST {_ONE}/edit": _IDS,
}
FORMS: dict[str, dict[str, Any]] = {
    "POST /connections/new": {**_FACTS, "kind": "generic"},
    f"POST {_ONE}/edit": _FACTS,
    f"POST {_ONE}/secrets": {"signing_secret": "a new one"},
    f"POST {_ONE}/rules": {"do": "try", "sample": "Phone: +380671112233"},
    f"POST {_ONE}": {"do": "pause"},
    f"POST {_ONE}/mapping": {"place": "phone", "target": "phone"},
}
BODIES: dict[str, dict[str, Any]] = {
    "POST /connections/new addressee_id": {**_TARGETED, "lead_type": "targeted"},
    f"POST {_ONE}/edit addressee_id": {**_TARGETED, "lead_type": "targeted"},
    "POST /api/v1/connections addressee_id": {**_TARGETED, "type": "targeted"},
    f"PUT /api/v1{_ONE} addressee_id": {**_TARGETED, "type": "targeted"},
}
