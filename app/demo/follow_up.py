"""What becomes of a bought lead: its buyer calls, meets, sells or gives up and says so; actions are answered, leads are
claimed back and the claims decided."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import text

from app.demo.agenda import Agenda, Deed, next_working
from app.demo.beside import Beside
from app.demo.cast import Cast, Player, script
from app.demo.shopping import Bought
from app.market import returns
from app.market.terms import Terms
from app.outcomes import actions
from app.outcomes.report import REJECT_REASONS, Outcome, report
from tenants import clock
from tenants.db import transaction

_PENDING = text("SELECT id FROM action WHERE sale_id = :sale AND state = 'pending' ORDER BY id DESC LIMIT 1")
_NOTES = (
    "The number rings at another person's.",
    "Says that they never asked for anything.",
    "We had this person from our own form last week.",
    "Lives outside the region that was promised.",
)
_REFUSALS = ("The call record shows that the person confirmed.", "The form names this region.")


class FollowUp:
    """Decides by chance how each sale goes on, and puts it on the agenda."""

    def __init__(self, rng: Random, agenda: Agenda, cast: Cast, clerks: Beside) -> None:
        self._rng = rng
        self._clerks = clerks
        self._agenda = agenda
        self._cast = cast
        self._by_id = {player.id: player for player in cast.players.values()}

    def __call__(self, bought: Bought) -> None:
        """Think up the future of a sale."""
        if bought.terms is Terms.PPL and self._happens(0.07):
            self._later(bought.at, 6, 110, lambda at: self.claim(bought, at))
            return
        if not self._happens(0.66):
            return
        called_at = self._report(bought, "contacted", bought.at, (1, 30))
        if self._happens(0.2):
            self._report(bought, "rejected", called_at, (20, 200))
            return
        if bought.terms is Terms.PPA or self._happens(0.25):
            called_at = self._report(bought, "call", called_at, (2, 60))
        if self._happens(0.2):
            self._report(bought, "qualified", called_at, (1, 40))
        if self._happens(0.24):
            met_at = self._report(bought, "consultation", called_at, (20, 160))
            if self._happens(0.45):
                self._report(bought, "purchase", met_at, (30, 400))
        if bought.terms is Terms.PPA and self._happens(0.08):
            self._later(bought.at, 60, 160, lambda at: self.agency_claims(bought, at))

    def report(self, bought: Bought, kind: str, moment: datetime) -> None:
        """The buyer says what happened; on pay per action somebody answers what it bills."""
        _tell(bought.company, bought.purchase_id, self._outcome(bought, kind, moment), moment)
        if bought.terms is Terms.PPA and kind in bought.actions:
            self._answer_action(bought)

    def _outcome(self, bought: Bought, kind: str, moment: datetime) -> Outcome:
        rng = self._rng
        low, high = script()["deals"][bought.vertical]
        return Outcome(
            kind,
            moment - timedelta(minutes=rng.randint(2, 50)),
            value_minor=rng.randint(low // 1000, high // 1000) * 1000 if kind == "purchase" else None,
            seconds=rng.choice((25, 90, 180, 240, 420, 900)) if kind == "call" else None,
            reason=rng.choice(REJECT_REASONS) if kind == "rejected" else None,
            note="Wants an offer by Friday." if kind == "qualified" and rng.random() < 0.3 else "",
        )

    def claim(self, bought: Bought, moment: datetime) -> UUID:
        """The buyer wants its money back, and the agency answers or keeps silent."""
        claim_id = self.open_claim(bought, moment)
        mood = self._rng.random()
        if mood < 0.45:
            self._later(moment, 3, 40, lambda at: self.decide(bought, claim_id, at, accept=True))
        elif mood < 0.8:
            self._later(moment, 3, 40, lambda at: self.decide(bought, claim_id, at, accept=False))
        return claim_id

    def open_claim(self, bought: Bought, moment: datetime) -> UUID:
        """The claim alone."""
        why = returns.Claim(self._rng.choice(returns.REASONS), self._rng.choice(_NOTES))
        with transaction(bought.company.id) as session:
            return returns.claim(session, bought.company.member("agent"), bought.purchase_id, why, moment)

    def decide(self, bought: Bought, claim_id: UUID, moment: datetime, *, accept: bool) -> None:
        """The agency's answer; some companies take a refusal to the operator."""
        agency = self._by_id[bought.agency_id]
        answer = "" if accept else self._rng.choice(_REFUSALS)
        with transaction(agency.id) as session:
            returns.decide(session, agency.member("agent"), claim_id, accept=accept, answer=answer, at=moment)
        if not accept and self._happens(0.4):
            self._later(moment, 5, 60, lambda at: self._appeal_and_decide(bought, claim_id, at))

    def appeal(self, bought: Bought, claim_id: UUID, moment: datetime) -> None:
        """The buyer appeals."""
        with transaction(bought.company.id) as session:
            why = "Our call record is attached to the ticket: the person denies the enquiry."
            returns.appeal(session, bought.company.owner, claim_id, why, moment)

    def agency_claims(self, bought: Bought, moment: datetime) -> None:
        """The agency saw an action that the buyer did not report; the buyer answers or keeps silent."""
        action_id = self.claim_action(bought, moment)
        mood = self._rng.random()
        if mood < 0.4:
            self._later(moment, 4, 60, lambda at: self._confirm(bought.company, action_id, at))
        elif mood < 0.65:
            self._later(moment, 4, 60, lambda at: self._dispute_and_decide(bought, action_id, at))

    def claim_action(self, bought: Bought, moment: datetime) -> UUID:
        """The claim alone."""
        agency = self._by_id[bought.agency_id]
        seen = actions.Happened(
            "consultation", moment - timedelta(hours=2), None, "Calendar entry of the person"
        )
        with transaction(agency.id) as session:
            return actions.claim(session, agency.owner, bought.purchase_id, seen, moment)

    def refuse_action(self, bought: Bought, action_id: UUID, moment: datetime) -> None:
        """The buyer says that it did not happen: a dispute."""
        with transaction(bought.company.id) as session:
            actions.refuse(
                session, bought.company.owner, action_id, "Nobody came to the appointment.", moment
            )

    def _answer_action(self, bought: Bought) -> None:
        with transaction(bought.company.id) as session:
            action_id = session.execute(_PENDING, {"sale": bought.purchase_id}).scalar_one_or_none()
        mood = self._rng.random()
        if action_id is None or mood > 0.6:
            return
        after = clock.now()
        if mood < 0.05:
            self._later(after, 2, 50, lambda at: self._withdraw(bought.company, action_id, at))
        else:
            self._later(after, 1, 40, lambda at: self._confirm(bought.company, action_id, at))

    def _confirm(self, company: Player, action_id: UUID, moment: datetime) -> None:
        with transaction(company.id) as session:
            actions.confirm(session, company.member("manager"), action_id, moment)

    def _withdraw(self, company: Player, action_id: UUID, moment: datetime) -> None:
        with transaction(company.id) as session:
            actions.withdraw(session, company.owner, action_id, "Noted on the wrong lead.", moment)

    def _appeal_and_decide(self, bought: Bought, claim_id: UUID, moment: datetime) -> None:
        self.appeal(bought, claim_id, moment)
        self._later(moment, 8, 70, lambda at: self._decide_appeal(claim_id, at))

    def _decide_appeal(self, claim_id: UUID, moment: datetime) -> None:
        operator = self._cast.operator
        with transaction(operator.id) as session:
            uphold = self._happens(0.5)
            answer = "The record supports the company." if uphold else "The agency has shown the consent."
            returns.decide_appeal(session, operator.owner, claim_id, uphold=uphold, answer=answer, at=moment)

    def _dispute_and_decide(self, bought: Bought, action_id: UUID, moment: datetime) -> None:
        self.refuse_action(bought, action_id, moment)
        self._later(moment, 8, 70, lambda at: self._decide_dispute(action_id, at))

    def _decide_dispute(self, action_id: UUID, moment: datetime) -> None:
        operator = self._cast.operator
        with transaction(operator.id) as session:
            bills = self._happens(0.5)
            actions.decide_dispute(
                session, operator.owner, action_id, "Seen both records.", moment, bills=bills
            )

    def _report(self, bought: Bought, kind: str, after: datetime, hours: tuple[float, float]) -> datetime:
        moment = next_working(self._rng, after, *hours)
        if bought.terms is Terms.PPA and (kind in bought.actions or kind == "rejected"):
            self._agenda.at(moment, lambda at: self.report(bought, kind, at), may_be_refused=True)
        elif moment <= self._agenda.present:  # it moves no money, so nobody waits for it
            told = self._outcome(bought, kind, moment)
            self._clerks.give(moment, bought.company.part["slug"], bought.purchase_id, told)
        return moment

    def _later(self, after: datetime, low_hours: float, high_hours: float, deed: Deed) -> None:
        moment = next_working(self._rng, after, low_hours, high_hours)
        self._agenda.at(moment, deed, may_be_refused=True)

    def _happens(self, chance: float) -> bool:
        return self._rng.random() < chance


def clerks(cast: Cast) -> Beside:
    """Those who report what moves no money, beside the trade."""
    return Beside(lambda slug, sale_id, told, moment: _tell(cast.players[slug], sale_id, told, moment))


def _tell(company: Player, purchase_id: UUID, told: Outcome, moment: datetime) -> None:
    with transaction(company.id) as session:
        report(session, company.member("agent"), purchase_id, told, moment)
