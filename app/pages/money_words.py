"""The words of money for people: kinds of journals as each side sees them, accounts, states of a top-up.

Invariant: a code without a word is shown as it is.
"""

from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l

pages = Blueprint("money_words", __name__)

KINDS: dict[str, dict[str, Any]] = {
    "operator": {
        "top_up": _l("Top-up"), "stripe_fee": _l("Stripe fee"), "sale": _l("Sale per lead"), "hold": _l("Hold"),
        "capture": _l("Action billed"), "hold_release": _l("Hold given back"), "return": _l("Return"),
        "release": _l("Share became due"), "payout": _l("Payout")},
    "company": {
        "top_up": _l("Top-up"), "sale": _l("Lead bought"), "hold": _l("Held for actions"),
        "capture": _l("Action billed"), "hold_release": _l("Given back from hold"), "return": _l("Return refunded")},
    "agency": {
        "sale": _l("Lead sold"), "release": _l("Return window over"), "capture": _l("Action earned"),
        "return": _l("Return"), "payout": _l("Paid out")},
}  # fmt: skip
"""Kind of tenant → kind of journal → word."""

ACCOUNTS: dict[str, Any] = {
    "wallet": _l("Wallet, free"), "wallet_held": _l("Wallet, held"), "agency_held": _l("Agency share, held"),
    "agency_due": _l("Agency share, due"), "agency_receivable": _l("Owed by agencies"),
    "stripe_balance": _l("Stripe balance"), "bank": _l("Bank"), "commission": _l("Commission"), "vat": _l("VAT"),
    "stripe_fees": _l("Stripe fees"),
}  # fmt: skip
STATES: dict[str, Any] = {
    "created": _l("Not opened"), "open": _l("Waiting for payment"), "paid": _l("Paid"),
    "expired": _l("Expired"), "failed": _l("Failed"),
}  # fmt: skip
LOOKS = {"created": "quiet", "open": "warn", "paid": "ok", "expired": "quiet", "failed": "bad"}
MODELS: dict[str, Any] = {"ppl": _l("Per lead"), "ppa": _l("Per action"), "return": _l("Return")}
MODEL_LOOKS = {"ppl": "quiet", "ppa": "ok", "return": "bad"}


@pages.app_template_filter()
def kind_word(kind: str, audience: str = "operator") -> str:
    """A kind of journal as this kind of tenant sees it."""
    return str(KINDS[audience].get(kind, kind))


@pages.app_template_filter()
def account_word(account: str) -> str:
    """An account."""
    return str(ACCOUNTS.get(account, account))


@pages.app_template_filter()
def top_up_word(state: str) -> str:
    """The state of a top-up."""
    return str(STATES.get(state, state))


@pages.app_template_filter()
def top_up_look(state: str) -> str:
    """How that state looks: ok, warn, bad or quiet."""
    return LOOKS.get(state, "quiet")


@pages.app_template_filter()
def model_word(model: str) -> str:
    """Per lead, per action, return."""
    return str(MODELS.get(model, model))


@pages.app_template_filter()
def model_look(model: str) -> str:
    """How a model looks as a tag."""
    return MODEL_LOOKS.get(model, "quiet")


def kind_options(audience: str) -> list[tuple[str, str]]:
    """(kind, word) for a filter."""
    return [(kind, str(word)) for kind, word in KINDS[audience].items()]


def account_options() -> list[tuple[str, str]]:
    """(account, word) for a filter."""
    return [(account, str(word)) for account, word in ACCOUNTS.items()]
