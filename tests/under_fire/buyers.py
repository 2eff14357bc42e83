"""Buyers as threads: programs with an API key and people with a browser, who never let an order go unanswered.

An order is repeated with its key until it is answered, whatever happens to the server; what was answered is kept.
"""

import random
import re
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID, uuid4

import requests

from tenants import api_keys
from tenants.db import transaction
from tests.world import PASSWORD, Party

AGAIN = {409, 429, 502, 503}
"""Answers that say "again, please"."""


@dataclass(frozen=True)
class Wish:
    """One lead wanted by an order."""

    lead_id: UUID
    mode: str
    most: int = 100_000


@dataclass
class Told:
    """What buyers were told, all of them together."""

    sold: dict[str, UUID] = field(default_factory=dict)
    """Purchase → company, as acknowledged."""
    answers: dict[str, int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    repeated: int = 0
    unequal: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def count(self, status: int, answers: Iterable[str] = ()) -> None:
        with self.guard:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            for answer in answers:
                self.answers[answer] = self.answers.get(answer, 0) + 1


class Buyer(Protocol):
    """Somebody who sends one order and remembers what was acknowledged; gives the answer's status."""

    http: requests.Session

    def order(self, wishes: Sequence[Wish]) -> int: ...


class Program:
    """Buys through the API."""

    def __init__(self, address: str, company: Party, told: Told, deadline_seconds: float = 60) -> None:
        self.address, self.company, self.told = address, company, told
        self.deadline_seconds = deadline_seconds
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {new_key(company)}"
        self.luck = random.Random(new_seed())

    def order(self, wishes: Sequence[Wish]) -> int:
        headers = {"Idempotency-Key": uuid4().hex}
        answer = self._until_answered(wishes, headers)
        if answer.status_code == 200 and self.luck.random() < 0.1:
            again = self._until_answered(wishes, headers)
            with self.told.guard:
                self.told.repeated += 1
                self.told.unequal += has_sold(answer) and again.json() != answer.json()
        return answer.status_code

    def _until_answered(self, wishes: Sequence[Wish], headers: dict[str, str]) -> requests.Response:
        ends = time.monotonic() + self.deadline_seconds
        while True:
            try:
                answer = self._send(wishes, headers)
                self._remember(answer)
                if answer.status_code not in AGAIN or time.monotonic() > ends:
                    return answer
            except requests.RequestException:
                if time.monotonic() > ends:
                    raise
            time.sleep(self.luck.uniform(0.02, 0.1))

    def _send(self, wishes: Sequence[Wish], headers: dict[str, str]) -> requests.Response:
        items = [
            {"lead_id": str(wish.lead_id), "terms": "ppl", "mode": wish.mode, "max_net_minor": wish.most}
            for wish in wishes
        ]
        body = {"items": items, "all_or_nothing": False}
        return self.http.post(f"{self.address}/api/v1/purchases", json=body, headers=headers, timeout=20)

    def _remember(self, answer: requests.Response) -> None:
        items: list[dict[str, Any]] = answer.json()["items"] if answer.status_code == 200 else []
        self.told.count(answer.status_code, [item["answer"] for item in items])
        with self.told.guard:
            for item in items:
                if item["answer"] == "sold":
                    self.told.sold[item["purchase_id"]] = self.company.id


class Person:
    """Buys through the form of the basket, logged in with a password."""

    def __init__(self, address: str, company: Party, told: Told) -> None:
        self.address, self.company, self.told = address, company, told
        self.http = requests.Session()
        self.http.trust_env = False
        credentials = {"email": company.owner.email, "password": PASSWORD}
        came_in = self._post("/log-in", credentials, self._token("/log-in"))
        assert came_in.status_code == 303, came_in.text[:500]
        self.token = self._token("/basket")

    def order(self, wishes: Sequence[Wish]) -> int:
        items = [f"{wish.lead_id}~ppl~{wish.mode}~{wish.most}" for wish in wishes]
        answer = self._post("/basket/buy", {"item": items, "key": uuid4().hex}, self.token)
        self.told.count(answer.status_code)
        if answer.status_code == 303:
            page = self.http.get(self.address + answer.headers["Location"], timeout=20).text
            with self.told.guard:
                for purchase in re.findall(r"/leads/bought/([0-9a-f-]{36})", page):
                    self.told.sold[purchase] = self.company.id
        return answer.status_code

    def _post(self, path: str, data: dict[str, Any], token: str) -> requests.Response:
        return self.http.post(
            self.address + path, data={**data, "csrf_token": token}, allow_redirects=False, timeout=20
        )

    def _token(self, path: str) -> str:
        page = self.http.get(self.address + path, timeout=20).text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, page[:500]
        return found[1]


def all_at_once(work: Iterable[tuple[Buyer, Sequence[Sequence[Wish]]]]) -> list[threading.Thread]:
    """Start one thread for each buyer with its orders, all at the same moment."""
    pairs = list(work)
    start = threading.Barrier(len(pairs))

    def run(buyer: Buyer, orders: Sequence[Sequence[Wish]]) -> None:
        with buyer.http:
            start.wait()
            for wishes in orders:
                buyer.order(wishes)

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in pairs]
    for thread in threads:
        thread.start()
    return threads


def new_key(company: Party) -> str:
    """A key that may do everything a program of the company may."""
    with transaction(company.id) as session:
        scopes = api_keys.grantable(company.owner)
        return api_keys.create(session, company.owner, "Under fire", scopes, None)[1]


def has_sold(answer: requests.Response) -> bool:
    """Whether the order bought something: only then is its answer kept."""
    return any(item["answer"] == "sold" for item in answer.json()["items"])


_seeds = iter(range(1_000_000))


def new_seed() -> int:
    """Different for every buyer, the same in every run."""
    return next(_seeds)
