"""Pay per action, from the outcome to the capture, by the rules of RULES "PPA" and "Outcomes"."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.market.prices import Price
from app.market.purchase import buy
from app.market.terms import Item, Mode, Order, Terms
from app.outcomes import actions
from app.outcomes.actions import ActionClosed, Happened
from app.outcomes.report import CorrectionNeedsConsent, Outcome, Repeated, report
from tenants import jobs
from tenants.db import platform_transaction, transaction
from tenants.errors import Forbidden, Invalid, NotFound
from tests.stock import Wanted, allow_actions, fill_wallet, put_on_sale
from tests.world import Party, World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PRICES = Price(call_minor=500, consultation_minor=1500, purchase_minor=9000)


@pytest.fixture
def sale(world: World) -> tuple[World, UUID]:
    """A PPA sale of acme's lead to bolt, 110.00 held."""
    assert world.floe
    fill_wallet(world.bolt, 100_000, NOW)
    allow_actions(world.acme, world.bolt, NOW)
    return world, sell(world)


def sell(world: World, *, terms: Terms = Terms.PPA, price: Price = PRICES, phone: int = 0) -> UUID:
    [lead] = put_on_sale(world.acme, NOW, Wanted(price=price, phone_from=phone))
    order = Order((Item(lead, terms, Mode.SHARED, 50_000),), str(lead))
    with transaction(world.bolt.id) as session:
        receipt = buy(session, world.bolt.owner, order, NOW)
    found = receipt.results[0].purchase_id
    assert found is not None
    return found


def tell(world: World, sale_id: UUID, kind: str, at: datetime = LATER, **more: object) -> UUID:
    with transaction(world.bolt.id) as session:
        return report(session, world.bolt.owner, sale_id, Outcome(kind, at, **more), at)  # type: ignore[arg-type]


def wallet(company: Party) -> tuple[int, int]:
    with transaction(company.id) as session:
        row = session.execute(text("SELECT balance_minor, held_minor FROM wallet")).one()
        return row.balance_minor, row.held_minor


def due(agency: Party) -> int:
    with transaction(agency.id) as session:
        found = session.execute(text("SELECT -sum(amount_minor) FROM entry WHERE account = 'agency_due'"))
        return int(found.scalar() or 0)


def only_action(party: Party) -> tuple[UUID, str]:
    with transaction(party.id) as session:
        [found] = actions.actions(session)
        return found.id, found.state


def state(party: Party, table: str) -> str:
    with transaction(party.id) as session:
        return str(session.execute(text(f"SELECT state FROM {table}")).scalar_one())


