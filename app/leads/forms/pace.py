"""How fast a form takes submissions: from one address, for one form, and mails to one mailbox. Counted in Valkey.

Invariant: without Valkey nobody is refused: a person's answers matter more than a counter.
"""

from datetime import date
from uuid import UUID

from redis.exceptions import RedisError

from app.leads.forms import counting
from app.leads.forms.origin import Visitor
from tenants import jobs

WINDOW_SECONDS = 600
FROM_ONE_ADDRESS, FOR_ONE_FORM = 20, 1_000
"""Submissions within ten minutes: an office behind one address stays below, a script does not."""
MAILS_A_DAY = 3


def is_too_many(form_id: UUID, visitor: Visitor, day: date) -> bool:
    """Whether this submission is one too many; it counts as one."""
    try:
        mark = counting.fleeting_mark(Visitor(visitor.ip, ""), day)
        one = _count(f"floe:form-pace:{form_id}:{mark}", WINDOW_SECONDS)
        all_of_them = _count(f"floe:form-pace:{form_id}", WINDOW_SECONDS)
    except RedisError:
        return False
    return one > FROM_ONE_ADDRESS or all_of_them > FOR_ONE_FORM


def is_mailed_enough(mailbox: bytes, day: date) -> bool:
    """Whether a mailbox (by its blind index) got as many confirmations today as it should: a stranger may be typing it."""
    try:
        return _count(f"floe:form-mail:{day}:{mailbox.hex()}", 86_400) > MAILS_A_DAY
    except RedisError:
        return False


def _count(name: str, seconds: int) -> int:
    store = jobs.connection()
    store.set(name, 0, nx=True, ex=seconds)
    return int(store.incr(name))  # type: ignore[arg-type]
