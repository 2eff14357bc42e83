"""Stripe's messages arrive over HTTP: signed ones are kept at once, others never, and the wallet fills in any case."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.serving import make_server

from billing import inbox
from billing.stripe import gateway
from billing.stripe.client import StripeGateway
from billing.stripe.sandbox.messages import signature
from tenants import clock
from tenants.db import platform_transaction
from tests.billing.till import SECRET, Till, balances, free_and_held, open_till
from tests.world import World

WHERE = "/webhooks/stripe"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    with open_till(tmp_path) as opened:
        yield opened


def message(till: Till, kind: str) -> bytes:
    """A message as Stripe would send it."""
    event = next(one for one in till.events() if one.type == kind)
    told = {"id": event.id, "object": "event", "type": event.type, "api_version": event.api_version,
            "created": int(event.created_at.timestamp()), "livemode": False, "data": {"object": event.object}}  # fmt: skip
    return json.dumps(told).encode()


def post(client: FlaskClient, body: bytes, secret: str = SECRET, age_seconds: int = 0) -> Any:
    signed = signature(body.decode(), secret, int(time.time()) - age_seconds)
    return client.post(
        WHERE, data=body, headers={"Stripe-Signature": signed, "Content-Type": "application/json"}
    )


def kept() -> int:
    with platform_transaction("look") as session:
        return int(session.execute(text("SELECT count(*) FROM stripe_event")).scalar_one())


def test_a_signed_message_is_kept_and_answered_alike_when_it_comes_again(
    client: FlaskClient, world: World, till: Till
) -> None:
    assert world.floe
    till.paid(world.bolt)
    body = message(till, "checkout.session.completed")
    for _ in range(2):
        answer = post(client, body)
        assert (answer.status_code, answer.data) == (200, b"")
    assert kept() == 1
    inbox.handle_forgotten(clock.now())
    assert free_and_held(world.bolt) == (5000, 0)


@pytest.mark.parametrize("forged", ["other secret", "altered", "old", "unsigned"])
def test_a_message_stripe_did_not_sign_is_refused_and_not_kept(
    client: FlaskClient, world: World, till: Till, forged: str
) -> None:
    assert world.floe
    till.paid(world.bolt)
    body = message(till, "checkout.session.completed")
    answer = {
        "other secret": lambda: post(client, body, "whsec_other"),
        "altered": lambda: client.post(
            WHERE,
            data=body.replace(b"5000", b"9000"),
            headers={"Stripe-Signature": signature(body.decode(), SECRET, int(time.time()))},
        ),
        "old": lambda: post(client, body, age_seconds=301),
        "unsigned": lambda: client.post(WHERE, data=body),
    }[forged]()
    assert (answer.status_code, answer.get_json()["code"]) == (400, "signature_invalid")
    assert kept() == 0


def test_an_endless_message_is_refused(client: FlaskClient, world: World, till: Till) -> None:
    assert post(client, b" " * 1_000_001).status_code == 413
    assert kept() == 0


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{WHERE}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_until_heard(types: set[str], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while True:
        with platform_transaction("look") as session:
            found = set(session.execute(text("SELECT type FROM stripe_event")).scalars())
        if types <= found:
            return
        assert time.monotonic() < end, f"only {found} came"
        time.sleep(0.05)


TROUBLE: dict[str, dict[str, Any]] = {
    "none": {},
    "every message twice": {"duplicate": True},
    "the last one first": {"reorder": True},
    "lost at first": {"drop_first": True},
    "late": {"delay_seconds": 0.5},
    "all of it": {"duplicate": True, "reorder": True, "drop_first": True, "delay_seconds": 0.2},
}


@pytest.mark.committed
@pytest.mark.parametrize("trouble", TROUBLE)
def test_whatever_the_messages_suffer_the_wallet_is_filled_once(
    app: Flask, world: World, till: Till, trouble: str
) -> None:
    assert world.floe
    gateway._gateway = plain = StripeGateway(
        till.settings
    )  # the watching one counts the doors of all threads
    with served(app) as address:
        till.remote.webhooks(url=address, secret=SECRET, **TROUBLE[trouble])
        till.paid(world.bolt)
        till.book()
        wait_until_heard({"checkout.session.completed", "payment_intent.succeeded", "charge.updated"})
        till.remote.webhooks(url=None)
        inbox.handle_forgotten(clock.now())
    plain.close()
    assert balances() == {"stripe_balance": 4900, "stripe_fees": 100, "wallet": -5000}
    assert free_and_held(world.bolt) == (5000, 0)
