"""How to post leads of one source, written live from the vertical's schema: fields, answers, examples that run. Pure.

Invariant: what the page says is asked is what intake asks; no key stands in it, only the name of the variable that
holds one.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.leads import phones, verticals
from app.leads.fields import Field
from app.leads.intake_facts import IntakeFacts
from app.leads.qualification import LETTERS
from app.leads.reasons import REASONS
from app.leads.targets import TARGETED, targets
from tenants.language import say

_POSTCODES = {"UA": "01001", "PL": "00-950", "GB": "SW1A 1AA"}
_NOT_OF_ROWS = (
    "short_row", "long_row", "cell_too_long", "record_too_long", "stray_quote", "unterminated_quote", "undecodable_bytes",
    "damaged_phone",
)  # fmt: skip
"""Codes that only a file can have."""
_NOW = "NOW"
_PLACE = re.compile(r"%\(\w+\)s")
_ORIGIN = "https://example.com/form"


@dataclass(frozen=True, slots=True)
class AskedField:
    """One row of the table: where it stands in the body, what it may be, what it means."""

    name: str
    kind: str
    is_required: bool
    allowed: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Instructions:
    """Everything a publisher's programmer needs."""

    url: str
    vertical: str
    facts: Mapping[str, object]
    fields: tuple[AskedField, ...]
    codes: tuple[tuple[str, str], ...]
    curl: str
    python: str


def written(facts: IntakeFacts, base_url: str, language: str) -> Instructions:
    """The instructions in a language. Raises `verticals.UnknownVertical`."""
    vertical = verticals.get(facts.vertical)
    url, shared = f"{base_url}/api/v1/leads", _shared(facts)
    body = {**shared, **_example(vertical, facts), "test": True}
    return Instructions(
        url,
        vertical.name(language),
        shared,
        tuple(_fields(vertical, facts, language)),
        tuple((code, _PLACE.sub("…", say(language, REASONS[code]))) for code in _codes()),
        _curl(url, body),
        _python(url, body),
    )


def _shared(facts: IntakeFacts) -> dict[str, object]:
    given: dict[str, object] = {
        "vertical": facts.vertical,
        "type": facts.lead_type,
        "source_id": str(facts.source_id),
        "country": facts.country,
        "legal_basis": facts.legal_basis,
        "consent_text_id": facts.consent_text_id and str(facts.consent_text_id),
        "addressee_id": facts.addressee_id and str(facts.addressee_id),
        "max_sales": facts.max_sales,
    }
    return {name: value for name, value in given.items() if value is not None}


def _fields(vertical: verticals.Vertical, facts: IntakeFacts, language: str) -> list[AskedField]:
    asked = {one.name: one for one in vertical.fields}
    found = []
    for target in targets(vertical, facts.lead_type, language):
        if target.name in asked:
            one = asked[target.name]
            allowed = tuple(choice.value for choice in one.choices)
            name, kind = f"answers.{one.name}", one.type
            found.append(AskedField(name, kind, one.is_required, allowed, one.label(language)))
        elif target.name != "addressee" and not target.name.startswith(("contact_2", "contact_3")):
            is_required = target.is_required or (target.name == "consent_at" and bool(facts.consent_text_id))
            found.append(AskedField(_place(target.name), target.kind, is_required, (), _bare(target.label)))
    return found


def _place(name: str) -> str:
    """Where a target stands in the JSON of a request."""
    if name.startswith("bant_"):
        return f"bant.{name.removeprefix('bant_')}"
    if not name.startswith("contact_1_"):
        return name
    part = name.removeprefix("contact_1_")
    return f"contacts[].{part}s[]" if part in {"phone", "email", "messenger"} else f"contacts[].{part}"


def _bare(label: str) -> str:
    return label.replace(" 1:", ":")


def _codes() -> list[str]:
    return [code for code in REASONS if code not in _NOT_OF_ROWS]


def _example(vertical: verticals.Vertical, facts: IntakeFacts) -> dict[str, object]:
    lead: dict[str, object] = {"external_id": "A-1001", "enquired_at": _NOW}
    if facts.legal_basis == "consent" or vertical.demands_consent:
        lead |= {"consent_at": _NOW, "consent_origin": _ORIGIN}
    if facts.lead_type != TARGETED:
        lead["bant"] = dict.fromkeys(LETTERS, "unknown") | {"need": "confirmed"}
    lead["answers"] = {one.name: _value(one, facts.country) for one in vertical.fields if one.is_required}
    person: dict[str, object] = {"name": "Olena Example", "emails": ["olena@example.com"]}
    if number := phones.example(facts.country):
        person["phones"] = [number]
    lead["contacts"] = [person]
    return lead


def _value(one: Field, country: str) -> object:
    values: dict[str, object] = {
        "text": "…",
        "integer": one.low if one.low is not None else 1,
        "money": "2000",
        "boolean": True,
        "date": (date(2020, 1, 1) if one.is_past else date(2030, 1, 1)).isoformat(),
        "postcode": _POSTCODES.get(country, "10115"),
        "region": country,
        "country": country,
        "url": _ORIGIN,
    }
    return one.choices[0].value if one.choices else values[one.type]


def _curl(url: str, body: Mapping[str, object]) -> str:
    sent = json.dumps(body, indent=2, ensure_ascii=False).replace(
        f'"{_NOW}"', '"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'
    )
    return (
        f'curl -sS "{url}" \\\n  -H "Authorization: Bearer $FLOE_KEY" \\\n  -H "Content-Type: application/json" \\\n'
        f"  --data-binary @- <<JSON\n{sent}\nJSON\n"
    )


def _python(url: str, body: Mapping[str, object]) -> str:
    return _PROGRAM.format(url=url, body=_literal(body))


_PROGRAM = """import json
import os
import urllib.error
import urllib.request
from datetime import datetime, timezone

now = datetime.now(timezone.utc).isoformat()
lead = {body}
request = urllib.request.Request(
    "{url}",
    data=json.dumps(lead).encode(),
    headers={{
        "Authorization": "Bearer " + os.environ["FLOE_KEY"],
        "Content-Type": "application/json",
    }},
)
try:
    with urllib.request.urlopen(request, timeout=30) as answer:
        print(answer.status, json.load(answer)["state"])
except urllib.error.HTTPError as refusal:
    print(refusal.code, json.load(refusal)["code"])
"""


def _literal(value: object, depth: int = 0) -> str:
    """JSON values as Python writes them, one key a line."""
    pad = "    " * (depth + 1)
    if isinstance(value, Mapping):
        inner = "".join(
            f"{pad}{json.dumps(key)}: {_literal(one, depth + 1)},\n" for key, one in value.items()
        )
        return f"{{\n{inner}{'    ' * depth}}}"
    if isinstance(value, list):
        return f"[{', '.join(_literal(one, depth + 1) for one in value)}]"
    if value == _NOW:
        return "now"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
