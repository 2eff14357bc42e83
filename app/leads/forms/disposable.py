"""Mailboxes that live for minutes: an address there reaches nobody tomorrow. Pure.

Invariant: a domain counts with all its subdomains; the list holds only services that say so of themselves.
"""

from pathlib import Path

_DOMAINS = frozenset(Path(__file__).with_suffix(".txt").read_text("utf-8").split())


def is_disposable(address: str) -> bool:
    """Whether an address in normal form lies in a mailbox for minutes."""
    labels = address.rpartition("@")[2].split(".")
    return any(".".join(labels[at:]) in _DOMAINS for at in range(len(labels) - 1))
