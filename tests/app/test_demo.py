"""The demo is whole or begun anew, only where it belongs, and as right as real trade: the proofs run after each test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.config import Settings
from app.demo import unfinished
from app.demo.cast import DEMO_PASSWORD, enter
from app.demo.load import DemoRefused, Size, demand_place, load
from billing.stripe.refusals import PaymentUnavailable
from tenants.db import platform_transaction
from tenants.log_in import tenants_of
from tests.billing.till import Till, open_till
from tests.servers import DatabaseUrls

SMALL = Size(leads=400, sales=60, days=40, sends_mail=False)
NOWHERE = "http://127.0.0.1:9"

pytestmark = [pytest.mark.committed, pytest.mark.fire]


@pytest.fixture
def till(doors: None, tmp_path: Path) -> Iterator[Till]:
    """A sandbox of its own, and our gateway to it."""
    with open_till(tmp_path) as opened:
        yield opened


def _count(table: str, where: str = "true") -> int:
    with platform_transaction("look") as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())


def test_a_whole_demo_stands_and_has_something_to_do_for_everybody(
    till: Till, engine: Engine, database: DatabaseUrls
) -> None:
    with pytest.raises(OSError, match="refused"):
        load(engine, NOWHERE, SMALL)
    assert _count("tenant") == 0, "without Stripe nothing is begun"

    loaded = load(engine, till.url, SMALL)
    assert loaded.counts["lead"] >= 350
    assert loaded.counts["sale"] >= 45
    assert not unfinished.throw_away(database.owner), "a finished demo stays"
    with pytest.raises(DemoRefused):
        load(engine, till.url, SMALL)
    _demand_something_to_do()
    _demand_log_ins()


def _demand_something_to_do() -> None:
    assert _count("tenant", "state = 'pending'") == 2
    assert (
        _count("batch", "state = 'checked' AND rejected > 0 AND warned > 0 AND noticed_sealed IS NOT NULL")
        == 1
    )
    assert _count("received_body") == 3
    assert _count("received_body", "lead_id IS NOT NULL") == 2
    assert _count("score_threshold") == 1
    assert _count("quarantined_lead", "state = 'resting'") > 0
    assert _count("batch", "state = 'received'") == 1
    assert _count("addressee", "accepted_at IS NOT NULL AND linked_at IS NULL") == 1
    assert _count("addressee", "linked_at IS NULL AND accepted_at IS NULL") == 1
    assert _count("reserved_lead", "state = 'offered'") > 0
    for state in ("open", "appealed"):
        assert _count("return_claim", f"state = '{state}'") > 0, state
    for state in ("pending", "disputed"):
        assert _count("action", f"state = '{state}'") > 0, state
    assert (
        _count("top_up", "state = 'paid' AND fee_minor IS NOT NULL") == _count("top_up", "state = 'paid'") > 0
    )
    assert _count("top_up", "state IN ('created', 'open')") == 0
    assert _count("payout") > 0


def _demand_log_ins() -> None:
    seats = {"agency": ("acme", "owner"), "company": ("bolt", "owner"), "operator": ("floe", "owner"),
             "finance": ("floe", "finance"), "both": ("lumen", "manager")}  # fmt: skip
    assert DEMO_PASSWORD == "floe-demo-2026"
    for name, (slug, role) in seats.items():
        actor = enter(f"{name}@floe.test")
        assert (actor.card().slug, actor.role, actor.card().state) == (slug, role, "approved")
    with platform_transaction("look") as session:
        assert {card.slug for card in tenants_of(session, actor)} == {"lumen", "crane"}


def test_an_unfinished_demo_is_thrown_away_whole(till: Till, engine: Engine, database: DatabaseUrls) -> None:
    till.remote.fail("rate_limit", count=50, operation="checkout")
    with pytest.raises(PaymentUnavailable):
        load(engine, till.url, SMALL)
    assert _count("tenant") > 0
    with pytest.raises(DemoRefused):
        load(engine, till.url, SMALL)
    assert unfinished.throw_away(database.owner)
    assert (_count("tenant"), _count("lead"), _count("journal"), _count("user_account")) == (0, 0, 0, 0)


def test_the_demo_is_refused_where_it_does_not_belong(settings: Settings) -> None:
    with pytest.raises(DemoRefused):
        demand_place(replace(settings, mode="production"))
    with pytest.raises(DemoRefused):
        demand_place(replace(settings, stripe_api_base=None))
    assert demand_place(settings) == settings.stripe_api_base
