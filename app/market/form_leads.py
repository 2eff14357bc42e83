"""What a hosted form brings: received, counted and, where its agency wants it so, offered at once.

Invariants: nobody is told whether we knew them; a program is thanked like a person and leaves nothing but a count. An
answer is never lost for a price that is not set: such a lead waits as a draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.leads.forms import counting, pace, progress, published, waiting, walk
from app.leads.forms.origin import Visitor
from app.leads.forms.progress import Progress
from app.leads.forms.published import LiveForm
from app.leads.forms.receive import Became, FormRefused, Received, became_of, by_form, receive
from app.leads.forms.walk import Finished, Shown, Trapped
from app.market.publish import PriceMissing, publish_leads
from tenants import clock, crypto
from tenants.approval import NotApproved
from tenants.db import transaction

_COUNTED = {
    Became.LEAD: (counting.SUBMIT, counting.LEAD),
    Became.DUPLICATE: (counting.SUBMIT, counting.DUPLICATE),
    Became.QUARANTINED: (counting.SUBMIT, counting.QUARANTINED),
    Became.SUPPRESSED: (counting.SUBMIT, counting.SUPPRESSED),
    Became.AWAITING: (counting.SUBMIT, counting.AWAITING),
    Became.REPLAYED: (counting.REPLAYED,),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A form's page with all that it shows; `carried` is what the page brings back."""

    form: LiveForm
    shown: Shown
    carried: str
    consent: str


@dataclass(frozen=True, slots=True)
class Thanked:
    """The person is done; `is_awaiting` when a mail waits for their click."""

    form: LiveForm
    language: str
    is_awaiting: bool
    is_embedded: bool


def visit(form: LiveForm, language: str, query: Mapping[str, str], visitor: Visitor) -> Page:
    """Open a form, and count who comes for the first time today."""
    at = clock.now()
    entered = walk.enter(form, language, query, at)
    day = counting.local_day(at, form.agency.time_zone)
    is_new = counting.is_new_visitor(form.id, visitor, day)
    with transaction(form.agency.id) as session:
        if is_new:
            counting.count(session, form.agency.id, form.id, counting.VISIT, day)
        return _page(session, form, Shown(entered))


def start(form: LiveForm, carried: str) -> None:
    """The page tells that its first field is being filled in. Counted once, however often it is told."""
    with transaction(form.agency.id) as session:
        came = progress.unseal(crypto.vault(session, form.agency.id), form.id, carried)
        if came is not None:
            _count_start(session, form, came)


def answer(form: LiveForm, language: str, posted: Mapping[str, str], visitor: Visitor) -> Page | Thanked:
    """Take what was sent with a step's page: the next page, the same one with what is wrong, or thanks.

    Raises `published.FormClosed`. Sending the same page twice is one submission.
    """
    try:
        return _answered(form, language, posted, visitor)
    except _Again as again:
        with transaction(form.agency.id) as session:
            return _page(session, again.form, again.shown)


class _Again(Exception):
    """The answers were refused while they were being stored: nothing of it is kept, the page is shown again."""

    def __init__(self, form: LiveForm, shown: Shown) -> None:
        super().__init__(shown.notice)
        self.form, self.shown = form, shown


def _answered(form: LiveForm, language: str, posted: Mapping[str, str], visitor: Visitor) -> Page | Thanked:
    at = clock.now()
    with transaction(form.agency.id) as session:
        came = progress.unseal(crypto.vault(session, form.agency.id), form.id, posted.get("carried", ""))
    if came is None:
        kept = {name: posted[name] for name in form.spec.asked if posted.get(name)}
        fresh = replace(progress.begin(form.version, language, at), answers=kept)
        return _counted(form, Shown(fresh, notice=counting.TOO_OLD), counting.TOO_OLD)
    if came.version != form.version:
        form = published.find(form.slug, came.version)
    went = walk.proceed(form, came, posted, at)
    if isinstance(went, Trapped):
        with transaction(form.agency.id) as session:
            _count(session, form, at, counting.TRAPPED)
        return Thanked(form, came.language, form.spec.has_double_opt_in, came.is_embedded)
    if isinstance(went, Shown):
        return _counted(form, went, went.notice)
    return _taken(form, went, visitor, at)


