"""Passwords: taken if long and not among the worst, kept only as Argon2id hashes.

Invariants: a log-in for an unknown user takes as long as for a known one; at most two hashes run at once in a process,
because each needs 19 MiB and a core.
"""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from tenants.errors import Busy, Invalid
from tenants.language import N_

SHORTEST, LONGEST = 12, 128
AT_ONCE = 2
PATIENCE_SECONDS = 5.0
_FEWEST_DIFFERENT = 5

TOO_SHORT = N_("Use at least 12 characters.")
TOO_LONG = N_("Use at most 128 characters.")
TOO_COMMON = N_("This password is among the first that are tried. Choose another one.")

_WORST = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456789123 123123123123 987654321012 0987654321098 012345678910
    1q2w3e4r5t6y 1q2w3e4r5t6y7u8i q1w2e3r4t5y6 1qaz2wsx3edc 1qaz2wsx3edc4rfv qazwsxedcrfv zaq12wsxcde3 zaq1zaq1zaq1
    qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopasdf qwertyuiopasdfghjkl asdfghjkl123 asdfghjklqwertyuiop
    qwerty123456 qwerty1234567 qwerty12345678 qwerty123456789 qwertyqwerty qwerty123qwerty 123456qwerty 123456789qwerty
    password1234 password12345 password123456 passwordpassword password123! password1234! password@123 p@ssw0rd1234
    passw0rd1234 p@ssword1234 mypassword123 newpassword123 changeme1234 changeme12345 letmein12345 letmein123456
    welcome12345 welcome123456 welcome@12345 admin1234567 admin12345678 administrator administrator1 adminadmin12
    iloveyou1234 iloveyou12345 ilovecheese1 football1234 baseball1234 superman1234 princess1234 sunshine1234
    dragon123456 monkey123456 master123456 abcdefghijkl abcd12345678 abc123456789 abcabcabc123 a1b2c3d4e5f6
    пароль123456 парольпароль йцукенгшщзхъ йцукенгшщзхї йцукен123456 привет123456 haslo1234567 haslohaslo12
    zaq12wsx1234 polska123456 ukraina12345 україна12345 correcthorsebatterystaple
    """.split()  # noqa: SIM905 (a table to read, not a list of quotes)
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=PATIENCE_SECONDS):
        raise Busy()
    try:
        yield
    finally:
        _turns.release()


def demand_good(password: str, email: str = "") -> None:
    """Raises `Invalid` (field `password`) for a password that is too short, too long or too easily guessed."""
    reason = _weakness(password, email)
    if reason:
        raise Invalid(reason, fields={"password": reason})


def _weakness(password: str, email: str) -> str | None:
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    folded = password.casefold()
    if folded in _WORST or folded == email.casefold() or len(set(folded)) < _FEWEST_DIFFERENT:
        return TOO_COMMON
    return None


def _normal(password: str) -> str:
    # keyboards differ in how they compose letters; the same letters are the same password
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """The hash to keep. Takes about 30 ms of a core: never inside a database transaction. Raises `Busy`."""
    with _turn():
        return _hasher.hash(_normal(password))


_NOBODY = _hasher.hash("nobody's password: no log-in can match it, the user id is missing")


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed; without a hash (unknown user) always no, equally slowly."""
    with _turn():
        try:
            _hasher.verify(password_hash or _NOBODY, _normal(password[: LONGEST + 1]))
        except (VerifyMismatchError, InvalidHashError):
            return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker settings, so that it should be made anew at this log-in."""
    return _hasher.check_needs_rehash(password_hash)
