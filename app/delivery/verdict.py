"""What a receiver's answer means: delivered, refused, gone, or to be tried again. Pure.

Invariants: only 2xx delivers; a receiver's own "no" is final; 410 ends the destination; everything else is tried again.
"""

import json
from dataclasses import dataclass

from app.delivery.models import DEAD, DELIVERED, ERROR, FAILURE, PENDING, REFUSED, SKIP, SUCCESS
from app.delivery.outbound import Answer

LONGEST_NOTE = 500
THROTTLING = frozenset({429, 502, 503, 504})
GONE = 410


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one try went. `state` pending means: again, when the schedule says so."""

    result: str
    state: str
    status: int | None = None
    error: str | None = None
    note: str | None = None
    retry_after_seconds: int | None = None
    milliseconds: int = 0
    is_receivers: bool = True
    """Whether the receiver is to be judged by it; what went wrong on our side never counts against a destination."""

    @property
    def is_gone(self) -> bool:
        """Whether the receiver said that it will never come back."""
        return self.status == GONE


def verdict(answer: Answer) -> Verdict:
    """The meaning of an answer; a 2xx body `{"accepted": false, "reason": …}` is the receiver's typed no."""
    status = answer.status
    if status is None:
        return Verdict(ERROR, PENDING, error=answer.error, milliseconds=answer.milliseconds)
    if 200 <= status < 300:
        return _welcomed(answer)
    if status == GONE:
        return Verdict(FAILURE, DEAD, status, "410: the receiver is gone", milliseconds=answer.milliseconds)
    error = (
        f"{status}: redirects are not followed" if 300 <= status < 400 else f"the receiver answered {status}"
    )
    wait = answer.retry_after_seconds if status in THROTTLING else None
    return Verdict(ERROR, PENDING, status, error, None, wait, answer.milliseconds)


def handed_over(milliseconds: int) -> Verdict:
    """A mail that the mail server took."""
    return Verdict(SUCCESS, DELIVERED, milliseconds=milliseconds)


def unposted(error: str, *, is_final: bool) -> Verdict:
    """A mail that the mail server did not take; final when the mailbox will never take it."""
    result, state = (FAILURE, DEAD) if is_final else (ERROR, PENDING)
    return Verdict(result, state, error=error[:300])


def failed(error: str) -> Verdict:
    """A try that could not be made, for a reason on our side that may pass."""
    return Verdict(ERROR, PENDING, error=error, is_receivers=False)


def bodiless() -> Verdict:
    """The body was erased or purged before it could be sent: there is nothing left to say."""
    return Verdict(FAILURE, DEAD, error="the body has been deleted", is_receivers=False)


def skipped() -> Verdict:
    """Claimed but not tried: it goes back as it was."""
    return Verdict(SKIP, PENDING, is_receivers=False)


def _welcomed(answer: Answer) -> Verdict:
    said = _said(answer.body)
    note = str(said.get("reason") or said.get("id") or "")[:LONGEST_NOTE].replace("\0", "") or None
    if said.get("accepted") is False:
        return Verdict(
            FAILURE, REFUSED, answer.status, "refused by the receiver", note, None, answer.milliseconds
        )
    return Verdict(SUCCESS, DELIVERED, answer.status, None, note, None, answer.milliseconds)


def _said(body: bytes) -> dict[str, object]:
    """The answer as a JSON object; anything else (most receivers answer "ok") says nothing."""
    if not body.lstrip().startswith(b"{"):
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