def _taken(form: LiveForm, went: Finished, visitor: Visitor, at: datetime) -> Page | Thanked:
    done = went.progress
    with transaction(form.agency.id) as session:
        if _is_too_many(session, form, done, visitor, at):
            _count(session, form, at, counting.TOO_MANY)
            return _page(session, form, Shown(done, notice=counting.TOO_MANY))
        try:
            received = receive(session, form, done, visitor, at)
        except FormRefused as refused:
            raise _Again(form, walk.at_problems(form, done, refused.problems)) from refused
        _offer(session, form, received, at)
        _count_start(session, form, done)
        _count(session, form, at, *_COUNTED[received.became])
    return Thanked(form, done.language, form.spec.has_double_opt_in, done.is_embedded)


def asked_to_confirm(slug: str, submission_id: UUID, mark: str) -> LiveForm:
    """The form behind a mailed link, without using the link up. Raises `NotFound` or `waiting.DeadConfirmation`."""
    form = published.of_submission(slug, submission_id)
    with transaction(form.agency.id) as session:
        waiting.demand_waiting(session, form, submission_id, mark)
    return form


def confirm(slug: str, submission_id: UUID, mark: str) -> Thanked:
    """The sender has clicked the link of their mail: now the lead is stored, once.

    Raises `NotFound`, `waiting.DeadConfirmation` or `published.FormClosed`. What somebody has to look at first stays in quarantine.
    """
    form, at = published.of_submission(slug, submission_id), clock.now()
    with transaction(form.agency.id) as session:
        confirmed = waiting.confirm(session, form, submission_id, mark)
        if confirmed is None:
            return Thanked(form, form.spec.languages[0], is_awaiting=False, is_embedded=False)
        taken, language = confirmed
        became = became_of(taken) or Became.QUARANTINED
        _count(session, form, at, counting.CONFIRMED)
        if became is Became.LEAD:
            _offer(session, form, Received(became, taken.lead_id), at)
        else:
            _count(session, form, at, *_COUNTED[became][1:])
    return Thanked(form, language, is_awaiting=False, is_embedded=False)


def _offer(session: Session, form: LiveForm, received: Received, at: datetime) -> None:
    if received.lead_id is None or not form.spec.is_offered:
        return
    try:
        publish_leads(session, by_form(form), [received.lead_id], at)
    except (PriceMissing, NotApproved):
        return  # it waits as a draft until the agency can offer it


def _is_too_many(session: Session, form: LiveForm, done: Progress, visitor: Visitor, at: datetime) -> bool:
    day = counting.local_day(at, form.agency.time_zone)
    if pace.is_too_many(form.id, visitor, day):
        return True
    if not form.spec.has_double_opt_in:
        return False
    mailbox = crypto.vault(session, form.agency.id).blind("form mail", done.values["email"].lower())
    return pace.is_mailed_enough(mailbox, day)


def _counted(form: LiveForm, shown: Shown, notice: str) -> Page:
    kinds = {problem.code for problem in shown.problems.values()} | {notice}
    with transaction(form.agency.id) as session:
        for kind in counting.REFUSED:
            if kind in kinds:
                _count(session, form, clock.now(), kind)
        _count_start(session, form, shown.progress)
        return _page(session, form, shown)


def _count_start(session: Session, form: LiveForm, at: Progress) -> None:
    if counting.is_first_start(at.submission_id):
        _count(session, form, clock.now(), counting.START)


def _count(session: Session, form: LiveForm, at: datetime, *kinds: str) -> None:
    day = counting.local_day(at, form.agency.time_zone)
    for kind in kinds:
        counting.count(session, form.agency.id, form.id, kind, day)


def _page(session: Session, form: LiveForm, shown: Shown) -> Page:
    carried = progress.seal(crypto.vault(session, form.agency.id), form.id, shown.progress)
    consent = published.consent_body(session, form.agency.id, form.spec.consent(shown.progress.language))
    return Page(form, shown, carried, consent)
