"""Whatever is sent, the answer is one that the document promised, and never an error of ours.

Requests are made from the document: good ones (with ids that exist, where the document asks for ids) and broken ones,
which must be refused.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tenants import clock
from tenants.api_keys import create_by_operator
from tenants.permissions import scopes
from tests.app.api.conftest import KeyOf
from tests.app.api.described import DOCUMENT, Client
from tests.app.leads.uploads import HEADERS, csv_of, people
from tests.billing.till import open_till
from tests.stock import Wanted, fill_wallet, link_addressee, put_on_sale
from tests.world import Party, World

EXAMPLES = 4
PROMISES = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
Ids = dict[str, UUID | str]


@pytest.fixture
def ids(world: World, key_of: KeyOf) -> Ids:
    """Records that exist, by the name under which the document asks for them."""
    at = clock.now()
    leads = put_on_sale(world.acme, at, Wanted(count=3))
    addressee = link_addressee(world.acme, world.bolt, at)
    put_on_sale(world.acme, at, Wanted(addressee_id=addressee, phone_from=50))
    fill_wallet(world.bolt, 50_000, at)
    agency, company = key_of(world.acme), key_of(world.bolt)
    item = {"lead_id": str(leads[0]), "max_net_minor": 5000}
    bought = company("create_purchases", {"items": [item]})["items"][0]["purchase_id"]
    why = {"purchase_id": bought, "reason": "spam", "note": "x"}
    destination = company(
        "create_destination", {"kind": "webhook", "name": "n", "address": "https://x.example"}
    )
    return {
        **_ways_in(agency),
        "lead_id": str(leads[1]),
        "purchase_id": bought,
        "sale_id": bought,
        "return_id": company("create_return", why)["id"],
        "addressee_id": agency("list_addressees")["items"][0]["id"],
        "destination_id": destination["id"],
        "delivery_id": company("test_destination", destination_id=destination["id"])["id"],
        "journal_id": company("list_entries")["items"][0]["journal_id"],
        "code": "home_solar",
    }


def _ways_in(agency: Client) -> Ids:
    """A source, its consent text, and one of everything that brings its leads."""
    source = agency("list_sources")["items"][0]["id"]
    consent = agency(
        "create_consent_text",
        {"name": "F", "language": "en", "body": "b", "recipients": "r", "max_recipients": 3},
    )["id"]
    facts = {"vertical": "home_solar", "type": "consumer", "country": "UA", "legal_basis": "consent"}
    held = {**facts, "source_id": source, "consent_text_id": consent}
    file = ("a.csv", csv_of(people(2), HEADERS))
    form = {"name": "n", "source_id": source, "vertical": "home_solar", "country": "UA", "languages": ["en"]}
    return {
        "source_id": source,
        "consent_text_id": consent,
        "batch_id": agency("create_batch", form={**held, "file": file})["id"],
        "connection_id": agency("create_connection", {**held, "kind": "generic", "name": "n"})["id"],
        "form_id": agency("create_form", form)["id"],
    }


@pytest.fixture
def any_till(tmp_path: Path) -> Iterator[None]:
    """A real sandbox for the top-ups that happen to be asked for."""
    with open_till(tmp_path):
        yield


@pytest.mark.parametrize("who", ["agency", "company", "operator"])
def test_every_answer_is_as_promised(app: Flask, world: World, ids: Ids, any_till: None, who: str) -> None:
    party: Party = {"agency": world.acme, "company": world.bolt, "operator": world.floe}[who]
    key = create_by_operator(party.card.slug, ["all"])
    broken: list[str] = []
    for operation in schemathesis.openapi.from_wsgi(DOCUMENT, app).get_all_operations():
        for mode in _modes(operation.ok().definition.raw["x-scope"], who):
            broken += _tried(operation.ok(), mode, key, ids)
    assert not broken, "\n\n".join(broken)


def _modes(scope: str, who: str) -> list[GenerationMode]:
    """Good requests from everybody who may, broken ones from the first who may."""
    able = [kind for kind in ("agency", "company", "operator") if scope in scopes(kind)]
    if who not in able[:2]:
        return []
    return [GenerationMode.POSITIVE, GenerationMode.NEGATIVE] if who == able[0] else [GenerationMode.POSITIVE]


def _tried(operation: Any, mode: GenerationMode, key: str, ids: Ids) -> list[str]:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        checks = PROMISES
        if mode is GenerationMode.POSITIVE:
            _with_real_ids(case, ids)
        else:
            checks = (*PROMISES, negative_data_rejection)
        answer = case.call(headers={"Authorization": f"Bearer {key}"})
        if answer.status_code == 503 and "retry-after" in answer.headers:
            return
        case.validate_response(answer, checks=checks, excluded_checks=[])

    try:
        send()
    except Exception as failure:
        return [f"{operation.label} {mode.value}: {failure!r}\n{getattr(failure, 'exceptions', '')}"]
    return []


def _with_real_ids(case: Any, ids: Ids) -> None:
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict):
            part.update({name: str(ids[name]) for name in part if name in ids})
