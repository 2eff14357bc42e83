"""Wallets, top-ups, entries, journals, payouts, reports: amounts in minor units, each with its currency."""

from marshmallow import fields

from app.api.schemas.fields import (
    Answer,
    Asked,
    Day,
    Id,
    Moment,
    PageQuery,
    Text,
    asked_minor,
    choice,
    currency,
    minor,
    page_of,
    text,
    words,
)
from billing.accounts import Account
from billing.books import KINDS

TOP_UP_STATES = ("created", "open", "paid", "expired", "failed")
ACCOUNTS = [one.value for one in Account]


class Wallet(Answer):
    """What a company can spend now, and what is held for actions that may still bill."""

    balance_minor = minor()
    held_minor = minor()
    currency = currency()


class NewTopUp(Asked):
    """What to pay into the wallet: 5.00 to 100,000.00."""

    amount_minor = asked_minor(required=True)
    currency = text(3, shortest=3, required=True)


class TopUp(Answer):
    """A payment into the wallet; while it is `open` it can be paid at `checkout_url`."""

    id = Id()
    amount_minor = minor()
    currency = currency()
    state = choice(TOP_UP_STATES)
    checkout_url = Text(allow_none=True)
    created_at = Moment()
    paid_at = Moment(allow_none=True)


class Entry(Answer):
    """One movement on one of your accounts: what was added to it, or taken (negative)."""

    journal_id = Id()
    line = fields.Integer()
    account = choice(ACCOUNTS)
    kind = choice(KINDS)
    amount_minor = minor()
    currency = currency()
    source_id = Id(metadata={"description": "The sale, purchase, top-up or payout it comes from."})
    event_at = Moment()


class EntryQuery(PageQuery):
    """Which entries; `from` and `to` are days of your own time zone, both included."""

    account = words(ACCOUNTS)
    kind = words(KINDS)
    source_id = Id(load_default=None)
    from_on = Day(data_key="from", load_default=None)
    to_on = Day(data_key="to", load_default=None)


class OwnLines(Answer):
    """Your own lines of one journal."""

    items = fields.List(fields.Nested(Entry))


class JournalRow(Answer):
    """One journal; `moved_minor` is the sum of the lines asked for, or of all its debits."""

    id = Id()
    kind = choice(KINDS)
    event_at = Moment()
    source_id = Id()
    actor = Text()
    memo = Text()
    currency = currency()
    moved_minor = minor()


class JournalLine(Answer):
    """One line of a journal; debit is positive, credit negative."""

    line = fields.Integer()
    tenant_id = Id()
    tenant_name = Text()
    account = choice(ACCOUNTS)
    amount_minor = minor()
    currency = currency()


class Journal(Answer):
    """A journal with all its lines; they sum to zero."""

    id = Id()
    kind = choice(KINDS)
    key = Text()
    source_id = Id()
    event_at = Moment()
    posted_at = Moment()
    actor = Text()
    memo = Text()
    reverses_id = Id(allow_none=True)
    reversed_by_id = Id(allow_none=True)
    lines = fields.List(fields.Nested(JournalLine))


class JournalQuery(EntryQuery):
    """Which journals."""

    tenant_id = Id(load_default=None)


class Balance(Answer):
    """One account of everybody together; debit is positive."""

    account = choice(ACCOUNTS)
    currency = currency()
    opening_minor = minor()
    debit_minor = minor()
    credit_minor = minor()
    closing_minor = minor()


class PeriodQuery(Asked):
    """Days of your own time zone, both included; by default the last four weeks."""

    from_on = Day(data_key="from", load_default=None)
    to_on = Day(data_key="to", load_default=None)


class Period(Answer):
    """The days a report covers, and their zone."""

    first_on = Day(data_key="from")
    last_on = Day(data_key="to")
    zone = Text()


class TrialBalance(Answer):
    """Every account that was ever used; openings and closings each sum to zero."""

    period = fields.Nested(Period)
    accounts = fields.List(fields.Nested(Balance))


class Moved(Answer):
    """What one kind of journal moved."""

    kind = choice(KINDS)
    amount_minor = minor()


class Movement(Answer):
    """One account through the period: what stood, what moved, what stands."""

    account = choice(ACCOUNTS)
    currency = currency()
    opening_minor = minor()
    moved = fields.List(fields.Nested(Moved))
    closing_minor = minor()


class BillingReport(Answer):
    """Your accounts through a period; each kind of movement can be opened at GET /journals."""

    period = fields.Nested(Period)
    accounts = fields.List(fields.Nested(Movement))


class NewPayout(Asked):
    """What left for an agency's bank account, as the bank's statement shows it."""

    agency_id = Id(required=True)
    amount_minor = asked_minor(1, required=True)
    currency = text(3, shortest=3, required=True)
    bank_reference = text(140, shortest=1, required=True)
    paid_on = Day(required=True)


class Payout(Answer):
    """A recorded payout."""

    id = Id()
    agency_id = Id()
    agency_name = Text()
    amount_minor = minor()
    currency = currency()
    bank_reference = Text()
    paid_on = Day()
    recorded_at = Moment()


TopUpPage = page_of(TopUp, "TopUpPage")
EntryPage = page_of(Entry, "EntryPage")
JournalPage = page_of(JournalRow, "JournalPage")
PayoutPage = page_of(Payout, "PayoutPage")
