"""Who may try to log in, and how often: attempts are counted before a password is looked at.

Invariants: an attempt is remembered by a short transaction of its own, whatever becomes of the request; ten attempts
an hour at most for one account, also when thousands come at once; the wait grows and ends, nobody is locked out for
ever. The address tried is kept only as a hash, for a day.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from tenants import accounts, clock, jobs
from tenants.accounts import Account
from tenants.db import platform_transaction
from tenants.errors import Refused
from tenants.language import N_


class TooManyAttempts(Refused):
    """Too many log-ins failed for this account, from this address, or everywhere."""

    status, code = 429, "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            N_("Too many attempts. Please wait a little and try again, or set a new password."),
            retry_after=retry_after,
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free; each further one doubles the wait, up to the longest."""

    free: int
    first_wait_seconds: int
    longest_wait_seconds: int

    def wait_seconds(self, failures: int) -> int:
        """How long after the last of so many failures the next attempt may come."""
        if failures < self.free:
            return 0
        return min(self.first_wait_seconds << min(failures - self.free, 20), self.longest_wait_seconds)


PER_ACCOUNT = Limit(free=5, first_wait_seconds=60, longest_wait_seconds=3_600)
PER_ADDRESS = Limit(free=30, first_wait_seconds=30, longest_wait_seconds=900)
EVERYWHERE_A_MINUTE = 600
WINDOW = timedelta(hours=2)
KEPT = timedelta(days=1)

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(encode(:email, 'hex'), 0))")
_COUNT = text("""
SELECT a.failures AS account_failures, a.last AS account_last, b.failures AS address_failures, b.last AS address_last,
  c.failures AS everywhere
FROM (SELECT count(*) AS failures, max(at) AS last FROM login_failure WHERE email_hash = :email AND at > :since) a,
  (SELECT count(*) AS failures, max(at) AS last FROM login_failure WHERE address = :address AND at > :since) b,
  (SELECT count(*) AS failures FROM (SELECT at FROM login_failure ORDER BY id DESC LIMIT :everywhere) newest
   WHERE at > :minute) c
""")
_REMEMBER = text("INSERT INTO login_failure (email_hash, address, at) VALUES (:email, :address, :now)")
_FORGET = text("DELETE FROM login_failure WHERE email_hash = :email")
_FORGET_OLD = text("DELETE FROM login_failure WHERE at < :before")


def begin_attempt(email_normal: str, address: str) -> Account | None:
    """Count an attempt before it is made, and give the account it is for, if there is one.

    Raises `TooManyAttempts` (per account, per address, everywhere), and then counts nothing.
    """
    now = clock.now()
    words = {"email": _hash(email_normal), "address": network(address), "now": now}
    limits = {"since": now - WINDOW, "minute": now - timedelta(minutes=1), "everywhere": EVERYWHERE_A_MINUTE}
    with platform_transaction("count a log-in attempt: nobody is known yet") as session:
        session.execute(_ONE_AT_A_TIME, {"email": words["email"]})
        _demand_patience(session.execute(_COUNT, words | limits).one(), now)
        session.execute(_REMEMBER, words)
        return accounts.find(session, email_normal)


def forgive(session: Session, email_normal: str) -> None:
    """The person proved to be the owner: the attempts so far do not count. Behind a platform door."""
    session.execute(_FORGET, {"email": _hash(email_normal)})


@jobs.sweep(every_seconds=3600)
def forget_old_attempts(now: datetime) -> None:
    """Attempts are kept for a day."""
    with platform_transaction("forget old log-in attempts") as session:
        session.execute(_FORGET_OLD, {"before": now - KEPT})


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network that one IPv6 customer owns."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def _demand_patience(found: "Row[tuple[int, datetime, int, datetime, int]]", now: datetime) -> None:
    waits = [0.0]
    for limit, failures, last in (
        (PER_ACCOUNT, found.account_failures, found.account_last),
        (PER_ADDRESS, found.address_failures, found.address_last),
    ):
        if failures:
            waits.append(limit.wait_seconds(failures) - (now - last).total_seconds())
    if found.everywhere >= EVERYWHERE_A_MINUTE:
        waits.append(60)
    if max(waits) > 0:
        raise TooManyAttempts(int(max(waits)) + 1)


def _hash(email_normal: str) -> bytes:
    return hashlib.sha256(email_normal.encode()).digest()
