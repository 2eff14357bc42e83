"""The same lead posted at the same instant, over HTTP, is one lead; without the lock on the stock it is two."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import requests

from app.market.prices import Price, set_price
from tenants import clock
from tenants.api_keys import create_by_operator
from tenants.db import transaction
from tests.app.leads.uploads import Desk
from tests.under_fire.ground import Ground, rows
from tests.world import make_party

pytestmark = [pytest.mark.committed, pytest.mark.fire]

ROUNDS, AT_ONCE = 25, 4
DOUBLED = "SELECT blind FROM lead_person GROUP BY blind HAVING count(*) > 1"


class Poster:
    """A program that posts the same lead on several connections at the same instant."""

    def __init__(self, site: Ground) -> None:
        agency = make_party("agency", "Acme Leads", "UA")
        desk = Desk(agency)
        with transaction(agency.id) as session:
            price = Price(shared_minor=2000)
            set_price(session, agency.owner, desk.source_id, "home_solar", price, clock.now())
        self.consent, self.source = str(desk.consent_text_id), str(desk.source_id)
        self.address = site.address
        self.headers = {"Authorization": f"Bearer {create_by_operator(agency.card.slug, ['leads:write'])}"}
        self.http = [requests.Session() for _ in range(AT_ONCE)]

    def lead(self, number: int, **more: Any) -> dict[str, Any]:
        at = (clock.now() - timedelta(hours=1)).isoformat()
        person = {"name": "Olena", "phones": [f"+38067{number:07d}"]}
        answers = {"property_type": "detached", "is_owner": True}
        return {"enquired_at": at, "consent_at": at, "answers": answers, "contacts": [person], **more}

    def facts(self) -> dict[str, Any]:
        shared = {"vertical": "home_solar", "type": "consumer", "country": "UA", "legal_basis": "consent"}
        return {**shared, "source_id": self.source, "consent_text_id": self.consent}

    def at_once(self, path: str, body: dict[str, Any]) -> list[requests.Response]:
        start, answers = threading.Barrier(AT_ONCE), []

        def post(http: requests.Session) -> None:
            start.wait(30)
            answers.append(http.post(f"{self.address}{path}", json=body, headers=self.headers, timeout=60))

        threads = [threading.Thread(target=post, args=(http,)) for http in self.http]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        return answers


def test_the_same_lead_at_the_same_instant_is_one_lead(site: Ground) -> None:
    poster = Poster(site)
    site.start_web()
    for number in range(ROUNDS):
        told = Counter(
            one.status_code
            for one in poster.at_once("/api/v1/leads", {**poster.facts(), **poster.lead(number)})
        )
        assert told == {201: 1, 409: AT_ONCE - 1}, number
        own = poster.lead(ROUNDS + number, external_id=f"A-{number}")
        answers = poster.at_once("/api/v1/leads", {**poster.facts(), **own})
        assert Counter(one.status_code for one in answers) == {201: 1, 200: AT_ONCE - 1}, number
        assert len({one.json()["id"] for one in answers}) == 1
    many = {**poster.facts(), "leads": [poster.lead(1000 + number) for number in range(200)]}
    answers = poster.at_once("/api/v1/leads/bulk", many)
    assert sorted(one.json()["counts"]["accepted"] for one in answers) == [0] * (AT_ONCE - 1) + [200]
    assert rows(DOUBLED) == []
    assert rows("SELECT count(*) AS n FROM lead")[0]["n"] == 2 * ROUNDS + 200


def test_without_the_lock_the_same_lead_is_stored_twice(site: Ground) -> None:
    poster = Poster(site)
    site.start_web("tests.under_fire.unlocked_stock:app")
    for number in range(ROUNDS):
        poster.at_once("/api/v1/leads", {**poster.facts(), **poster.lead(number)})
    assert rows(DOUBLED), "the race never happened, so its test proves nothing"