def test_a_billable_outcome_waits_and_is_captured_when_confirmed(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    assert wallet(world.bolt) == (89_000, 11_000)
    tell(world, sale_id, "call")
    action_id, found = only_action(world.bolt)
    assert found == "pending"
    with transaction(world.bolt.id) as session:
        actions.confirm(session, world.bolt.owner, action_id, LATER)
    assert wallet(world.bolt) == (89_000, 10_500)
    assert due(world.acme) == 350
    assert (state(world.acme, "sale"), state(world.bolt, "purchase")) == ("part_captured", "part_captured")


def test_silence_confirms(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "purchase", value_minor=500_000)
    jobs.tick(LATER + timedelta(hours=71), talking=False)
    assert due(world.acme) == 0
    jobs.tick(LATER + timedelta(hours=72), talking=False)
    assert due(world.acme) == 6300
    jobs.tick(LATER + timedelta(hours=73), talking=False)
    assert due(world.acme) == 6300


def test_a_withdrawn_action_bills_nothing_and_may_be_reported_again(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "call")
    action_id, _ = only_action(world.bolt)
    with transaction(world.bolt.id) as session, pytest.raises(Invalid):
        actions.withdraw(session, world.bolt.owner, action_id, " ", LATER)
    with transaction(world.bolt.id) as session:
        actions.withdraw(session, world.bolt.owner, action_id, "wrong lead", LATER)
    assert wallet(world.bolt) == (89_000, 11_000)
    tell(world, sale_id, "call", LATER + timedelta(hours=25))
    with transaction(world.bolt.id) as session:
        assert sorted(row.state for row in actions.actions(session)) == ["pending", "withdrawn"]


def test_a_short_call_is_no_action(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "call", seconds=59)
    with transaction(world.bolt.id) as session:
        assert actions.actions(session) == []


def test_rejection_releases_the_hold_but_keeps_what_is_pending(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "call")
    tell(world, sale_id, "rejected", reason="no_money")
    assert wallet(world.bolt) == (99_500, 500)
    action_id, _ = only_action(world.bolt)
    with transaction(world.bolt.id) as session:
        actions.confirm(session, world.bolt.owner, action_id, LATER)
    assert wallet(world.bolt) == (99_500, 0)
    assert state(world.acme, "sale") == "closed"


def test_the_rest_of_the_hold_goes_back_when_the_time_to_report_is_over(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    jobs.tick(NOW + timedelta(days=37), talking=False)
    assert wallet(world.bolt) == (100_000, 0)
    assert state(world.bolt, "purchase") == "closed"
    tell(world, sale_id, "purchase", NOW + timedelta(days=38))
    with transaction(world.bolt.id) as session:
        assert session.execute(text("SELECT is_late FROM outcome")).scalar_one() is True
        assert actions.actions(session) == []


def test_the_agency_claims_the_company_refuses_the_operator_decides(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    happened = Happened("consultation", LATER, evidence="calendar invitation")
    with transaction(world.acme.id) as session:
        action_id = actions.claim(session, world.acme.owner, sale_id, happened, LATER)
    with transaction(world.bolt.id) as session:
        actions.refuse(session, world.bolt.owner, action_id, "never met", LATER)
    with transaction(world.bolt.id) as session, pytest.raises(Forbidden):
        actions.decide_dispute(session, world.bolt.owner, action_id, "mine", LATER, bills=False)
    with transaction(world.floe.id) as session:
        actions.decide_dispute(session, world.floe.owner, action_id, "proven", LATER, bills=True)
    assert due(world.acme) == 1050
    with transaction(world.floe.id) as session, pytest.raises(ActionClosed):
        actions.decide_dispute(session, world.floe.owner, action_id, "again", LATER, bills=True)


def test_a_lost_dispute_bills_nothing(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    with transaction(world.acme.id) as session:
        happened = Happened("call", LATER, evidence="recording")
        action_id = actions.claim(session, world.acme.owner, sale_id, happened, LATER)
    with transaction(world.bolt.id) as session, pytest.raises(ActionClosed):
        actions.withdraw(session, world.bolt.owner, action_id, "not mine to withdraw", LATER)
    with transaction(world.bolt.id) as session:
        actions.refuse(session, world.bolt.owner, action_id, "nobody called", LATER)
    with transaction(world.floe.id) as session:
        actions.decide_dispute(session, world.floe.owner, action_id, "no proof", LATER, bills=False)
    jobs.tick(NOW + timedelta(days=37), talking=False)
    assert wallet(world.bolt) == (100_000, 0)
    assert due(world.acme) == 0


def test_each_type_bills_once_and_every_purchase_counts(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "purchase", value_minor=1000)
    with pytest.raises(Repeated):
        tell(world, sale_id, "purchase", value_minor=2000)
    tell(world, sale_id, "purchase", value_minor=2000, repeat=True)
    with transaction(world.bolt.id) as session:
        assert len(actions.actions(session)) == 1
        assert session.execute(text("SELECT sum(value_minor) FROM outcome")).scalar_one() == 3000


def test_the_reporters_own_event_id_makes_repeating_safe(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    assert tell(world, sale_id, "call", external_id="crm-1") == tell(
        world, sale_id, "call", external_id="crm-1"
    )


def test_a_correction_drops_the_pending_action_and_needs_consent_once_captured(
    sale: tuple[World, UUID],
) -> None:
    world, sale_id = sale
    wrong = tell(world, sale_id, "call")
    tell(world, sale_id, "contacted", corrects_id=wrong)
    assert only_action(world.bolt)[1] == "withdrawn"
    billed = tell(world, sale_id, "purchase")
    jobs.tick(LATER + timedelta(hours=72), talking=False)
    with pytest.raises(CorrectionNeedsConsent):
        tell(world, sale_id, "contacted", corrects_id=billed)


def test_the_agency_sees_type_and_time_only(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "purchase", value_minor=1000, note="a secret of the deal")
    with transaction(world.acme.id) as session:
        assert session.execute(text("SELECT count(*) FROM outcome")).scalar_one() == 0
        assert session.execute(text("SELECT type FROM sale_outcome")).scalar_one() == "purchase"
    with platform_transaction("look for the note") as session:
        sealed = session.execute(text("SELECT note_sealed FROM outcome")).scalar_one()
    assert b"secret" not in sealed


def test_strangers_find_nothing(sale: tuple[World, UUID]) -> None:
    world, sale_id = sale
    tell(world, sale_id, "call")
    action_id, _ = only_action(world.bolt)
    with transaction(world.crane.id) as session:
        assert actions.actions(session) == []
        with pytest.raises(NotFound):
            actions.confirm(session, world.crane.owner, action_id, LATER)
        with pytest.raises(NotFound):
            report(session, world.crane.owner, sale_id, Outcome("call", LATER), LATER)
    with transaction(world.acme.id) as session, pytest.raises(NotFound):
        actions.confirm(session, world.acme.owner, action_id, LATER)


@pytest.mark.parametrize(
    "wrong",
    [
        Outcome("nonsense", LATER),
        Outcome("call", LATER + timedelta(days=1)),
        Outcome("purchase", LATER, value_minor=-1),
        Outcome("rejected", LATER),
        Outcome("call", LATER, seconds=-5),
        Outcome("call", NOW - timedelta(days=1)),
    ],
)
def test_unsound_outcomes_are_refused(sale: tuple[World, UUID], wrong: Outcome) -> None:
    world, sale_id = sale
    with transaction(world.bolt.id) as session, pytest.raises(Invalid):
        report(session, world.bolt.owner, sale_id, wrong, LATER)


def test_a_ppl_purchase_reports_without_actions_and_becomes_sal(world: World) -> None:
    assert world.floe
    fill_wallet(world.bolt, 100_000, NOW)
    sale_id = sell(world, terms=Terms.PPL, price=Price(shared_minor=2000))
    tell(world, sale_id, "contacted")
    tell(world, sale_id, "call")
    with transaction(world.bolt.id) as session:
        assert session.execute(text("SELECT stage FROM purchase")).scalar_one() == "SAL"
        assert actions.actions(session) == []
